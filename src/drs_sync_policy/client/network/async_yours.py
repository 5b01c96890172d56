"""Sends requests through a client of the user's own, of httpx or of httpx2."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import httpx

from drs_sync_policy.client.network import httpx2_bridge
from drs_sync_policy.client.network.bodies import MAX_RESPONSE_BYTES, ClosedError, ResponseBody
from drs_sync_policy.client.network.logs import hide_credentials, sending

if TYPE_CHECKING:
    import httpx2


class AsyncYours:
    """Sends requests through a client, and leaves it open; follows no redirect."""

    def __init__(self, client: httpx.AsyncClient | httpx2.AsyncClient) -> None:
        self._client: Any = client
        self._closed = False
        self._is_httpx2 = httpx2_bridge.is_httpx2(client)
        if self._is_httpx2:
            hide_credentials("httpcore2")

    def build_request(self, method: str, url: httpx.URL, **parts: Any) -> httpx.Request:
        """The request with the headers, the cookies and the timeouts of the client."""
        request = self._client.build_request(method, str(url), **parts)
        return httpx2_bridge.from_httpx2(request) if self._is_httpx2 else request

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._closed or self._client.is_closed:
            raise ClosedError(request=request)
        errors = httpx2_bridge.as_httpx_errors(request) if self._is_httpx2 else nullcontext()
        with sending(request), errors:
            outgoing = httpx2_bridge.to_httpx2(request) if self._is_httpx2 else request
            # The request has its credentials already; a redirect would carry them elsewhere.
            response = await self._client.send(
                outgoing, stream=True, auth=None, follow_redirects=False
            )
            if response.is_stream_consumed:
                return httpx2_bridge.read_response(response) if self._is_httpx2 else response
            try:
                head = response.headers.raw, response.status_code
                body = ResponseBody(request, *head, MAX_RESPONSE_BYTES)
                async for chunk in response.aiter_raw():
                    body.add(chunk)
            finally:
                await response.aclose()
        return body.response()

    async def aclose(self) -> None:
        """Sends nothing from now on; the client is the user's to close."""
        self._closed = True
