# Derived from async_exchange.py by tools/derive_sync.py: edit that one, then `make generate`.
"""Sends a request, with its login and its retries."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import httpx

from drs_sync_policy.client.credentials.login import LoginFailed
from drs_sync_policy.client.exchange import Exchange, Received, Result
from drs_sync_policy.client.network.errors import without_secrets
from drs_sync_policy.client.network.sending import Send
from drs_sync_policy.client.pairs.concurrency import sync_sleep

T = TypeVar("T")


def sync_run(exchange: Exchange, send: Send, headers: httpx.Headers, content: bytes) -> Received:
    """The response to a request; raises `UnreachableError` and its like if there is none."""
    attempts = exchange.begin(headers, content)
    while True:
        decision = attempts.decide(_attempt(exchange, send, attempts.next_request()))
        if isinstance(decision, Received):
            return decision
        sync_sleep(decision)


def sync_converse(
    exchange: Exchange,
    send: Send,
    headers: httpx.Headers,
    requests: Generator[bytes, Received, T],
) -> T:
    """Sends one request after the other; what the conversation comes to."""
    try:
        content = next(requests)
        while True:
            content = requests.send(sync_run(exchange, send, headers, content))
    except StopIteration as ended:
        result: T = ended.value
        return result


def _attempt(exchange: Exchange, send: Send, request: httpx.Request) -> Result:
    try:
        return _authenticated(exchange, send, request)
    except LoginFailed as failed:
        return failed
    except httpx.RequestError as error:
        return without_secrets(error, request)


def _authenticated(exchange: Exchange, send: Send, request: httpx.Request) -> httpx.Response:
    flow = exchange.auth.sync_auth_flow(request)
    try:
        outgoing = next(flow)
        while True:
            response = send(exchange.limit_time(outgoing, request))
            try:
                outgoing = flow.send(response)
            except StopIteration:
                return response
    finally:
        flow.close()
