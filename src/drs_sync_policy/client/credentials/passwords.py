"""Logging in to IAM with a password, once for all who call, and again in time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from copy import copy
from datetime import UTC, datetime, timedelta
from threading import TIMEOUT_MAX, Lock
from time import monotonic
from typing import Any, Final, Self

import httpx
import msgspec
from attrs import define, field

from drs_sync_policy.client.credentials.auth import TOKEN_HEADER, SyncFlow
from drs_sync_policy.client.credentials.secret import Secret, usable, usable_text
from drs_sync_policy.client.errors import WrongUseError
from drs_sync_policy.client.network.deadlines import Within

REFRESH_BEFORE: Final = timedelta(minutes=5)
"""A token is renewed this long before it expires."""

_LIFE: Final = timedelta(hours=24)
_POLL_SECONDS: Final = 0.01

_LOGIN: Final = "drs_login"

AsyncFlow = AsyncGenerator[httpx.Request, httpx.Response]


def is_login(request: httpx.Request) -> bool:
    """Whether a request is one of `PasswordAuth` to IAM, with the password in its body."""
    return _LOGIN in request.extensions


@define
class _Login:
    """The token for one project, and who may renew it."""

    lock: Lock = field(factory=Lock)
    token: Secret | None = None
    renew_at: datetime | None = None


class PasswordAuth(httpx.Auth):
    """Logs in to IAM with a user's password, and sends the token that it gets.

    The first call logs in, once, however many threads, tasks and clients of the same project call
    at the same time; a token is renewed five minutes before it expires, and once when the service
    says 401.
    Source: the vendor's page "Authentication", `POST /v3/auth/tokens`.

    Args:
        username: The IAM user.
        password: The user's password.
        domain: The account (domain) of the user.
        project_id: The project that the token is for; a client fills in its own.
        iam_url: The IAM server, such as `https://iam.eu-de.otc.t-systems.com`; a client of a
            region fills in that of the region.
        now: The clock, for tests.

    Examples:
        >>> from drs_sync_policy import PasswordAuth, SyncPolicyClient, SyncPolicyReq, sandbox
        >>> with sandbox.running() as server:
        ...     one = server.tenants[0]
        ...     login = PasswordAuth(one.user, one.password, one.domain, iam_url=server.url)
        ...     with SyncPolicyClient(
        ...         base_url=server.url, project_id=one.project_id, auth=login
        ...     ) as drs:
        ...         outcome = drs.set_policies([SyncPolicyReq(job_id=one.job_ids[0])])
        >>> outcome.ok, one.password in repr(login)
        (True, False)
    """

    def __init__(
        self,
        username: str,
        password: str | Secret,
        domain: str,
        *,
        project_id: str | None = None,
        iam_url: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._username = username
        self._password = Secret(password)
        self._domain = domain
        self._project_id = project_id
        self._iam_url = iam_url
        self._now = now
        self._logins: dict[tuple[str | None, str | None], _Login] = {}
        self._login = self._login_for(project_id, iam_url)
        del password
        usable_text(username, "username", header=False)
        usable(self._password, "password", header=False)
        usable_text(domain, "domain", header=False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(username={self._username!r}, password=<secret>)"

    def bound(self, *, project_id: str, base_url: str) -> Self:
        """This, with the project and the region of the client that uses it."""
        if self._project_id is not None and self._iam_url is not None:
            return self
        bound = copy(self)
        project = self._project_id or project_id
        iam_url = self._iam_url or iam_url_for(base_url)
        login = self._login_for(project, iam_url)
        vars(bound).update(_project_id=project, _iam_url=iam_url, _login=login)
        return bound

    def _login_for(self, project_id: str | None, iam_url: str | None) -> _Login:
        # Copies of the same credentials share it, and so their clients log in once.
        return self._logins.setdefault((project_id, iam_url), _Login())

    def sync_auth_flow(self, request: httpx.Request) -> SyncFlow:
        used = self._fresh()
        if used is None:
            self._acquire(request)
            try:
                used = self._fresh()
                if used is None:
                    answer = yield self._login_request()
                    answer.read()  # a flow of its own gets it unread from httpx
                    used = self._log_in(answer)
            finally:
                self._login.lock.release()
        request.headers[TOKEN_HEADER] = used.reveal()
        response = yield request
        if response.status_code != 401:
            return
        self._acquire(request)
        try:
            if self._login.token is used:
                answer = yield self._login_request()
                answer.read()
                self._log_in(answer)
            renewed = self._login.token
        finally:
            self._login.lock.release()
        if renewed is not None:
            request.headers[TOKEN_HEADER] = renewed.reveal()
            yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncFlow:
        used = self._fresh()
        if used is None:
            await self._acquire_async(request)
            try:
                used = self._fresh()
                if used is None:
                    answer = yield self._login_request()
                    await answer.aread()
                    used = self._log_in(answer)
            finally:
                self._login.lock.release()
        request.headers[TOKEN_HEADER] = used.reveal()
        response = yield request
        if response.status_code != 401:
            return
        await self._acquire_async(request)
        try:
            if self._login.token is used:
                answer = yield self._login_request()
                await answer.aread()
                self._log_in(answer)
            renewed = self._login.token
        finally:
            self._login.lock.release()
        if renewed is not None:
            request.headers[TOKEN_HEADER] = renewed.reveal()
            yield request

    def _acquire(self, request: httpx.Request) -> None:
        if not self._login.lock.acquire(timeout=_time_left(request)):
            raise _no_turn(request)

    async def _acquire_async(self, request: httpx.Request) -> None:
        # One lock for threads and for the tasks of any event loop: a lock of a loop serves only
        # that loop. It is held for one login, so that waiting by turns costs next to nothing.
        import anyio

        while not self._login.lock.acquire(blocking=False):
            if _time_left(request) <= 0.0:
                raise _no_turn(request)
            await anyio.sleep(_POLL_SECONDS)

    def _fresh(self) -> Secret | None:
        renew_at = self._login.renew_at
        return self._login.token if renew_at is not None and self._now() < renew_at else None

    def _login_request(self) -> httpx.Request:
        if self._iam_url is None:
            raise WrongUseError("the IAM server is not known: give `iam_url` to `PasswordAuth`")
        return httpx.Request(
            "POST",
            _login_url(self._iam_url),
            headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
            content=self._login_body(),
            extensions={_LOGIN: True},
        )

    def _login_body(self) -> bytes:
        user = {"name": self._username, "domain": {"name": self._domain}}
        password = {"user": {**user, "password": self._password.reveal()}}
        scope = {"project": {"id": self._project_id}} if self._project_id else {}
        identity = {"methods": ["password"], "password": password}
        auth = {"identity": identity} | ({"scope": scope} if scope else {})
        return msgspec.json.encode({"auth": auth})

    def _log_in(self, response: httpx.Response) -> Secret:
        """Keeps the token of a login; raises `LoginFailed` where there is none in it."""
        token = Secret(response.headers.get("x-subject-token", ""))
        if response.status_code not in (200, 201) or token.flaw():
            raise LoginFailed(response)
        now = self._now()
        expires = _expiry(response.content, now)
        self._login.token = token
        self._login.renew_at = expires - REFRESH_BEFORE if expires > now else now
        return token


class LoginFailed(Exception):  # noqa: N818 - becomes a DrsError before anyone sees it
    """IAM gave no token; the client turns this into a `RefusedError` or `OutsideContractError`."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"IAM answered with status {response.status_code} and no token")
        self.response = response


