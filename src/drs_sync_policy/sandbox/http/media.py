"""Whether a request's body claims to be JSON in UTF-8."""

from __future__ import annotations

from typing import Final

from drs_sync_policy.sandbox import rejection as refusal
from drs_sync_policy.sandbox.request import Call

_UTF_8: Final = frozenset({"utf-8", "utf8"})


def check(call: Call, accepted: frozenset[str]) -> None:
    """Raises the 415 where the media type, its charset or a coding is none that is read."""
    media, _, parameters = call.headers.get("content-type", "").partition(";")
    if media.strip().lower() not in accepted or not _is_utf_8(parameters):
        raise refusal.other_media_type()
    if call.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise refusal.other_media_type()


def _is_utf_8(parameters: str) -> bool:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in _UTF_8:
            return False
    return True
