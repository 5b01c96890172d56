"""Host names resolved in bounded time: the operating system's own limit may be minutes."""

from __future__ import annotations

import ipaddress
import socket
from queue import Empty, SimpleQueue
from threading import Thread

import httpcore


def addresses(host: str, port: int, seconds: float | None) -> list[str]:
    """The addresses of a host, in the order in which they are to be tried.

    Raises `httpcore.ConnectTimeout` if that takes longer, and `httpcore.ConnectError` if the host
    has none. A resolution that takes too long goes on in a daemon thread, which nobody waits for.
    """
    if _is_address(host):
        return [host]
    resolved: SimpleQueue[list[str] | OSError | UnicodeError] = SimpleQueue()

    def resolve() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # the latter: a label is empty or too long
            resolved.put(error)
        else:
            resolved.put([str(address[0]) for *_, address in found])

    Thread(target=resolve, name="drs-sync-policy-names", daemon=True).start()
    try:
        result = resolved.get(timeout=seconds)
    except Empty:
        raise httpcore.ConnectTimeout("the host name was not resolved in time") from None
    if isinstance(result, (OSError, UnicodeError)):
        raise httpcore.ConnectError(str(result))
    return result


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
