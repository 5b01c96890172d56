"""A request with its attempts: what is decided between them, logged, and passed to hooks.

Nothing here waits: `async_exchange.py` does, and the sync module that is derived from it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

import httpx
from attrs import Factory, define, evolve, field, frozen

from drs_sync_policy.client.credentials.login import LoginFailed, host_of, is_login, secrets_in
from drs_sync_policy.client.network.errors import (
    NOTHING_SENT,
    certificate_rejected,
    reason_of,
    redacted,
    response_info,
    sent_by,
    unreachable,
)
from drs_sync_policy.client.retries import Budget, Retries
from drs_sync_policy.client.timeouts import Timeouts
from drs_sync_policy.runtime.errors import LoginError, WrongUseError
from drs_sync_policy.runtime.messages import RequestInfo, ResponseInfo

LOG: Final = logging.getLogger("drs_sync_policy")
"""DEBUG: each request and response; INFO: each retry. Never a credential, never a body."""


@frozen(kw_only=True)
class Hooks:
    """Functions that observe requests; credentials are redacted in their arguments.

    `on_request` is called before each attempt, `on_response` after each response, with its
    seconds, and `on_retry` before each wait, with the reason and the seconds. An exception in one
    of them ends the call.
    """

    on_request: Callable[[RequestInfo], object] | None = None
    on_response: Callable[[RequestInfo, ResponseInfo, float], object] | None = None
    on_retry: Callable[[RequestInfo, str, float], object] | None = None


@frozen
class Received:
    """A response, the number of attempts, and the host of IAM if IAM gave it.

    `perhaps_acted` is whether the server may have acted on an earlier attempt.
    """

    response: ResponseInfo
    request: Callable[[], RequestInfo]
    attempts: int
    iam_host: str | None = None
    perhaps_acted: bool = False


Result = httpx.Response | httpx.RequestError | LoginFailed
"""What an attempt ended with."""


def _new_budget(exchange: Exchange) -> Budget:
    return Budget(exchange.retries.budget)


@frozen
class Exchange:
    """What all requests of a client have in common."""

    build: Callable[[httpx.Headers, bytes], httpx.Request]
    auth: httpx.Auth
    timeouts: Timeouts
    retries: Retries
    hooks: Hooks
    limits_time: bool = True
    budget: Budget = field(default=Factory(_new_budget, takes_self=True))

    def with_timeouts(self, timeouts: Timeouts | None) -> Exchange:
        """The same with other timeouts, if there are any, and the budget of this one."""
        return evolve(self, timeouts=timeouts, limits_time=True) if timeouts else self

    def with_retries(self, retries: Retries) -> Exchange:
        """The same with other retries, and a budget of their own."""
        return evolve(self, retries=retries, budget=Budget(retries.budget))

    def begin(self, headers: httpx.Headers, content: bytes) -> Attempts:
        """The attempts of one request; the first is about to begin."""
        return Attempts(self, headers, content, monotonic() + self.timeouts.total)

    def limit_time(self, login: httpx.Request, request: httpx.Request) -> httpx.Request:
        """A login that `request` needs, with the time that is left to that request."""
        if login is not request and self.limits_time:
            login.extensions["timeout"] = request.extensions["timeout"]
        return login


@define
class Attempts:
    """The attempts of one request: `next_request` and `decide` take turns.

    Errors are values here. One that is raised while another is handled would carry the other
    along, and with it the request and its credentials.
    """

    _exchange: Exchange
    _headers: httpx.Headers
    _content: bytes
    _deadline: float
    _count: int = 0
    _perhaps_acted: bool = False
    _last: Received | None = None
    _started: float = 0.0
    _request: httpx.Request = field(init=False)

    def next_request(self) -> httpx.Request:
        """The request of the next attempt."""
        self._count += 1
        self._request = self._exchange.build(self._headers, self._content)
        if self._exchange.limits_time:
            timeout = self._exchange.timeouts.until(self._deadline)
            self._request.extensions["timeout"] = timeout
        if self._exchange.hooks.on_request is not None:
            self._exchange.hooks.on_request(redacted(self._request))
        self._started = monotonic()
        return self._request

    def decide(self, result: Result) -> Received | float:
        """The response that counts, or the seconds to wait before the next attempt.

        Raises `UnreachableError` and its like if there was no response and no retry is left.
        """
        if isinstance(result, httpx.RequestError):
            return self._after_error(result)
        return self._after_response(result)

    def _after_error(self, error: httpx.RequestError) -> Received | float:
        request = sent_by(error, self._request)
        login = is_login(request)
        failed = unreachable(error, redacted(request), self._count, self._deadline)
        self._perhaps_acted |= not (login or isinstance(error, NOTHING_SENT))
        wait = None
        if not certificate_rejected(error):
            wait = self._exchange.retries.after_error(error, self._count, login=login)
        if wait is not None and self._may_wait(wait):
            return self._retry(redacted(request), reason_of(error, self._deadline), wait)
        failed.perhaps_acted = self._perhaps_acted
        if self._last is not None and monotonic() >= self._deadline:
            # The deadline ended the retries: the reason for the retries says more.
            return evolve(self._last, attempts=self._count, perhaps_acted=self._perhaps_acted)
        if login and not isinstance(failed, WrongUseError):
            login_failed = LoginError(host_of(request), failed)
            login_failed.perhaps_acted = self._perhaps_acted
            raise login_failed
        raise failed

    def _after_response(self, result: httpx.Response | LoginFailed) -> Received | float:
        login = isinstance(result, LoginFailed)
        received = result.response if isinstance(result, LoginFailed) else result
        request = received.request if login else self._request
        response = response_info(received, secrets_in(request))
        self._last = Received(
            response=response,
            request=lambda: redacted(request),
            attempts=self._count,
            iam_host=host_of(request) if login else None,
            perhaps_acted=self._perhaps_acted,
        )
        self._note_response(request, response)
        if response.status == 200 and not login:
            self._exchange.budget.earn()
            return self._last
        wait = self._exchange.retries.after_response(response, self._count, login=login)
        if wait is None or not self._may_wait(wait):
            return self._last
        self._perhaps_acted |= response.status >= 500 and not login
        return self._retry(redacted(request), f"status {response.status}", wait)

    def _may_wait(self, wait: float) -> bool:
        return monotonic() + wait < self._deadline and self._exchange.budget.take()

    def _note_response(self, request: httpx.Request, response: ResponseInfo) -> None:
        hook, seconds = self._exchange.hooks.on_response, monotonic() - self._started
        if hook is not None:
            hook(redacted(request), response, seconds)
        if LOG.isEnabledFor(logging.DEBUG):
            LOG.debug(
                "%s (%d bytes) -> %d (%d bytes) in %.3f s, request id %s",
                redacted(request), len(request.content), response.status,
                len(response.content), seconds, response.request_id,
            )  # fmt: skip

    def _retry(self, request: RequestInfo, reason: str, wait: float) -> float:
        if self._exchange.hooks.on_retry is not None:
            self._exchange.hooks.on_retry(request, reason, wait)
        LOG.info("%s: %s; retrying in %.2f s", request, reason, wait)
        return wait
