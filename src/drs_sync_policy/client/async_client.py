"""The client: sets and reads the synchronization policies of any number of jobs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

import httpx

from drs_sync_policy.client.async_exchange import async_converse, async_run
from drs_sync_policy.client.batching import Batches, Chunk, in_chunks
from drs_sync_policy.client.credentials.auth import Auth, shielded
from drs_sync_policy.client.credentials.login import is_login
from drs_sync_policy.client.exchange import Hooks
from drs_sync_policy.client.job_outcome import JobOutcome
from drs_sync_policy.client.job_policy import JobPolicy
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
from drs_sync_policy.client.reading import (
    IDS,
    Conversation,
    filters_of,
    jobs_on_pages,
    policies,
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
    Reading,
    SharedClient,
    checked_ids,
    shield,
)
from drs_sync_policy.client.timeouts import Timeouts
from drs_sync_policy.runtime.errors import DrsError, RefusedError
from drs_sync_policy_api.api.jobs import batch_list_job_details, show_job_list
from drs_sync_policy_api.models import BatchQueryJobReqPage, DbUseType, JobInfo, SyncPolicyReq
from drs_sync_policy_api.models.db_use_type import DbUseTypeValue
from drs_sync_policy_api.models.language import LanguageValue

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")


class AsyncOptions(CommonOptions, total=False):
    """The arguments of a client, each as `AsyncSyncPolicyClient` describes it."""

    http_client: httpx.AsyncClient | httpx2.AsyncClient | None


class AsyncSyncPolicyClient(SharedClient):
    """Sets and reads the synchronization policies of any number of jobs of one project.

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

        The page "Settings" of the guide has the variables, the file and their precedence.
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
            WrongUseError: A job violates the contract; nothing was sent.
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

    async def get_policies(
        self,
        job_ids: Iterable[str],
        *,
        language: LanguageValue | None = None,
        timeouts: Timeouts | None = None,
        progress: Progress | None = None,
    ) -> list[JobPolicy]:
        """The policy of each job as far as the server shows it, in the order given.

        A job that cannot be read does not raise an exception, and neither does a 400, which is
        about the jobs of its request: they are asked for alone. The operation is optional: a server
        without it responds 404, which is a `NotFoundError`. Reading is always safe to retry.

        Args:
            job_ids: The jobs, at least one; ten go into one request.
            language: The language of the server's messages, instead of the client's.
            timeouts: The timeouts of these requests, instead of the client's.
            progress: Called with the number of jobs that are read, and of all.

        Raises:
            WrongUseError: An id violates the contract; nothing was sent.
            RefusedError: The server rejected a request.
            UnreachableError: There was no response, after all retries.
            OutsideContractError: A response is outside the contract.
        """
        ids = checked_ids(job_ids)
        asked = [*dict.fromkeys(ids)]
        reads = batch_list_job_details
        parts = (asked[start : start + IDS] for start in range(0, len(asked), IDS))
        # Each is validated before any is sent.
        reading, *_ = [
            self._reading(reads, BatchQueryJobReqPage(jobs=part), language, timeouts)
            for part in parts
        ]
        found: dict[str, JobPolicy] = {}

        async def process(cancelled: Cancelled, chunk: Chunk) -> None:
            part = policies(asked[chunk.start : chunk.stop])
            found.update(await self._converse(reading, part, cancelled))

        await async_run_concurrently(
            process, in_chunks(len(asked), IDS), self.batches.concurrency, len(asked), progress
        )
        return [found[job_id] for job_id in ids]

    async def list_jobs(
        self,
        *,
        db_use_type: DbUseTypeValue = DbUseType.SYNC,
        status: str | None = None,
        name: str | None = None,
        engine_type: str | None = None,
        language: LanguageValue | None = None,
        timeouts: Timeouts | None = None,
    ) -> list[JobInfo]:
        """The jobs of the project that match, without their policies; all pages are read.

        Other people may create and delete jobs meanwhile; such a job may be in the list or not. If
        the number of jobs falls, another job may have moved to a page that was read already: all
        pages are read again, up to three times. Only one creation for each deletion, between two
        pages, can hide another job.

        Args:
            db_use_type: What the jobs are for.
            status: The state of the jobs.
            name: A name, or a part of it.
            engine_type: The engines of the jobs.
            language: The language of the server's messages, instead of the client's.
            timeouts: The timeouts of these requests, instead of the client's.

        Raises the same as `get_policies`. It is an `OutsideContractError`, too, if the list
        would be incomplete: in each of three readings the pages have fewer jobs than the server
        says, or the number of jobs falls.
        """
        filters = filters_of(db_use_type, status, name, engine_type)
        reading = self._reading(show_job_list, filters, language, timeouts)
        return await self._converse(reading, jobs_on_pages(filters), never)

    async def aclose(self) -> None:
        """Closes this client and its connections, but not an `http_client` that you gave.

        Further calls raise `WrongUseError`; so do those of clients made by `with_options`.
        """
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _converse(
        self, reading: Reading, requests: Conversation[T], cancelled: Cancelled
    ) -> T:
        async def send(request: httpx.Request) -> httpx.Response:
            if cancelled():
                raise CancelledThreadError
            return await self._transport.handle_async_request(request)

        return await async_converse(reading.exchange, send, reading.headers, requests)

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
