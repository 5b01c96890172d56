"""Sends a request, with its login and its retries."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import httpx

from drs_sync_policy.client.credentials.login import LoginFailed
from drs_sync_policy.client.exchange import Exchange, Received, Result
from drs_sync_policy.client.network.errors import without_secrets
from drs_sync_policy.client.network.sending import AsyncSend
from drs_sync_policy.client.pairs.concurrency import async_sleep

T = TypeVar("T")


async def async_run(
    exchange: Exchange, send: AsyncSend, headers: httpx.Headers, content: bytes
) -> Received:
    """The response to a request; raises `UnreachableError` and its like if there is none."""
    attempts = exchange.begin(headers, content)
    while True:
        decision = attempts.decide(await _attempt(exchange, send, attempts.next_request()))
        if isinstance(decision, Received):
            return decision
        await async_sleep(decision)


async def async_converse(
    exchange: Exchange,
    send: AsyncSend,
    headers: httpx.Headers,
    requests: Generator[bytes, Received, T],
) -> T:
    """Sends one request after the other; what the conversation comes to."""
    try:
        content = next(requests)
        while True:
            content = requests.send(await async_run(exchange, send, headers, content))
    except StopIteration as ended:
        result: T = ended.value
        return result


async def _attempt(exchange: Exchange, send: AsyncSend, request: httpx.Request) -> Result:
    try:
        return await _authenticated(exchange, send, request)
    except LoginFailed as failed:
        return failed
    except httpx.RequestError as error:
        return without_secrets(error, request)


async def _authenticated(
    exchange: Exchange, send: AsyncSend, request: httpx.Request
) -> httpx.Response:
    flow = exchange.auth.async_auth_flow(request)
    try:
        outgoing = await anext(flow)
        while True:
            response = await send(exchange.limit_time(outgoing, request))
            try:
                outgoing = await flow.asend(response)
            except StopAsyncIteration:
                return response
    finally:
        await flow.aclose()
