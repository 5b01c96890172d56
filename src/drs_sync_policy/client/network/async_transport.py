"""A transport of httpx that ends at the deadline and limits the length of a response.

It serves the client, and can be given to your own client:
`httpx.AsyncClient(transport=AsyncTransport(), timeout=...)`.
"""

from __future__ import annotations

from typing import Final

import httpcore
import httpx

from drs_sync_policy.client.network.bodies import ClosedError, ResponseBody
from drs_sync_policy.client.network.httpcore_bridge import (
    as_httpx_errors,
    has_unread_data,
    to_httpcore,
)
from drs_sync_policy.client.network.logs import hide_credentials, sending
from drs_sync_policy.client.network.options import Connections, pool_factory, proxy_of
from drs_sync_policy.client.pairs.pools import AsyncPools

hide_credentials()

_KINDS: Final = (
    httpcore.AsyncConnectionPool,
    httpcore.AsyncHTTPProxy,
    httpcore.AsyncSOCKSProxy,
)


class AsyncTransport(httpx.AsyncBaseTransport):
    """Sends requests to one server and reads their whole responses."""

    def __init__(
        self,
        url: str = "https:",
        connections: Connections | None = None,
        *,
        concurrency: int = 1,
    ) -> None:
        options = connections or Connections()
        self._max_bytes = options.max_response_bytes
        self._proxy = proxy_of(options, url)
        self._pools = AsyncPools(pool_factory(_KINDS, url, options, self._proxy, concurrency))
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._closed:
            raise ClosedError(request=request)
        with sending(request), as_httpx_errors(request, self._proxy):
            response = await self._pools.current().handle_async_request(to_httpcore(request))
            try:
                body = ResponseBody(request, response.headers, response.status, self._max_bytes)
                async for chunk in response.aiter_stream():
                    body.add(chunk)
                if has_unread_data(response):
                    await response.extensions["network_stream"].aclose()
            finally:
                await response.aclose()
        return body.response()

    async def aclose(self) -> None:
        self._closed = True
        await self._pools.aclose()
