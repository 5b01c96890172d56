"""What the sync and the async client have in common: how a client is set up, and a call begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, NoReturn, Protocol, Self, TypedDict, TypeVar, Unpack, cast

import httpx
from attrs import evolve, frozen
from msgspec import UNSET
from msgspec import UnsetType as Unset

from drs_sync_policy.client.batching import Batches, Chunk, has_duplicates
from drs_sync_policy.client.call_record import CallRecord
from drs_sync_policy.client.credentials.auth import AkSkAuth, Auth, TokenAuth, shielded
from drs_sync_policy.client.credentials.passwords import PasswordAuth
from drs_sync_policy.client.credentials.secret import Secret
from drs_sync_policy.client.exchange import Exchange, Hooks
from drs_sync_policy.client.network.options import Connections
from drs_sync_policy.client.outcome import Outcome, record_of
from drs_sync_policy.client.regions import checked_edition, edition_of, server_url
from drs_sync_policy.client.retries import Retries
from drs_sync_policy.client.timeouts import Timeouts
from drs_sync_policy.runtime.errors import Problem, WrongUseError
from drs_sync_policy.runtime.validation import require
from drs_sync_policy.text import listed
from drs_sync_policy_api.api.synchronization_policies import batch_set_policy as operation
from drs_sync_policy_api.contract import USER_AGENT
from drs_sync_policy_api.models import BatchSetPolicyReq, SyncPolicyReq
from drs_sync_policy_api.models.language import LanguageValue

DEFAULT_TIMEOUTS: Final = Timeouts()
DEFAULT_RETRIES: Final = Retries()
DEFAULT_BATCHES: Final = Batches()
NO_RETRIES: Final = Retries(attempts=1)
NO_HOOKS: Final = Hooks()

_ANY_BODY: Final = BatchSetPolicyReq(jobs=[SyncPolicyReq(job_id="any")])


class CommonOptions(TypedDict, total=False):
    """The arguments of a client, but for its `http_client`."""

    project_id: str
    auth: Auth
    region: str | None
    base_url: str | None
    edition: str | None
    language: LanguageValue | None
    timeouts: Timeouts | None
    retries: Retries | None
    batches: Batches
    connections: Connections | None
    hooks: Hooks


class CallOptions(TypedDict, total=False):
    """What may differ from call to call."""

    language: LanguageValue | None
    timeouts: Timeouts | None


class ChangedOptions(CallOptions, total=False):
    """What `with_options` changes."""

    retries: Retries | None


B = TypeVar("B", contravariant=True)


class Reads(Protocol[B]):
    """A module of an operation of the generated package, as far as a request needs it."""

    @property
    def METHOD(self) -> str: ...  # noqa: N802 - the generated name

    def problems(
        self,
        project_id: str,
        *,
        body: B,
        x_language: LanguageValue | Unset = UNSET,
        edition: str | None = None,
    ) -> Iterator[Problem]: ...

    def url_path(self, project_id: str) -> str: ...

    def request_arguments(
        self, project_id: str, *, content: bytes, x_language: LanguageValue | Unset = UNSET
    ) -> dict[str, Any]: ...


@frozen
class Reading:
    """How the requests of a reading are sent."""

    exchange: Exchange
    headers: httpx.Headers


class RequestBuilder(Protocol):
    """What builds requests with a client of the user's own."""

    def build_request(self, method: str, url: httpx.URL, **parts: Any) -> httpx.Request: ...


@frozen
class Prepared:
    """A validated call: its outcome so far, and the headers and bodies of its requests."""

    outcome: Outcome
    record: CallRecord
    exchange: Exchange
    headers: httpx.Headers
    chunks: Sequence[Chunk]
    in_order: bool
    """Whether the requests are sent one after the other."""


