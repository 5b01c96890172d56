"""Requests and responses as they are on the wire, and why there may be no response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import evolve, field, frozen

Headers = tuple[tuple[str, str], ...]


@frozen
class Request:
    """A request as it goes over the wire: `path` is raw, header values are Latin-1 text."""

    method: str
    path: str
    headers: Headers = ()
    body: bytes | None = None
    chunked: bool = False
    cuts: tuple[int, ...] = ()
    """Where a chunked body is cut, in bytes; without any, into three, if it is long enough."""
    fresh: bool = False
    """To be sent over a connection of its own, which is closed afterwards."""
    kept: bool = False
    """Whether the next request is to go over the same connection, whatever the response is."""

    secret: frozenset[str] = frozenset()
    """The headers, in lower case, whose values were made of a secret; reports always mask those."""

    def header(self, name: str) -> list[str]:
        """The values of every header of this name, in order."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    @property
    def chunks(self) -> list[bytes]:
        """The body in the pieces that a chunked request sends; none is empty."""
        body = self.body or b""
        cuts = self.cuts or (len(body) // 3, 2 * len(body) // 3)
        ends = zip((0, *cuts), (*cuts, len(body)), strict=True)
        return [body[start:end] for start, end in ends if start < end]

    def with_header(self, name: str, value: str | None, *, secret: bool = False) -> Request:
        """This request with `name` set to `value` alone, or without it where that is None.

        `secret` says that the value was made of a secret.
        """
        kept = tuple((k, v) for k, v in self.headers if k.lower() != name.lower())
        return evolve(
            self,
            headers=kept if value is None else (*kept, (name, value)),
            secret=self.secret - {name.lower()} | ({name.lower()} if secret else set()),
        )


@frozen
class Response:
    """What came back: `seconds` from the first byte sent to the last one received."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    seconds: float
    version: int = 11

    def header(self, name: str) -> str | None:
        """The value of the first header of this name, None where there is none."""
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None


class NoResponse(Exception):
    """The server was reached and gave no complete response; the text says what happened."""


class TimedOut(NoResponse):
    """No complete response within the time allowed."""


class Unreachable(Exception):
    """No connection could be made."""


class Throttled(Exception):
    """The server kept responding with 429 or 503 for longer than the run can wait."""


class Stopped(Exception):
    """The wire was stopped or its time is up: nothing more is sent or received."""


class Wire(Protocol):
    """Anything that carries a request to the server."""

    def send(self, request: Request, *, timeout: float | None = None) -> Response:
        """The server's response; `NoResponse`, `Unreachable` or `Throttled` where there is none."""
        ...

    def close(self) -> None:
        """Close the connection of this thread."""
        ...

    @property
    def throttled(self) -> int:
        """How often the server responded with 429 or 503."""
        ...

    def each_throttled(self, work: Callable[[Response], None] | None) -> None:
        """Do `work` with each 429 and 503 from now on, before the request is sent again."""
        ...

    @property
    def lowered(self) -> float | None:
        """Seconds that a response may take now, if they are fewer than the profile says."""
        ...

    def limit(self, seconds: float) -> None:
        """End every exchange with `Stopped` that is not complete so many seconds from now."""
        ...

    def stop(self) -> None:
        """End every exchange that is under way with `Stopped`, and each later one; never waits."""
        ...
