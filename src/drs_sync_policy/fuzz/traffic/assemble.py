"""Puts the bytes of relayed connections together to exchanges, with h11."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, Generic, Literal, TypeVar

import h11
from attrs import define, field, frozen

from drs_sync_policy.fuzz.target.http import Headers, Request, Response
from drs_sync_policy.fuzz.traffic.recorded import Recorded

MOST_BYTES: Final = 64 * 1024 * 1024
"""A larger body is relayed and not checked."""

Head = TypeVar("Head", h11.Request, h11.Response)
Direction = Literal["request", "response"]
_ADVANCE: Final = (h11.Response(status_code=200, headers=[]), h11.EndOfMessage())


@frozen
class Chunk:
    """Bytes that a connection carried; none at its end. `at` is in seconds since 1970."""

    direction: Direction
    at: float
    content: bytes


@define
class _Message(Generic[Head]):
    head: Head
    began: float
    ended: float = 0.0
    body: bytearray = field(factory=bytearray)
    too_large: bool = False


class Assembler:
    """Turns the chunks of one connection into exchanges, in the order of the requests."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._requests = _Reader(h11.SERVER, h11.Request)
        self._responses = _Reader(h11.CLIENT, h11.Response)
        self._waiting: deque[_Message[h11.Request]] = deque()
        self.broken: str = ""
        """Why the rest of the connection cannot be read; empty as long as it can."""

    def add(self, chunk: Chunk) -> Iterator[Recorded]:
        """The exchanges that are complete with this chunk."""
        if self.broken:
            return
        reader = self._requests if chunk.direction == "request" else self._responses
        try:
            reader.feed(chunk.content)
            self._waiting.extend(self._requests.messages(chunk.at))
            while self._waiting:
                received = self._responses.response_to(self._waiting[0], chunk.at)
                if received is None:
                    break
                yield self._exchange(self._waiting.popleft(), received)
        except h11.RemoteProtocolError as error:
            self.broken = f"the {chunk.direction} is not HTTP/1.1: {error}"
        if not chunk.content and chunk.direction == "response":
            while self._waiting:  # the connection ended without a response
                yield self._exchange(self._waiting.popleft(), None)

    def _exchange(
        self, sent: _Message[h11.Request], received: _Message[h11.Response] | None
    ) -> Recorded:
        gaps = [
            f"the body of the {name} is larger than {MOST_BYTES // 1024 // 1024} MB"
            for name, message in (("request", sent), ("response", received))
            if message is not None and message.too_large
        ]
        request = Request(
            method=sent.head.method.decode("latin-1"),
            path=sent.head.target.decode("latin-1"),
            headers=_headers(sent.head),
            body=bytes(sent.body) if sent.body or _declares_body(sent.head) else None,
        )
        ended = received.ended if received else None
        return Recorded(
            self._origin,
            request,
            _response(received, sent) if received else None,
            sent.began,
            ended,
            tuple(gaps),
        )


class _Reader(Generic[Head]):
    """Reads the messages of one direction; bytes that come too early wait."""

    def __init__(self, role: type[h11.SERVER | h11.CLIENT], kind: type[Head]) -> None:
        self._role = role
        self._kind: type[Head] = kind
        self._parser = h11.Connection(role)
        self._message: _Message[Head] | None = None
        self._asked = False

    def feed(self, content: bytes) -> None:
        """Takes bytes; none means that there will be no more."""
        self._parser.receive_data(content)

    def messages(self, at: float) -> Iterator[_Message[Head]]:
        """The requests that are complete now."""
        while (message := self._next(at)) is not None:
            if self._parser.our_state is h11.SEND_RESPONSE:
                for event in _ADVANCE:
                    self._parser.send(event)
            self._start_next()
            yield message

    def response_to(self, sent: _Message[h11.Request], at: float) -> _Message[Head] | None:
        """The response to this request, once it is complete."""
        if not self._asked:
            # The parser has to know the request: the response to HEAD has no body.
            head = h11.Request(
                method=sent.head.method, target=sent.head.target, headers=[("Host", "x")]
            )
            self._parser.send(head)
            self._parser.send(h11.EndOfMessage())
            self._asked = True
        message = self._next(at)
        if message is not None:
            self._asked = False
            self._start_next()
        return message

    def _next(self, at: float) -> _Message[Head] | None:
        while True:
            event = self._parser.next_event()
            if isinstance(event, self._kind):
                self._message = _Message(event, at)
            elif isinstance(event, h11.Data) and self._message is not None:
                self._add(self._message, event.data)
            elif isinstance(event, h11.EndOfMessage) and self._message is not None:
                message, self._message = self._message, None
                message.ended = at
                return message
            elif not isinstance(event, h11.InformationalResponse):
                return None

    def _add(self, message: _Message[Head], data: bytes | bytearray) -> None:
        if len(message.body) + len(data) > MOST_BYTES:
            message.too_large = True
        else:
            message.body += data

    def _start_next(self) -> None:
        if self._parser.our_state is h11.DONE and self._parser.their_state is h11.DONE:
            self._parser.start_next_cycle()
            return
        rest, _ = self._parser.trailing_data  # the last message of the connection, as it says
        self._parser = h11.Connection(self._role)
        if rest:
            self._parser.receive_data(rest)


def _headers(head: h11.Request | h11.Response) -> Headers:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in head.headers.raw_items()
    )


def _declares_body(head: h11.Request) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in head.headers)


def _response(received: _Message[h11.Response], sent: _Message[h11.Request]) -> Response:
    version = received.head.http_version
    return Response(
        status=received.head.status_code,
        headers=_headers(received.head),
        body=bytes(received.body),
        seconds=max(received.ended - sent.began, 0.0),
        version=10 if version == b"1.0" else 11,
    )
