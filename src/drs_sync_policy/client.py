"""The client: sets the synchronization policies of any number of jobs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Self

import httpx

from drs_sync_policy.answers import results_of
from drs_sync_policy.auth import AkSkAuth, PasswordAuth, TokenAuth
from drs_sync_policy.batch import Batches, Chunk, JobOutcome, Outcome, in_turn
from drs_sync_policy.chunks import Progress, in_tasks, in_threads
from drs_sync_policy.deadlines import Timeouts
from drs_sync_policy.errors import DrsError, WrongUseError
from drs_sync_policy.exchange import AsyncSender, Exchange, Hooks, Sender
from drs_sync_policy.regions import server_url
from drs_sync_policy.retries import Retries
from drs_sync_policy.transport import (
    AsyncTransport,
    Connections,
    Transport,
    through,
    through_async,
)
from drs_sync_policy_api.api.synchronization_policies import batch_set_policy as operation
from drs_sync_policy_api.errors import InvalidRequest
from drs_sync_policy_api.models import BatchSetPolicyReq, SyncPolicyReq
from drs_sync_policy_api.models.language import LanguageValue
from drs_sync_policy_api.types import UNSET, USER_AGENT, Unset, require

Auth = httpx.Auth | str | Callable[[], str]
"""A token, a function that returns one, or one of the classes of `auth`."""

DEFAULT_TIMEOUTS: Final = Timeouts()
DEFAULT_RETRIES: Final = Retries()
DEFAULT_BATCHES: Final = Batches()
NO_HOOKS: Final = Hooks()

_ANY_BODY: Final = BatchSetPolicyReq(jobs=[SyncPolicyReq(job_id="any")])


class _Client:
    """What the sync and the async client have in common: everything but waiting."""

    def __init__(
        self,
        *,
        project_id: str,
        auth: Auth,
        region: str | None,
        base_url: str | None,
        language: LanguageValue | None,
        timeouts: Timeouts | None,
        retries: Retries | None,
        batches: Batches,
        hooks: Hooks,
        brought: httpx.Client | httpx.AsyncClient | None,
        connections: Connections | None,
    ) -> None:
        if brought is not None and connections is not None:
            raise WrongUseError("give `connections` or `http_client`, which has its own")
        self.base_url: Final = server_url(region=region, base_url=base_url)
        self.project_id: Final = project_id
        self.batches: Final = batches
        self._language: LanguageValue | Unset = language or UNSET
        with _as_wrong_use():
            require(operation.problems(project_id, body=_ANY_BODY, x_language=self._language))
            path = operation.url_path(project_id)
        self._url = httpx.URL(self.base_url + path)
        self._brought = brought
        self._exchange = Exchange(
            build=self._request,
            auth=_as_auth(auth, project_id=project_id, base_url=self.base_url),
            timeouts=timeouts or DEFAULT_TIMEOUTS,
            retries=retries or Retries(attempts=1),
            hooks=hooks,
            keeps_time=brought is None or timeouts is not None,
        )
        self._headers = self._headers_for(self._language)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r}, project_id={self.project_id!r})"

    def _request(self, headers: httpx.Headers, content: bytes) -> httpx.Request:
        if self._brought is None:
            return httpx.Request(operation.METHOD, self._url, headers=headers, content=content)
        build = self._brought.build_request
        return build(operation.METHOD, self._url, headers=headers, content=content)

    def _headers_for(self, language: Any) -> httpx.Headers:
        headers = {
            "Host": self._url.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "Accept": "application/json",
            # A compressed answer would have to be unpacked with care, and saves nothing that
            # matters here: an answer is shorter than its request.
            "Accept-Encoding": "identity",
            "User-Agent": USER_AGENT,
        }
        return httpx.Headers(headers if language is UNSET else {**headers, "X-Language": language})

    def _begin(
        self,
        jobs: Iterable[SyncPolicyReq],
        language: LanguageValue | None,
        record: Outcome | None,
    ) -> tuple[Outcome, httpx.Headers, list[Chunk]]:
        """Checks a call and cuts it into chunks, all of it before anything is sent."""
        items = list(jobs)
        with _as_wrong_use():
            body = BatchSetPolicyReq(jobs=items)
            spoken = language or self._language
            require(operation.problems(self.project_id, body=body, x_language=spoken))
            chunks = list(self.batches.cut(items))
        outcome = Outcome() if record is None else record
        outcome.begin(items)
        return outcome, self._headers_for(language) if language else self._headers, chunks

    def _one_by_one(self, chunks: Sequence[Chunk], items: Sequence[SyncPolicyReq]) -> bool:
        return len(chunks) == 1 or self.batches.concurrency == 1 or in_turn(items)


class SyncPolicyClient(_Client):
    """Sets the synchronization policies of any number of jobs of one project.

    A client may be shared by threads. It is closed by `close` or by the end of its `with`.

    Args:
        project_id: The project that the jobs belong to.
        auth: A token, a function that returns one, `PasswordAuth`, `AkSkAuth`, or any `httpx.Auth`.
        region: A region of the contract's servers.
        base_url: The URL of another server, instead of a region.
        language: The language of the server's messages: `en-us` (its default) or `zh-cn`.
        timeouts: Seconds for each phase and for the whole; finite unless you bring a client.
        retries: When a call is repeated; None never repeats.
        batches: How many jobs go into one request.
        connections: Proxy, certificates and the like; not with `http_client`.
        hooks: Functions that see each request and answer.
        http_client: An `httpx.Client` of yours, with its headers, cookies, hooks and (unless you
            give `timeouts`) its timeouts. It is not closed.

    Raises:
        WrongUseError: Something of it cannot be.
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
        super().__init__(
            project_id=project_id, auth=auth, region=region, base_url=base_url, language=language,
            timeouts=timeouts, retries=retries, batches=batches, hooks=hooks,
            brought=http_client, connections=connections,
        )  # fmt: skip
        self._transport: Transport | None = None
        if http_client is not None:
            self._send: Sender = through(http_client)
        else:
            self._transport = Transport(self.base_url, connections)
            self._send = self._transport.handle_request

    @classmethod
    def from_environment(cls, *, profile: str | None = None, **options: Any) -> Self:
        """A client from the environment and the profile file; `options` win over both.

        See `Settings.load` for the variables, the file and their precedence.
        """
        from drs_sync_policy.settings import Settings

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

        In an error, `outcome` is what is known of each job. After one, no further request is sent.
        """
        outcome, headers, chunks = self._begin(jobs, language, record)
        carry_out = partial(self._carry_out, outcome, headers)
        if self._one_by_one(chunks, outcome.items):
            for chunk in chunks:
                carry_out(chunk)
                if progress is not None:
                    progress(chunk.stop, len(outcome))
        else:
            in_threads(carry_out, chunks, self.batches.concurrency, len(outcome), progress)
        return outcome

    def set_policy(
        self, job: SyncPolicyReq, *, language: LanguageValue | None = None
    ) -> JobOutcome:
        """What became of one job; see `set_policies`."""
        return self.set_policies([job], language=language)[0]

    def close(self) -> None:
        """Closes the connections, unless they are those of a client that you brought."""
        if self._transport is not None:
            self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _carry_out(self, outcome: Outcome, headers: httpx.Headers, chunk: Chunk) -> None:
        outcome.note_sending(chunk)
        try:
            carried = self._exchange.run(self._send, headers, chunk.content)
            results = results_of(carried, outcome.items[chunk.start : chunk.stop])
        except DrsError as error:
            outcome.note_error(chunk, error)
            error.outcome = outcome
            raise
        outcome.note_results(chunk, results)


class AsyncSyncPolicyClient(_Client):
    """The same as `SyncPolicyClient` for asyncio and trio: `async with`, `await`, `aclose`.

    `http_client` is an `httpx.AsyncClient`; hooks and `progress` are plain functions.
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
        super().__init__(
            project_id=project_id, auth=auth, region=region, base_url=base_url, language=language,
            timeouts=timeouts, retries=retries, batches=batches, hooks=hooks,
            brought=http_client, connections=connections,
        )  # fmt: skip
        self._transport: AsyncTransport | None = None
        if http_client is not None:
            self._send: AsyncSender = through_async(http_client)
        else:
            self._transport = AsyncTransport(self.base_url, connections)
            self._send = self._transport.handle_async_request

    @classmethod
    def from_environment(cls, *, profile: str | None = None, **options: Any) -> Self:
        """A client from the environment and the profile file; `options` win over both."""
        from drs_sync_policy.settings import Settings

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
        outcome, headers, chunks = self._begin(jobs, language, record)
        carry_out = partial(self._carry_out, outcome, headers)
        if self._one_by_one(chunks, outcome.items):
            for chunk in chunks:
                await carry_out(chunk)
                if progress is not None:
                    progress(chunk.stop, len(outcome))
        else:
            await in_tasks(carry_out, chunks, self.batches.concurrency, len(outcome), progress)
        return outcome

    async def set_policy(
        self, job: SyncPolicyReq, *, language: LanguageValue | None = None
    ) -> JobOutcome:
        """What became of one job; see `set_policies`."""
        return (await self.set_policies([job], language=language))[0]

    async def aclose(self) -> None:
        """Closes the connections, unless they are those of a client that you brought."""
        if self._transport is not None:
            await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _carry_out(self, outcome: Outcome, headers: httpx.Headers, chunk: Chunk) -> None:
        outcome.note_sending(chunk)
        try:
            carried = await self._exchange.run_async(self._send, headers, chunk.content)
            results = results_of(carried, outcome.items[chunk.start : chunk.stop])
        except DrsError as error:
            outcome.note_error(chunk, error)
            error.outcome = outcome
            raise
        outcome.note_results(chunk, results)


def _as_auth(auth: Auth, *, project_id: str, base_url: str) -> httpx.Auth:
    if isinstance(auth, (PasswordAuth, AkSkAuth)):
        return auth.bound(project_id=project_id, base_url=base_url)
    return auth if isinstance(auth, httpx.Auth) else TokenAuth(auth)


@contextmanager
def _as_wrong_use() -> Generator[None]:
    try:
        yield
    except InvalidRequest as error:
        text, problems = str(error), error.problems
    else:
        return
    raise WrongUseError(text, problems)