class SharedClient:
    """Everything of a client but waiting."""

    def __init__(
        self,
        *,
        project_id: str,
        auth: httpx.Auth | Secret | Callable[[], str],
        region: str | None,
        base_url: str | None,
        edition: str | None,
        language: LanguageValue | None,
        timeouts: Timeouts | None,
        retries: Retries | None,
        batches: Batches,
        hooks: Hooks,
        yours: RequestBuilder | None,
        connections: Connections | None,
    ) -> None:
        if yours is not None and connections is not None:
            raise WrongUseError(
                "give `connections` or `http_client`, not both: an `http_client` has its own"
                " connections"
            )
        self.project_id: Final = project_id
        self.base_url: Final = server_url(region=region, base_url=base_url)
        self.edition: Final = checked_edition(edition or edition_of(self.base_url))
        self.batches: Final = batches
        self._language: LanguageValue | Any = language or UNSET
        require(operation.problems(project_id, body=_ANY_BODY, x_language=self._language))
        self._yours = yours
        self._url = httpx.URL(self.base_url + operation.url_path(project_id))
        self._headers = self._headers_for(self._language)
        self._exchange = Exchange(
            build=self._request,
            auth=_as_auth(auth, project_id=project_id, base_url=self.base_url),
            timeouts=timeouts or DEFAULT_TIMEOUTS,
            retries=retries or NO_RETRIES,
            hooks=hooks,
            limits_time=yours is None or timeouts is not None,
        )

    def __repr__(self) -> str:
        # A traceback may show a client whose `__init__` did not finish.
        made = vars(self)
        shown = (f"{name}={made[name]!r}" for name in ("base_url", "project_id") if name in made)
        return f"{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a client cannot be copied or pickled, because it has connections: threads may share"
            " it, another process makes its own, and `with_options` gives one with other options"
        )

    def with_options(self, **options: Unpack[ChangedOptions]) -> Self:
        """A client with other timeouts, retries or another language.

        It shares the connections and the credentials of this one; closing one closes both.
        """
        if unknown := options.keys() - ChangedOptions.__optional_keys__:
            raise TypeError(f"`with_options` does not change {listed(sorted(unknown))}")
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        if "language" in options:
            language: Any = options["language"] or UNSET
            require(operation.problems(self.project_id, body=_ANY_BODY, x_language=language))
            vars(other).update(_language=language, _headers=self._headers_for(language))
        exchange = self._exchange.with_timeouts(options.get("timeouts"))
        if "retries" in options:
            exchange = exchange.with_retries(options["retries"] or NO_RETRIES)
        vars(other)["_exchange"] = exchange
        return other

    def _request(self, headers: httpx.Headers, content: bytes) -> httpx.Request:
        return self._request_to(operation.METHOD, self._url, headers, content)

    def _request_to(
        self, method: str, url: httpx.URL, headers: httpx.Headers, content: bytes
    ) -> httpx.Request:
        build = httpx.Request if self._yours is None else self._yours.build_request
        return build(method, url, headers=headers, content=content)

    def _reading(
        self, reads: Reads[B], body: B, language: LanguageValue | None, timeouts: Timeouts | None
    ) -> Reading:
        """A validated reading: it may always be sent again, and counts against the same budget."""
        used = language or self._language
        edition = self.edition
        require(reads.problems(self.project_id, body=body, x_language=used, edition=edition))
        url = httpx.URL(self.base_url + reads.url_path(self.project_id))
        exchange = self._exchange.with_timeouts(timeouts)
        exchange = evolve(
            exchange,
            build=partial(self._request_to, reads.METHOD, url),
            retries=evolve(exchange.retries, retry_sent=True),
        )
        return Reading(exchange, self._headers_for(used, reads))

    def _headers_for(self, language: Any, called: Reads[Any] = operation) -> httpx.Headers:
        arguments = called.request_arguments(self.project_id, content=b"", x_language=language)
        return httpx.Headers(
            {
                "Host": self._url.netloc.decode("ascii"),
                "Content-Type": arguments["headers"]["Content-Type"],
                "Accept": "application/json",
                # Decompression is a risk, and saves little: a response is shorter than its request.
                "Accept-Encoding": "identity",
                "User-Agent": USER_AGENT,
                **arguments["headers"],
            }
        )

    def _prepare(
        self,
        jobs: Iterable[SyncPolicyReq],
        language: LanguageValue | None,
        timeouts: Timeouts | None,
        record: Outcome | None,
    ) -> Prepared:
        """Validates a call and splits it into chunks, before anything is sent."""
        items = list(_checked(jobs))
        body = BatchSetPolicyReq(jobs=items)
        used = language or self._language
        edition = self.edition
        require(operation.problems(self.project_id, body=body, x_language=used, edition=edition))
        chunks = list(self.batches.split(items))
        outcome = Outcome() if record is None else record
        filled = record_of(outcome)
        filled.begin(items)
        headers = self._headers_for(language) if language else self._headers
        one_at_a_time = len(chunks) == 1 or self.batches.concurrency == 1
        exchange = self._exchange.with_timeouts(timeouts)
        in_order = one_at_a_time or has_duplicates(items)
        return Prepared(outcome, filled, exchange, headers, chunks, in_order)


def checked_ids(job_ids: Iterable[str]) -> list[str]:
    """The ids; raises `WrongUseError` for a single one, and for what is none."""
    ids = [] if isinstance(cast("Any", job_ids), (str, bytes, dict)) else [*job_ids]
    if not ids or not all(isinstance(cast("Any", job_id), str) for job_id in ids):
        raise WrongUseError('`job_ids` must be a list of ids, at least one, such as ["..."]')
    return ids


def requests_of(
    client: SharedClient, jobs: Iterable[SyncPolicyReq]
) -> Iterable[tuple[httpx.Headers, bytes]]:
    """The headers, without credentials, and the body of each request that would be sent."""
    prepared: Prepared = cast("Any", client)._prepare(jobs, None, None, None)  # noqa: SLF001 - the same package
    return ((prepared.headers, chunk.content) for chunk in prepared.chunks)


def credentials_of(client: SharedClient) -> httpx.Auth:
    """What adds credentials to the requests of a client."""
    exchange: Exchange = cast("Any", client)._exchange  # noqa: SLF001 - the same package
    return exchange.auth


def _checked(jobs: Iterable[SyncPolicyReq]) -> Iterable[SyncPolicyReq]:
    """`jobs`; raises `WrongUseError` for a single job or its id, which are common errors."""
    kind, given = type(jobs).__name__, cast("Any", jobs)
    if hasattr(given, "__iter__") and not isinstance(given, (str, bytes, dict)):
        return jobs
    raise WrongUseError(
        f"`jobs` is a `{kind}`: give a list of `SyncPolicyReq`, such as"
        ' [SyncPolicyReq(job_id="...")]'
    )


def shield(options: CommonOptions) -> None:
    """Wraps a token among the options of a client, so that no traceback shows it."""
    if "auth" in options:
        options["auth"] = shielded(options["auth"])


def _as_auth(
    auth: httpx.Auth | Secret | Callable[[], str], *, project_id: str, base_url: str
) -> httpx.Auth:
    if isinstance(auth, (PasswordAuth, AkSkAuth)):
        return auth.bound(project_id=project_id, base_url=base_url)
    return auth if isinstance(auth, httpx.Auth) else TokenAuth(auth)
