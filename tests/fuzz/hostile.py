"""Servers that attack the fuzzer: each conforms for some requests, then misbehaves for ever."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
from collections.abc import Mapping
from functools import cache
from typing import Final

from tests.fuzz.servers import Handler, Refused

MB: Final = 1024 * 1024
_PIECE: Final = b" " * 65536


class Hostile(Handler):
    """Conforms for the first `after` requests; `attack` is the response to every later one."""

    after = 0

    def throttle(self) -> None:
        with self.server.lock:
            self.server.requests += 1
            attacks = self.server.requests > self.after
        if attacks:
            with contextlib.suppress(OSError):  # the fuzzer leaves, as it should
                self.attack()
            self.close_connection = True
            raise Attacked

    def do(self) -> None:
        with contextlib.suppress(Attacked):
            super().do()

    # The names are those of http.server.
    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST = do_OPTIONS = do_TRACE = do  # noqa: N815

    def attack(self) -> None:
        """Send something that no client should trust."""
        raise NotImplementedError

    def send(self, head: str, *pieces: bytes) -> None:
        """Send a head, its lines ended as HTTP wants it, and then bytes as they are."""
        self.wfile.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        for piece in pieces:
            self.wfile.write(piece)

    def pause(self, seconds: float) -> bool:
        """Wait; True once the server is being stopped."""
        return self.server.hung.wait(seconds)


class Attacked(Exception):
    """The response was sent, in whatever form."""


class DrippedStatusLine(Hostile):
    """Sends a status line byte by byte, which never ends."""

    def attack(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 ")
        while not self.pause(0.05):
            self.wfile.write(b"O")


class DrippedHeaders(Hostile):
    """Sends one more header every moment."""

    def attack(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.pause(0.05):
            self.wfile.write(b"X-Wait: a\r\n")


class DrippedBody(Hostile):
    """Sends a body byte by byte."""

    def attack(self) -> None:
        self.send("HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 99999")
        while not self.pause(0.05):
            self.wfile.write(b" ")


class EndlessStream(Hostile):
    """Sends chunks as fast as the connection takes them."""

    def attack(self) -> None:
        self.send("HTTP/1.1 200 OK\nContent-Type: application/json\nTransfer-Encoding: chunked")
        while not self.server.hung.is_set():
            self.wfile.write(b"%x\r\n%s\r\n" % (len(_PIECE), _PIECE))


class HugeLength(Hostile):
    """Announces 6 GB, and starts to send them."""

    def attack(self) -> None:
        self.send(
            f"HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: {6 * 1024 * MB}"
        )
        while not self.server.hung.is_set():
            self.wfile.write(_PIECE)


class GzipBomb(Hostile):
    """Sends 1 MB that a client which decodes them turns into 1 GB."""

    def attack(self) -> None:
        body = bomb()
        self.send(
            "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Encoding: gzip\n"
            f"Content-Length: {len(body)}",
            body,
        )


@cache
def bomb() -> bytes:
    """1 GB of white space, compressed; members of one gzip file follow one another."""
    return gzip.compress(b" " * 64 * MB, 9) * 15


class Throttling(Hostile):
    """Responds with 429 for ever, and asks for a minute each time."""

    def attack(self) -> None:
        raise Refused(429, Retry_After="59")


class Unavailable(Hostile):
    """Responds with 503 for ever, and asks for a minute each time."""

    def attack(self) -> None:
        raise Refused(503, Retry_After="59")


class LargeResponses(Hostile):
    """Sends 60 MB of valid JSON, whatever was asked."""

    def attack(self) -> None:
        self.send(
            f"HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: {60 * MB}",
            b'{"results":[],"count":0}',
            *[b" " * MB] * 59,
            b" " * (MB - 24),
        )


class Resetting(Hostile):
    """Resets every connection in the middle of a response."""

    def attack(self) -> None:
        self.send("HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 50", b"{")
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


class Redirecting(Hostile):
    """Redirects everyone to another host."""

    elsewhere = "http://192.0.2.1/"

    def attack(self) -> None:
        self.send(f"HTTP/1.1 307 Temporary Redirect\nLocation: {self.elsewhere}\nContent-Length: 0")


class ManyHeaders(Hostile):
    """Conforms, with 150 headers more than others send."""

    def throttle(self) -> None:
        """Nothing: the responses are right."""

    def end_headers(self) -> None:
        for number in range(150):
            self.send_header(f"X-Number-{number}", "a")
        super().end_headers()


ATTACKS: Final[Mapping[str, type[Hostile]]] = {
    attack.__name__: attack
    for attack in (
        DrippedStatusLine,
        DrippedHeaders,
        DrippedBody,
        EndlessStream,
        HugeLength,
        GzipBomb,
        Throttling,
        Unavailable,
        LargeResponses,
        Resetting,
        Redirecting,
    )
}


def later(attack: type[Hostile], *, after: int) -> type[Hostile]:
    """The same attack after so many requests."""
    return type(attack.__name__, (attack,), {"after": after})
