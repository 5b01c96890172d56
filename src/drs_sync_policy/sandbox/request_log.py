"""The latest requests to the imitated API, for `GET /_sandbox/requests` and tests."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from attrs import frozen

from drs_sync_policy.sandbox.http.request import Request

KEPT: Final = 1000
"""The log has the latest requests only."""


@frozen
class Logged:
    """One request and the status of its response; None if no response was sent."""

    method: str
    path: str
    status: int | None
    milliseconds: float
    request_id: str


class RequestLog:
    """What one worker process received, the oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Logged] = deque(maxlen=KEPT)

    def add(self, request: Request, status: int | None, seconds: float) -> None:
        """Log a request after its response."""
        path = request.path.decode("utf-8", "replace")
        milliseconds = round(seconds * 1000, 1)
        self._entries.append(Logged(request.method, path, status, milliseconds, request.request_id))

    def clear(self) -> None:
        """Forget all entries."""
        self._entries.clear()

    @property
    def entries(self) -> tuple[Logged, ...]:
        """The entries, the oldest first."""
        return tuple(self._entries)

    def document(self) -> dict[str, Any]:
        """The entries as JSON."""
        names = ("method", "path", "status", "milliseconds", "request_id")
        return {
            "requests": [{name: getattr(entry, name) for name in names} for entry in self._entries]
        }
