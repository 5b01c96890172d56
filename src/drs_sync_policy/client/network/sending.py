"""What sends a request, sync and async."""

from __future__ import annotations

from typing import Protocol

import httpx


class AsyncSend(Protocol):
    """Sends one request and reads its whole response."""

    async def __call__(self, request: httpx.Request, /) -> httpx.Response: ...


class Send(Protocol):
    """Sends one request and reads its whole response."""

    def __call__(self, request: httpx.Request, /) -> httpx.Response: ...
