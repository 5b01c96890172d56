"""The client: sets the synchronization policies of any number of jobs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Self, Unpack

import httpx

from drs_sync_policy.client.async_exchange import async_run
from drs_sync_policy.client.batching import Batches, Chunk
from drs_sync_policy.client.credentials.auth import Auth, shielded
from drs_sync_policy.client.credentials.login import is_login
from drs_sync_policy.client.exchange import Hooks
from drs_sync_policy.client.job_outcome import JobOutcome
from drs_sync_policy.client.network.async_transport import AsyncTransport
from drs_sync_policy.client.network.async_yours import AsyncYours
from drs_sync_policy.client.network.options import Connections
from drs_sync_policy.client.outcome import Outcome
from drs_sync_policy.client.pairs.concurrency import (
    Cancelled,
    CancelledThreadError,
    ErrorCollector,
    Progress,
    async_run_concurrently,
    never,
)
from drs_sync_policy.client.results import results_of
from drs_sync_policy.client.retries import Retries
from drs_sync_policy.client.shared import (
    DEFAULT_BATCHES,
    DEFAULT_RETRIES,
    NO_HOOKS,
    CallOptions,
    CommonOptions,
    Prepared,
    SharedClient,
    shield,
)
from drs_sync_policy.client.timeouts import Timeouts
from drs_sync_policy.runtime.errors import DrsError, RefusedError
from drs_sync_policy_api.models import SyncPolicyReq
from drs_sync_policy_api.models.language import LanguageValue

if TYPE_CHECKING:
    import httpx2


class AsyncOptions(CommonOptions, total=False):
    """The arguments of a client, each as `AsyncSyncPolicyClient` describes it."""

    http_client: httpx.AsyncClient | httpx2.AsyncClient | None


class AsyncSyncPolicyClient(SharedClient):
    """Sets the synchronization policies of any number of jobs of one project.

    `SyncPolicyClient` is for threads, which may share one; `AsyncSyncPolicyClient` is for asyncio
    and trio. Hooks and `progress` are plain functions in both. Close a client with `aclose`, or
    let `async with` close it.

    Args:
        project_id: The project that the jobs belong to.
        auth: A token, a function that returns one, `PasswordAuth`, `AkSkAuth`, or any `httpx.Auth`.
        region: A region of the contract's servers.
        base_url: The URL of another server, instead of a region.
        edition: The edition of the contract that the server has: `base` or `huawei-cloud`. By
            default that of the region; `base` for a server that the contract does not name.
        language: The language of the server's messages: `en-us` (its default) or `zh-cn`.
        timeouts: Seconds for each phase, and for each request with its retries; always finite,
            unless you give an `http_client`.
        retries: When a request is retried; None for no retries.
        batches: How many jobs go into one request.
        connections: Proxy, certificates and the like; not with `http_client`.
        hooks: Functions that observe each request, response and retry.
        http_client: Your own client of httpx or httpx2, with its headers, cookies, hooks and
            (unless you give `timeouts`) its timeouts. It is not closed.

    Raises:
        WrongUseError: An argument is invalid.

    Examples:
        >>> import asyncio
        >>> from drs_sync_policy import AsyncSyncPolicyClient, SyncPolicyReq, sandbox
        >>> async def configure(server):
        ...     one = server.tenants[0]
        ...     policy = SyncPolicyReq(job_id=one.job_ids[0], conflict_policy="stop")
        ...     async with AsyncSyncPolicyClient(
        ...         base_url=server.url, project_id=one.project_id, auth=one.token
        ...     ) as drs:
        ...         return await drs.set_policies([policy])
        >>> with sandbox.running() as server:
        ...     outcome = asyncio.run(configure(server))
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
        edition: str | None = None,
        language: LanguageValue | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = DEFAULT_RETRIES,
        batches: Batches = DEFAULT_BATCHES,
        connections: Connections | None = None,
        hooks: Hooks = NO_HOOKS,
        http_client: httpx.AsyncClient | httpx2.AsyncClient | None = None,
    ) -> None:
        auth = shielded(auth)
        yours = None if http_client is None else AsyncYours(http_client)
        super().__init__(
            project_id=project_id, auth=auth, region=region, base_url=base_url, edition=edition,
            language=language, timeouts=timeouts, retries=retries, batches=batches, hooks=hooks,
            yours=yours, connections=connections,
        )  # fmt: skip
        self._transport = yours or AsyncTransport(
            self.base_url, connections, concurrency=batches.concurrency
        )

    @classmethod
    def from_environment(
        cls, *, profile: str | None = None, **options: Unpack[AsyncOptions]
    ) -> Self:
        """A client from the environment and the profile file; `options` win over both.

        See `Settings.load` for the variables, the file and their precedence.
        """
        from drs_sync_policy.client.settings import Settings

        shield(options)
        return cls(**Settings.load(profile=profile).arguments(**options))

    async def set_policies(
        self,
        jobs: Iterable[SyncPolicyReq],
        *,
        language: LanguageValue | None = None,
        timeouts: Timeouts | None = None,
        progress: Progress | None = None,
        record: Outcome | None = None,
    ) -> Outcome:
        """The outcome of each job, in the order given; a failed job does not raise an exception.

        Args:
            jobs: One policy for each job, at least one. If a job occurs twice, the later item wins.
            language: The language of the server's messages, instead of the client's.
            timeouts: The timeouts of these requests, instead of the client's.
            progress: Called with the number of jobs that are done, and of all.
            record: An empty `Outcome` that is filled during the call. It says what is known of
                each job if the call is interrupted or its task cancelled.

        Raises:
            WrongUseError: A job breaks the contract; nothing was sent.
            RefusedError: The server rejected a request.
            UnreachableError: There was no response, after all retries.
            OutsideContractError: A response is outside the contract.

        The `outcome` of an error is what is known of each job. After an error no further request
        is sent, unless its response has a result for each job.
        """
        prepared = self._prepare(jobs, language, timeouts, record)
        process = partial(self._process, prepared)
        total = len(prepared.outcome)
        if not prepared.in_order:
            at_once = self.batches.concurrency
            await async_run_concurrently(process, prepared.chunks, at_once, total, progress)
            return prepared.outcome
        errors = ErrorCollector()
        for chunk in prepared.chunks:
            try:
                await process(never, chunk)
            except RefusedError as error:
                if not errors.add(error):
                    break
            if progress is not None:
                progress(chunk.stop, total)
        errors.raise_first()
        return prepared.outcome

    async def set_policy(self, job: SyncPolicyReq, **options: Unpack[CallOptions]) -> JobOutcome:
        """The outcome of one job; see `set_policies`."""
        return (await self.set_policies([job], **options))[0]

    async def aclose(self) -> None:
        """Closes this client and its connections, but not an `http_client` that you gave.

        Further calls raise `WrongUseError`; so do those of clients made by `with_options`.
        """
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _process(self, prepared: Prepared, cancelled: Cancelled, chunk: Chunk) -> None:
        record = prepared.record

        async def send(request: httpx.Request) -> httpx.Response:
            if cancelled():
                raise CancelledThreadError
            if not is_login(request):
                record.note_sending(chunk)
            return await self._transport.handle_async_request(request)

        try:
            received = await async_run(prepared.exchange, send, prepared.headers, chunk.content)
            results = results_of(received, record.items[chunk.start : chunk.stop])
        except DrsError as error:
            record.note_error(chunk, error)
            error.outcome = prepared.outcome
            raise
        record.note_results(chunk, results)
