"""Whether a request's body claims to be JSON in UTF-8."""

from __future__ import annotations

from typing import Final

from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.http.request import Request

_UTF_8: Final = frozenset({"utf-8", "utf8"})


def check(request: Request, accepted: frozenset[str]) -> None:
    """Raises the 415 if the media type, charset or content coding is not supported."""
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    if media.strip().lower() not in accepted or not _is_utf_8(parameters):
        raise rejection.other_media_type()
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise rejection.other_media_type()


def _is_utf_8(parameters: str) -> bool:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in _UTF_8:
            return False
    return True
