"""The reference implementation of the contract: exact, durable, with faults on demand."""

from __future__ import annotations

from drs_sync_policy.sandbox.app import DEFAULT_MAX_BODY_BYTES, create_app
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Handler, Response
from drs_sync_policy.sandbox.operations import HandlerFactory, NoHandlerError
from drs_sync_policy.sandbox.profile import target_profile, to_toml
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.serving import Running, running
from drs_sync_policy.sandbox.store.records import Policies

__all__ = [
    "DEFAULT_MAX_BODY_BYTES",
    "Handler",
    "HandlerFactory",
    "NoHandlerError",
    "Policies",
    "Rejection",
    "Request",
    "Response",
    "Running",
    "create_app",
    "running",
    "target_profile",
    "to_toml",
]
