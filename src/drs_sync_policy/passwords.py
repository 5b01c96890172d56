"""Logging in to IAM with a password, once for all who call, and again in time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

import httpx
import msgspec

from drs_sync_policy.auth import TOKEN_HEADER, SyncFlow
from drs_sync_policy.errors import WrongUseError
from drs_sync_policy.secret import Secret, usable

REFRESH_BEFORE: Final = timedelta(minutes=5)
"""A token is renewed this long before it expires."""

_LIFE: Final = timedelta(hours=24)
_POLL_SECONDS: Final = 0.01

AsyncFlow = AsyncGenerator[httpx.Request, httpx.Response]


class PasswordAuth(httpx.Auth):
    """Logs in to IAM with a user's password, and sends the token that it gets.

    The first call logs in, once, however many threads and tasks call at the same time; a token is
    renewed five minutes before it expires, and once when the service says 401.
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

    requires_response_body = True

    def __init__(
        self,
        username: str,
        password: str,
        domain: str,
        *,
        project_id: str | None = None,
        iam_url: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._username = usable(username, "username", header=False)
        self._password = Secret(usable(password, "password", header=False))
        self._domain = usable(domain, "domain", header=False)
        self._project_id = project_id
        self._iam_url = iam_url
        self._now = now
        self._lock = Lock()
        self._token: Secret | None = None
        self._renew_at = now()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(username={self._username!r}, password=<secret>)"

    def bound(self, *, project_id: str, base_url: str) -> PasswordAuth:
        """This, with the project and the region of the client that uses it."""
        iam_url = self._iam_url or iam_url_for(base_url)
        if self._project_id is not None and self._iam_url is not None:
            return self
        copy = PasswordAuth.__new__(PasswordAuth)
        project = self._project_id or project_id
        copy.__dict__.update(self.__dict__, _project_id=project, _iam_url=iam_url, _lock=Lock())
        return copy

    def sync_auth_flow(self, request: httpx.Request) -> SyncFlow:
        used = self._fresh()
        if used is None:
            with self._lock:
                used = self._fresh()
                if used is None:
                    used = self._log_in((yield self._login_request()))
        request.headers[TOKEN_HEADER] = used.reveal()
        response = yield request
        if response.status_code != 401:
            return
        with self._lock:
            if self._token is used:
                self._log_in((yield self._login_request()))
            renewed = self._token
        if renewed is not None:
            request.headers[TOKEN_HEADER] = renewed.reveal()
            yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncFlow:
        used = self._fresh()
        if used is None:
            await self._acquire()
            try:
                used = self._fresh()
                if used is None:
                    used = self._log_in((yield self._login_request()))
            finally:
                self._lock.release()
        request.headers[TOKEN_HEADER] = used.reveal()
        response = yield request
        if response.status_code != 401:
            return
        await self._acquire()
        try:
            if self._token is used:
                self._log_in((yield self._login_request()))
            renewed = self._token
        finally:
            self._lock.release()
        if renewed is not None:
            request.headers[TOKEN_HEADER] = renewed.reveal()
            yield request

    async def _acquire(self) -> None:
        # One lock for threads and for the tasks of any event loop: a lock of a loop serves only
        # that loop. It is held for one login, so that waiting by turns costs next to nothing.
        import anyio

        while not self._lock.acquire(blocking=False):  # noqa: ASYNC110
            await anyio.sleep(_POLL_SECONDS)

    def _fresh(self) -> Secret | None:
        return self._token if self._now() < self._renew_at else None

    def _login_request(self) -> httpx.Request:
        if self._iam_url is None:
            raise WrongUseError("the IAM server is not known: give `iam_url` to `PasswordAuth`")
        url = httpx.URL(self._iam_url.rstrip("/") + "/v3/auth/tokens")
        return httpx.Request(
            "POST",
            url,
            headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
            content=self._login_body(),
            extensions={"drs_login": True},
        )

    def _login_body(self) -> bytes:
        user = {"name": self._username, "domain": {"name": self._domain}}
        password = {"user": {**user, "password": self._password.reveal()}}
        scope = {"project": {"id": self._project_id}} if self._project_id else {}
        identity = {"methods": ["password"], "password": password}
        auth = {"identity": identity} | ({"scope": scope} if scope else {})
        return msgspec.json.encode({"auth": auth})

    def _log_in(self, response: httpx.Response) -> Secret:
        """Keeps the token of a login; raises `LoginAnswer` where there is none in it."""
        token = response.headers.get("x-subject-token")
        if response.status_code not in (200, 201) or not token:
            raise LoginFailed(response)
        self._token = Secret(token)
        self._renew_at = _expiry(response.content, self._now()) - REFRESH_BEFORE
        return self._token


class LoginFailed(Exception):  # noqa: N818 - becomes a DrsError before anyone sees it
    """IAM gave no token; the client turns this into a `RefusedError` or `OutsideContractError`."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"IAM answered with status {response.status_code} and no token")
        self.response = response


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
