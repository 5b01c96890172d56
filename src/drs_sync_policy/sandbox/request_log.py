"""The latest requests to the imitated API, for `GET /_sandbox/requests` and tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from drs_sync_policy.sandbox import iam
from drs_sync_policy.sandbox.http.request import Request

KEPT: Final = 1000
"""The log has the latest requests only."""

_LONGEST_BODY: Final = 16 * 1024
_LOGIN: Final = iam.TOKENS.encode()
_HIDDEN: Final = "***"
_SHOWN: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-language",
        "x-project-id",
        "x-sdk-date",
    }
)
"""Headers whose values are not secret; for all others, only the name is shown."""


@frozen
class Logged:
    """One request and the status of its response; None if no response was sent."""

    method: str
    path: str
    status: int | None
    milliseconds: float
    request_id: str
    headers: Mapping[str, str]
    body: bytes | None
    """None for a login, for more than 16 KB, and if the sandbox did not read it."""

    def document(self) -> dict[str, Any]:
        """The entry as JSON, without secrets."""
        return {
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "milliseconds": self.milliseconds,
            "request_id": self.request_id,
            "headers": {
                name: value if name in _SHOWN else _HIDDEN for name, value in self.headers.items()
            },
            "body": (self.body or b"").decode("utf-8", "replace"),
        }


class RequestLog:
    """What one worker process received, the oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Logged] = deque(maxlen=KEPT)

    def add(self, request: Request, status: int | None, seconds: float) -> None:
        """Log a request after its response."""
        body = request.body.content
        if request.path == _LOGIN or (body is not None and len(body) > _LONGEST_BODY):
            body = None
        self._entries.append(
            Logged(
                method=request.method,
                path=request.path.decode("utf-8", "replace"),
                status=status,
                milliseconds=round(seconds * 1000, 1),
                request_id=request.request_id,
                headers=request.headers,
                body=body,
            )
        )

    def clear(self) -> None:
        """Forget all entries."""
        self._entries.clear()

    def document(self) -> dict[str, Any]:
        """The entries as JSON."""
        return {"requests": [entry.document() for entry in self._entries]}
