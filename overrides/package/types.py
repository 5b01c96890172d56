"""Unset values, typed responses, and models as JSON."""

from msgspec import UNSET
from msgspec import UnsetType as Unset

from drs_sync_policy.runtime.messages import Response
from drs_sync_policy.runtime.serialization import decode, encode

from .contract import SERVERS, USER_AGENT

__all__ = ["SERVERS", "UNSET", "USER_AGENT", "Response", "Unset", "decode", "encode"]
