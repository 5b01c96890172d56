"""One call over the wire: its attempts, its credentials, its log, and its end in time.

What happens is decided once, by a generator that does no I/O (`Exchange.attempts`); a sync and an
async driver carry out what it asks for.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Generator
from time import monotonic, sleep
from typing import Final, Protocol

import httpx
from attrs import define, evolve, field, frozen

from drs_sync_policy.client.credentials.passwords import LoginFailed
from drs_sync_policy.client.errors import Answer, Sent
from drs_sync_policy.client.network.deadlines import Timeouts
from drs_sync_policy.client.network.failures import (
    NOTHING_SENT,
    certificate_refused,
    redacted,
    shown,
    unquoted,
    unreachable,
)
from drs_sync_policy.client.retries import Budget, Retries

LOG: Final = logging.getLogger("drs_sync_policy")
"""DEBUG: each request and answer; INFO: each repeat. Never a credential, never a body."""


@frozen(kw_only=True)
class Hooks:
    """Functions that see what is going on; credentials are not in what they are given.

    `request` is called before each attempt, `answer` after each that got one, with its seconds,
    and `repeat` before each wait, with the reason and the seconds. What they raise ends the call.
    """

    request: Callable[[Sent], object] | None = None
    answer: Callable[[Sent, Answer, float], object] | None = None
    repeat: Callable[[Sent, str, float], object] | None = None


@frozen
class Wait:
    """The driver is to wait for this many seconds."""

    seconds: float


@frozen
class Carried:
    """An answer, and how often the call was tried; `by_iam` tells who gave it.

    `perhaps_acted` tells whether the server may have acted on an earlier attempt.
    """

    answer: Answer
    sent: Callable[[], Sent]
    attempts: int
    by_iam: bool = False
    perhaps_acted: bool = False


Result = httpx.Response | httpx.RequestError | LoginFailed | None
"""What became of a step: an answer or an error for a request, nothing for a wait."""

Steps = Generator[httpx.Request | Wait, Result, Carried]


class Sender(Protocol):
    """What carries one request to the server and reads the answer whole."""

    def __call__(self, request: httpx.Request, /) -> httpx.Response: ...


class AsyncSender(Protocol):
    """What carries one request to the server and reads the answer whole."""

    def __call__(self, request: httpx.Request, /) -> Awaitable[httpx.Response]: ...


@define
class Exchange:
    """What all calls of a client have in common on their way."""

    build: Callable[[httpx.Headers, bytes], httpx.Request]
    auth: httpx.Auth
    timeouts: Timeouts
    retries: Retries
    hooks: Hooks
    keeps_time: bool = True
    budget: Budget = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.budget = Budget(self.retries.budget)

    def attempts(self, headers: httpx.Headers, content: bytes) -> Steps:
        """The steps of a call; returns its answer, raises `UnreachableError` where none came."""
        end = monotonic() + self.timeouts.total
        attempt, perhaps_acted = 0, False
        said: Carried | None = None
        while True:
            attempt += 1
            request = self.build(headers, content)
            if self.keeps_time:
                request.extensions["timeout"] = self.timeouts.until(end)
            begun = self._begin(request)
            # Errors are values here: one that is raised while another is handled would carry the
            # other along, and with it the request and its credentials.
            result = yield request
            if isinstance(result, httpx.RequestError):
                failed = unreachable(result, redacted(request), attempt, end)
                perhaps_acted |= not isinstance(result, NOTHING_SENT)
                failed.perhaps_acted = perhaps_acted
                refused = certificate_refused(result)
                wait = None if refused else self.retries.after_error(result, attempt)
                if wait is None or not self._may_wait(wait, end):
                    if said is not None and monotonic() >= end:
                        # The time ended among repeats: why there were any says more.
                        return evolve(said, attempts=attempt, perhaps_acted=perhaps_acted)
                    raise failed
                reason = str(failed)
            else:
                carried = said = self._carried(request, result, attempt, perhaps_acted)
                self._end(request, carried.answer, begun)
                if carried.answer.status == 200:
                    self.budget.earn()
                    return carried
                wait = self.retries.after_answer(carried.answer, attempt)
                if wait is None or not self._may_wait(wait, end):
                    return carried
                perhaps_acted |= carried.answer.status >= 500
                reason = f"status {carried.answer.status}"
            self._note_repeat(request, reason, wait)
            yield Wait(wait)

    def run(self, send: Sender, headers: httpx.Headers, content: bytes) -> Carried:
        """Carries out a call in this thread."""
        steps = self.attempts(headers, content)
        result: Result = None
        try:
            while True:
                step = steps.send(result)
                result = None
                if isinstance(step, Wait):
                    sleep(step.seconds)
                    continue
                try:
                    result = self._authenticated(send, step)
                except (httpx.RequestError, LoginFailed) as error:
                    result = unquoted(error)
        except StopIteration as done:
            carried: Carried = done.value
            return carried

    async def run_async(self, send: AsyncSender, headers: httpx.Headers, content: bytes) -> Carried:
        """Carries out a call in this task."""
        import anyio

        steps = self.attempts(headers, content)
        result: Result = None
        try:
            while True:
                step = steps.send(result)
                result = None
                if isinstance(step, Wait):
                    await anyio.sleep(step.seconds)
                    continue
                try:
                    result = await self._authenticated_async(send, step)
                except (httpx.RequestError, LoginFailed) as error:
                    result = unquoted(error)
        except StopIteration as done:
            carried: Carried = done.value
            return carried

    def _authenticated(self, send: Sender, request: httpx.Request) -> httpx.Response:
        flow = self.auth.sync_auth_flow(request)
        try:
            outgoing = next(flow)
            while True:
                response = send(self._timed(outgoing, request))
                try:
                    outgoing = flow.send(response)
                except StopIteration:
                    return response
        finally:
            flow.close()

    async def _authenticated_async(
        self, send: AsyncSender, request: httpx.Request
    ) -> httpx.Response:
        flow = self.auth.async_auth_flow(request)
        try:
            outgoing = await anext(flow)
            while True:
                response = await send(self._timed(outgoing, request))
                try:
                    outgoing = await flow.asend(response)
                except StopAsyncIteration:
                    return response
        finally:
            await flow.aclose()

    def _timed(self, outgoing: httpx.Request, request: httpx.Request) -> httpx.Request:
        """A request that the credentials needed, with the time that the call itself has."""
        if outgoing is not request and self.keeps_time:
            outgoing.extensions["timeout"] = request.extensions["timeout"]
        return outgoing

    def _may_wait(self, wait: float, end: float) -> bool:
        return monotonic() + wait < end and self.budget.take()

    def _begin(self, request: httpx.Request) -> float:
        if self.hooks.request is not None:
            self.hooks.request(redacted(request))
        return monotonic()

    def _end(self, request: httpx.Request, answer: Answer, begun: float) -> None:
        if self.hooks.answer is not None:
            self.hooks.answer(redacted(request), answer, monotonic() - begun)
        if LOG.isEnabledFor(logging.DEBUG):
            LOG.debug(
                "%s (%d bytes) -> %d (%d bytes) in %.3f s, request id %s",
                redacted(request), len(request.content), answer.status, len(answer.content),
                monotonic() - begun, answer.request_id,
            )  # fmt: skip

    def _note_repeat(self, request: httpx.Request, reason: str, wait: float) -> None:
        if self.hooks.repeat is not None:
            self.hooks.repeat(redacted(request), reason, wait)
        LOG.info("%s: %s; trying again in %.2f s", redacted(request), reason, wait)

    def _carried(
        self,
        request: httpx.Request,
        result: httpx.Response | LoginFailed | None,
        attempt: int,
        perhaps_acted: bool,
    ) -> Carried:
        by_iam = isinstance(result, LoginFailed)
        response = result.response if isinstance(result, LoginFailed) else result
        assert response is not None  # noqa: S101 - the driver answers every request
        return Carried(shown(response), lambda: redacted(request), attempt, by_iam, perhaps_acted)