def _login_url(iam_url: str) -> httpx.URL:
    with suppress(httpx.InvalidURL):
        return httpx.URL(iam_url.rstrip("/") + "/v3/auth/tokens")
    raise WrongUseError("`iam_url` is no URL such as 'https://iam.eu-de.otc.t-systems.com'")


def _time_left(request: httpx.Request) -> float:
    """The seconds until the end that a request knows; a client of yours may give it none."""
    timeouts: Any = request.extensions.get("timeout") or {}
    timeout = timeouts.get("connect")
    return max(0.0, timeout.until - monotonic()) if isinstance(timeout, Within) else TIMEOUT_MAX


def _no_turn(request: httpx.Request) -> httpx.PoolTimeout:
    return httpx.PoolTimeout("another call is still logging in", request=request)


class _Token(msgspec.Struct):
    expires_at: datetime


class _TokenAnswer(msgspec.Struct):
    token: _Token


def _expiry(content: bytes, now: datetime) -> datetime:
    """The `token.expires_at` of IAM's answer, or 24 hours from now."""
    try:
        expires = msgspec.json.decode(content, type=_TokenAnswer).token.expires_at
    except (ValueError, RecursionError):
        return now + _LIFE
    return expires if expires.tzinfo else expires.replace(tzinfo=UTC)


def iam_url_for(base_url: str) -> str | None:
    """The IAM server beside a DRS server of the vendor, None for another server."""
    url = httpx.URL(base_url)
    if url.host.startswith("drs."):
        return f"{url.scheme}://iam.{url.host.removeprefix('drs.')}"
    return None
