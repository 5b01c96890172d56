"""A transport that keeps real exchanges, and one that replays them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from drs_sync_policy.client.credentials.login import is_login
from drs_sync_policy.testing.scripted import Scripted, Step

_LOGIN_PATH: Final = "/auth/tokens"


class Recorder(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that sends requests to a real server and keeps the exchanges.

    `save` writes them as JSON, without credentials: it leaves out request headers, response
    headers that the contract does not describe, and logins. So a recording is replayed with a
    token, whatever credentials it was made with.

    Args:
        inner: The transport that sends the requests, for a sync client.
        inner_async: The same for an async client.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport | None = None,
        *,
        inner_async: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.exchanges: list[dict[str, Any]] = []
        self._inner = inner or httpx.HTTPTransport()
        self._inner_async = inner_async or httpx.AsyncHTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        response = self._inner.handle_request(request)
        response.read()
        self._keep(request, response)
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        response = await self._inner_async.handle_async_request(request)
        await response.aread()
        self._keep(request, response)
        return response

    def _keep(self, request: httpx.Request, response: httpx.Response) -> None:
        if is_login(request) or request.url.path.endswith(_LOGIN_PATH):
            return
        kept = ("content-type", "retry-after", "x-request-id", "allow")
        self.exchanges.append(
            {
                "method": request.method,
                "path": request.url.path,
                "body": request.content.decode("utf-8", "replace"),
                "status": response.status_code,
                "headers": {n: v for n, v in response.headers.items() if n in kept},
                "response": response.content.decode("utf-8", "replace"),
            }
        )

    def close(self) -> None:
        self._inner.close()

    async def aclose(self) -> None:
        await self._inner_async.aclose()

    def save(self, path: Path) -> None:
        """Writes the exchanges so far to a file."""
        path.write_text(json.dumps(self.exchanges, ensure_ascii=False, indent=1), "utf-8")


def replayed(path: Path) -> Scripted:
    """A transport that replays what a `Recorder` saved, in order.

    A request that differs from the recorded one in method, path or body raises `AssertionError`.
    """
    recorded: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return Scripted(*(_replay(exchange, number) for number, exchange in enumerate(recorded, 1)))


def _replay(exchange: Mapping[str, Any], number: int) -> Step:
    def step(request: httpx.Request) -> httpx.Response:
        sent = (request.method, request.url.path, request.content.decode("utf-8", "replace"))
        if sent != (exchange["method"], exchange["path"], exchange["body"]):
            raise AssertionError(
                f"request {number} differs from the recorded one:"
                f" sent was {sent[0]} {sent[1]} {sent[2]},"
                f" recorded is {exchange['method']} {exchange['path']} {exchange['body']}"
            )
        return httpx.Response(
            exchange["status"], headers=exchange["headers"], content=exchange["response"].encode()
        )

    return step
