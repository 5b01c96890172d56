"""A server that says exactly what a test scripts, byte for byte, on a port of 127.0.0.1."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from attrs import field, frozen

Act = Callable[[socket.socket], bool]
"""What is done with a connection after its request was read; True keeps it open."""


@frozen
class Heard:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@frozen
class Wire:
    """The running server: its URL, and what it has heard, of all and last from each peer's port."""

    port: int
    heard: list[Heard] = field(factory=list)
    connections: list[int] = field(factory=list)
    last_from: dict[int, Heard] = field(factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def carries_out(server: Wire, connection: socket.socket) -> bool:
    """Success for every job of the request that came over this connection."""
    asked = server.last_from[connection.getpeername()[1]].json()["jobs"]
    results = [{"id": job["job_id"], "status": "success"} for job in asked]
    return says(200, {"count": len(results), "results": results})(connection)


def says(
    status: int = 200, body: bytes | object = b"", headers: Mapping[str, str] | None = None
) -> Act:
    """A whole response, as JSON unless the body is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    fields |= dict(headers or {})
    head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())

    def act(connection: socket.socket) -> bool:
        connection.sendall(head.encode() + b"\r\n" + content)
        return True

    return act


def sends(raw: bytes, *, stays: bool = False) -> Act:
    """These bytes, and the end of the connection unless it `stays` open."""

    def act(connection: socket.socket) -> bool:
        connection.sendall(raw)
        return stays

    return act


def resets(connection: socket.socket) -> bool:
    """No response but a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hangs(connection: socket.socket) -> bool:
    """No response until the client gives up."""
    with suppress(OSError):
        connection.recv(1)
    return False


def drips(raw: bytes, every: float = 0.02) -> Act:
    """A byte at a time, so that no single read ever times out."""

    def act(connection: socket.socket) -> bool:
        pause = threading.Event()
        for byte in raw:
            connection.sendall(bytes([byte]))
            pause.wait(every)
        return False

    return act


@contextmanager
def wire(*script: Act, then: Act | None = None) -> Iterator[Wire]:
    """Runs a server that acts by the script, a step for each request; then by `then`."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Wire(listener.getsockname()[1])
    steps = iter(script)
    lock = threading.Lock()
    open_connections: set[socket.socket] = set()

    def serve(connection: socket.socket, peer: int) -> None:
        with connection, suppress(OSError):
            while (request := _read_request(connection)) is not None:
                with lock:
                    server.heard.append(request)
                    server.last_from[peer] = request
                    step = next(steps, then)
                if step is None or not step(connection):
                    break

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, peer = listener.accept()
                with lock:
                    server.connections.append(peer[1])
                    open_connections.add(connection)
                threading.Thread(target=serve, args=(connection, peer[1]), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in open_connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _read_request(connection: socket.socket) -> Heard | None:
    buffer = b""
    while b"\r\n\r\n" not in buffer:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        buffer += chunk
    head, _, body = buffer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (ln.partition(":") for ln in lines)
    }
    while len(body) < int(headers.get("content-length", "0")):
        chunk = connection.recv(65536)
        if not chunk:
            return None
        body += chunk
    return Heard(method, path, headers, body)


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
