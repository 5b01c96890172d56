# Derived from async_login.py by tools/derive_sync.py: edit that one, then `make generate`.
"""Adds a token to a request: one login for all who wait, and another one after a 401."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime

import httpx

from drs_sync_policy.client.credentials.auth import TOKEN_HEADER
from drs_sync_policy.client.credentials.login import Login, no_turn, time_left
from drs_sync_policy.client.pairs.concurrency import sync_acquire


def sync_flow(
    request: httpx.Request,
    login: Login,
    make_login: Callable[[], httpx.Request],
    now: Callable[[], datetime],
) -> Generator[httpx.Request, httpx.Response]:
    """The flow of httpx for a request that needs a token of `login`."""
    used = login.fresh(now())
    if used is None:
        _wait_for_turn(login, request, make_login)
        try:
            used = login.fresh(now())
            if used is None:
                response = yield make_login()
                response.read()  # httpx passes it unread to the flow of its own client
                used = login.keep(response, now)
        finally:
            login.lock.release()
    request.headers[TOKEN_HEADER] = used.reveal()
    response = yield request
    if response.status_code != 401:
        return
    _wait_for_turn(login, request, make_login)
    try:
        if login.token is used:
            response = yield make_login()
            response.read()
            login.keep(response, now)
        renewed = login.token
    finally:
        login.lock.release()
    if renewed is not None:
        request.headers[TOKEN_HEADER] = renewed.reveal()
        yield request


def _wait_for_turn(
    login: Login, request: httpx.Request, make_login: Callable[[], httpx.Request]
) -> None:
    if not sync_acquire(login.lock, time_left(request)):
        raise no_turn(make_login())
