"""What the sync and the async client have in common: how they are made, and how a call begins."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

import httpx

from drs_sync_policy.client.batching import Batches, Chunk, in_turn
from drs_sync_policy.client.credentials.auth import AkSkAuth, TokenAuth, shielded
from drs_sync_policy.client.credentials.passwords import PasswordAuth
from drs_sync_policy.client.credentials.secret import Secret
from drs_sync_policy.client.errors import WrongUseError
from drs_sync_policy.client.exchange import Exchange, Hooks
from drs_sync_policy.client.network.deadlines import Timeouts
from drs_sync_policy.client.network.transport import Connections
from drs_sync_policy.client.outcome import Outcome
from drs_sync_policy.client.regions import server_url
from drs_sync_policy.client.retries import Retries
from drs_sync_policy_api.api.synchronization_policies import batch_set_policy as operation
from drs_sync_policy_api.errors import InvalidRequest
from drs_sync_policy_api.models import BatchSetPolicyReq, SyncPolicyReq
from drs_sync_policy_api.models.language import LanguageValue
from drs_sync_policy_api.types import UNSET, USER_AGENT, Unset, require

DEFAULT_TIMEOUTS: Final = Timeouts()
DEFAULT_RETRIES: Final = Retries()
DEFAULT_BATCHES: Final = Batches()
NO_HOOKS: Final = Hooks()

_ANY_BODY: Final = BatchSetPolicyReq(jobs=[SyncPolicyReq(job_id="any")])


class Calls:
    """What the sync and the async client have in common: everything but waiting."""

    def __init__(
        self,
        *,
        project_id: str,
        auth: httpx.Auth | Secret | Callable[[], str],
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
        self.project_id: Final = project_id
        self.base_url: Final = server_url(region=region, base_url=base_url)
        self.batches: Final = batches
        self._language: LanguageValue | Unset = language or UNSET
        with _as_wrong_use():
            require(operation.problems(project_id, body=_ANY_BODY, x_language=self._language))
            path = operation.url_path(project_id)
        self._url = httpx.URL(self.base_url + path)
        self._brought = brought
        self.exchange: Final[Exchange] = Exchange(
            build=self._request,
            auth=_as_auth(auth, project_id=project_id, base_url=self.base_url),
            timeouts=timeouts or DEFAULT_TIMEOUTS,
            retries=retries or Retries(attempts=1),
            hooks=hooks,
            keeps_time=brought is None or timeouts is not None,
        )
        self._headers = self._headers_for(self._language)

    def __repr__(self) -> str:
        # A traceback may show a client that is not made to its end.
        made = vars(self)
        shown = (f"{name}={made[name]!r}" for name in ("base_url", "project_id") if name in made)
        return f"{type(self).__name__}({', '.join(shown)})"

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

    def begin(
        self,
        jobs: Iterable[SyncPolicyReq],
        language: LanguageValue | None,
        record: Outcome | None,
    ) -> tuple[Outcome, httpx.Headers, list[Chunk]]:
        """Checks a call and cuts it into chunks, all of it before anything is sent."""
        items = list(_checked(jobs))
        with _as_wrong_use():
            body = BatchSetPolicyReq(jobs=items)
            spoken = language or self._language
            require(operation.problems(self.project_id, body=body, x_language=spoken))
            chunks = list(self.batches.cut(items))
        outcome = Outcome() if record is None else record
        outcome.begin(items)
        return outcome, self._headers_for(language) if language else self._headers, chunks

    def one_by_one(self, chunks: Sequence[Chunk], items: Sequence[SyncPolicyReq]) -> bool:
        return len(chunks) == 1 or self.batches.concurrency == 1 or in_turn(items)


def _checked(jobs: Iterable[SyncPolicyReq]) -> Iterable[SyncPolicyReq]:
    """`jobs`; `WrongUseError` for one job or its id, which are easily given instead."""
    kind, given = type(jobs).__name__, cast("Any", jobs)
    if hasattr(given, "__iter__") and not isinstance(given, (str, bytes, dict)):
        return jobs
    raise WrongUseError(
        f"`jobs` is a `{kind}`: a list of `SyncPolicyReq` is needed, such as"
        ' [SyncPolicyReq(job_id="...")]'
    )


def shield(options: dict[str, Any]) -> None:
    """Puts a token among the options of a client where no traceback shows it."""
    if "auth" in options:
        options["auth"] = shielded(options["auth"])


def _as_auth(
    auth: httpx.Auth | Secret | Callable[[], str], *, project_id: str, base_url: str
) -> httpx.Auth:
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
