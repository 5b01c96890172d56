"""Control requests: how they are read, and how an invalid one is reported."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from attrs import frozen

from drs_sync_policy import anyjson
from drs_sync_policy.sandbox.http import ijson
from drs_sync_policy.sandbox.http.body import SMALL_BODY_BYTES
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Response

ControlHandler = Callable[[Request], Awaitable[Response]]
Routes = Iterable[tuple[str, str, ControlHandler]]
"""Method, path template, handler."""

DONE: Final = Response(204, None)


@frozen
class ControlError(Exception):
    """An invalid control request: the status, and what to do instead."""

    status: int
    message: str


async def document(request: Request) -> dict[str, Any]:
    """The JSON object in the body, empty without a body; raises the `ControlError` of another."""
    body = await request.body.read(limit=SMALL_BODY_BYTES)
    try:
        parsed: Any = ijson.parse(body) if body else {}
    except ijson.NotIJsonError as error:
        raise ControlError(400, f"the body is not I-JSON: {error}") from error
    if not anyjson.is_object(parsed):
        raise ControlError(400, "the body must be a JSON object")
    return parsed
