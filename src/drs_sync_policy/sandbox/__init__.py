"""The reference implementation of the contract: exact, durable, and broken on purpose on demand."""

from __future__ import annotations

from drs_sync_policy.sandbox.app import DEFAULT_MAX_BODY_BYTES, create_app
from drs_sync_policy.sandbox.http.response import Answer
from drs_sync_policy.sandbox.operations import Handler, HandlerFactory, NoHandlerError
from drs_sync_policy.sandbox.profile import target_profile, to_toml
from drs_sync_policy.sandbox.rejection import Refusal
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.serving import Running, running
from drs_sync_policy.sandbox.store.store import Policies

__all__ = [
    "DEFAULT_MAX_BODY_BYTES",
    "Answer",
    "Call",
    "Handler",
    "HandlerFactory",
    "NoHandlerError",
    "Policies",
    "Refusal",
    "Running",
    "create_app",
    "running",
    "target_profile",
    "to_toml",
]
