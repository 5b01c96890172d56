"""The client: sets the synchronization policies of any number of jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Self

import httpx

from drs_sync_policy.client.batching import Batches, Chunk
from drs_sync_policy.client.calls import (
    DEFAULT_BATCHES,
    DEFAULT_RETRIES,
    NO_HOOKS,
    Calls,
    shield,
)
from drs_sync_policy.client.concurrency import (
    GivenUpError,
    Progress,
    in_order,
    in_order_async,
    in_tasks,
    in_threads,
)
from drs_sync_policy.client.credentials.auth import Auth, shielded
from drs_sync_policy.client.credentials.passwords import is_login
from drs_sync_policy.client.errors import DrsError
from drs_sync_policy.client.exchange import AsyncSender, Hooks, Sender
from drs_sync_policy.client.network.deadlines import Timeouts
from drs_sync_policy.client.network.transport import (
    AsyncTransport,
    Connections,
    Transport,
    closed,
    closed_async,
    through,
    through_async,
)
from drs_sync_policy.client.outcome import JobOutcome, Outcome
from drs_sync_policy.client.results import results_of
from drs_sync_policy.client.retries import Retries
from drs_sync_policy_api.models import SyncPolicyReq
from drs_sync_policy_api.models.language import LanguageValue


class SyncPolicyClient(Calls):
    """Sets the synchronization policies of any number of jobs of one project.

    A client may be shared by threads. It is closed by `close` or by the end of its `with`.

    Args:
        project_id: The project that the jobs belong to.
        auth: A token, a function that returns one, `PasswordAuth`, `AkSkAuth`, or any `httpx.Auth`.
        region: A region of the contract's servers.
        base_url: The URL of another server, instead of a region.
        language: The language of the server's messages: `en-us` (its default) or `zh-cn`.
        timeouts: Seconds for each phase, and for each request with its repeats; finite unless you
            bring a client.
        retries: When a call is repeated; None never repeats.
        batches: How many jobs go into one request.
        connections: Proxy, certificates and the like; not with `http_client`.
        hooks: Functions that see each request and answer.
        http_client: An `httpx.Client` of yours, with its headers, cookies, hooks and (unless you
            give `timeouts`) its timeouts. It is not closed.

    Raises:
        WrongUseError: Something of it cannot be.

    Examples:
        >>> from drs_sync_policy import SyncPolicyClient, SyncPolicyReq, sandbox
        >>> with sandbox.running() as server:
        ...     one = server.tenants[0]
        ...     policy = SyncPolicyReq(job_id=one.job_ids[0], conflict_policy="stop")
        ...     with SyncPolicyClient(
        ...         base_url=server.url, project_id=one.project_id, auth=one.token
        ...     ) as drs:
        ...         outcome = drs.set_policies([policy])
        >>> outcome.ok, len(outcome.succeeded), len(outcome.failed)
        (True, 1, 0)
    """

    def __init__(
        self,
        *,
        project_id: str,
        auth: Auth,
        region: str | None = None,
        base_url: str | None = None,
        language: LanguageValue | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = DEFAULT_RETRIES,
        batches: Batches = DEFAULT_BATCHES,
        connections: Connections | None = None,
        hooks: Hooks = NO_HOOKS,
        http_client: httpx.Client | None = None,
    ) -> None:
        auth = shielded(auth)
        super().__init__(
            project_id=project_id, auth=auth, region=region, base_url=base_url, language=language,
            timeouts=timeouts, retries=retries, batches=batches, hooks=hooks,
            brought=http_client, connections=connections,
        )  # fmt: skip
        self._transport: Transport | None = None
        if http_client is not None:
            self._send: Sender = through(http_client)
        else:
            self._transport = Transport(self.base_url, connections, at_once=batches.concurrency)
            self._send = self._transport.handle_request

    @classmethod
    def from_environment(cls, *, profile: str | None = None, **options: Any) -> Self:
        """A client from the environment and the profile file; `options` win over both.

        See `Settings.load` for the variables, the file and their precedence.
        """
        from drs_sync_policy.client.settings import Settings

        shield(options)
        return cls(**Settings.load(profile=profile).arguments(**options))

    def set_policies(
        self,
        jobs: Iterable[SyncPolicyReq],
        *,
        language: LanguageValue | None = None,
        progress: Progress | None = None,
        record: Outcome | None = None,
    ) -> Outcome:
        """What became of each job, in the order given; a job that failed is no exception.

        Args:
            jobs: One policy for each job, at least one. Where a job is there twice, the later wins.
            language: The language of the server's messages, for this call.
            progress: Called with the number of jobs that are done, and of all.
            record: An empty `Outcome` that is filled while the call runs, for a look at it after
                an interruption.

        Raises:
            WrongUseError: A job breaks the contract; nothing was sent.
            RefusedError: The server refused a request.
            UnreachableError: No answer came, after all repeats.
            OutsideContractError: An answer came that the contract does not know.

        In an error, `outcome` is what is known of each job. After one, no further request is sent,
        unless it is a refusal that says what became of each job.
        """
        outcome, headers, chunks = self.begin(jobs, language, record)
        carry_out = partial(self._carry_out, outcome, headers)
        if self.one_by_one(chunks, outcome.items):
            in_order(partial(carry_out, _never), chunks, len(outcome), progress)
        else:
            in_threads(carry_out, chunks, self.batches.concurrency, len(outcome), progress)
        return outcome

    def set_policy(
        self, job: SyncPolicyReq, *, language: LanguageValue | None = None
    ) -> JobOutcome:
        """What became of one job; see `set_policies`."""
        return self.set_policies([job], language=language)[0]

    def close(self) -> None:
        """Closes this client, and its connections unless they are those that you brought.

        Further calls are wrong use.
        """
        self._send = closed
        if self._transport is not None:
            self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _carry_out(
        self,
        outcome: Outcome,
        headers: httpx.Headers,
        given_up: Callable[[], bool],
        chunk: Chunk,
    ) -> None:
        def send(request: httpx.Request) -> httpx.Response:
            if given_up():
                raise GivenUpError
            if not is_login(request):
                outcome.note_sending(chunk)
            return self._send(request)

        try:
            carried = self.exchange.run(send, headers, chunk.content)
            results = results_of(carried, outcome.items[chunk.start : chunk.stop])
        except DrsError as error:
            outcome.note_error(chunk, error)
            error.outcome = outcome
            raise
        outcome.note_results(chunk, results)


def _never() -> bool:
    return False


class AsyncSyncPolicyClient(Calls):
    """The same as `SyncPolicyClient` for asyncio and trio: `async with`, `await`, `aclose`.

    `http_client` is an `httpx.AsyncClient`; hooks and `progress` are plain functions.

    Examples:
        >>> import asyncio
        >>> from drs_sync_policy import AsyncSyncPolicyClient, SyncPolicyReq, sandbox
        >>> async def configure(url, project_id, token, jobs):
        ...     items = [SyncPolicyReq(job_id=job, index_trans=True) for job in jobs]
        ...     async with AsyncSyncPolicyClient(
        ...         base_url=url, project_id=project_id, auth=token
        ...     ) as drs:
        ...         return await drs.set_policies(items)
        >>> with sandbox.running() as server:
        ...     one = server.tenants[0]
        ...     outcome = asyncio.run(
        ...         configure(server.url, one.project_id, one.token, one.job_ids[:2])
        ...     )
        >>> [job.succeeded for job in outcome]
        [True, True]
    """

    def __init__(
        self,
        *,
        project_id: str,
        auth: Auth,
        region: str | None = None,
        base_url: str | None = None,
        language: LanguageValue | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = DEFAULT_RETRIES,
        batches: Batches = DEFAULT_BATCHES,
        connections: Connections | None = None,
        hooks: Hooks = NO_HOOKS,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        auth = shielded(auth)
        super().__init__(
            project_id=project_id, auth=auth, region=region, base_url=base_url, language=language,
            timeouts=timeouts, retries=retries, batches=batches, hooks=hooks,
            brought=http_client, connections=connections,
        )  # fmt: skip
        self._transport: AsyncTransport | None = None
        if http_client is not None:
            self._send: AsyncSender = through_async(http_client)
        else:
            self._transport = AsyncTransport(
                self.base_url, connections, at_once=batches.concurrency
            )
            self._send = self._transport.handle_async_request

    @classmethod
    def from_environment(cls, *, profile: str | None = None, **options: Any) -> Self:
        """A client from the environment and the profile file; `options` win over both."""
        from drs_sync_policy.client.settings import Settings

        shield(options)
        return cls(**Settings.load(profile=profile).arguments(**options))

    async def set_policies(
        self,
        jobs: Iterable[SyncPolicyReq],
        *,
        language: LanguageValue | None = None,
        progress: Progress | None = None,
        record: Outcome | None = None,
    ) -> Outcome:
        """What became of each job, in the order given; see `SyncPolicyClient.set_policies`.

        Where the task is cancelled, `record` tells which jobs are done, unknown and not sent.
        """
        outcome, headers, chunks = self.begin(jobs, language, record)
        carry_out = partial(self._carry_out, outcome, headers)
        if self.one_by_one(chunks, outcome.items):
            await in_order_async(carry_out, chunks, len(outcome), progress)
        else:
            await in_tasks(carry_out, chunks, self.batches.concurrency, len(outcome), progress)
        return outcome

    async def set_policy(
        self, job: SyncPolicyReq, *, language: LanguageValue | None = None
    ) -> JobOutcome:
        """What became of one job; see `set_policies`."""
        return (await self.set_policies([job], language=language))[0]

    async def aclose(self) -> None:
        """Closes this client, and its connections unless they are those that you brought.

        Further calls are wrong use.
        """
        self._send = closed_async
        if self._transport is not None:
            await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _carry_out(self, outcome: Outcome, headers: httpx.Headers, chunk: Chunk) -> None:
        def send(request: httpx.Request) -> Awaitable[httpx.Response]:
            if not is_login(request):
                outcome.note_sending(chunk)
            return self._send(request)

        try:
            carried = await self.exchange.run_async(send, headers, chunk.content)
            results = results_of(carried, outcome.items[chunk.start : chunk.stop])
        except DrsError as error:
            outcome.note_error(chunk, error)
            error.outcome = outcome
            raise
        outcome.note_results(chunk, results)
