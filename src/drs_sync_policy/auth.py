"""The ways to be let in, each an `httpx.Auth` that serves sync and async clients alike.

A secret is held in a `Secret`, which shows itself nowhere: not in a repr, a log, a pickle or the
locals of a traceback.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Final, NoReturn, Self

import httpx
import msgspec

from drs_sync_policy import signing
from drs_sync_policy.errors import WrongUseError

TOKEN_HEADER: Final = "X-Auth-Token"  # noqa: S105 - the name of the header
REFRESH_BEFORE: Final = timedelta(minutes=5)
"""A token is renewed this long before it expires."""

_LIFE: Final = timedelta(hours=24)
_POLL_SECONDS: Final = 0.01

SyncFlow = Generator[httpx.Request, httpx.Response, None]
AsyncFlow = AsyncGenerator[httpx.Request, httpx.Response]


class Secret:
    """A text that shows itself only where it is asked to."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; do not keep it in a local variable, which a traceback may show."""
        return self._text

    def __repr__(self) -> str:
        return "<secret>"

    def __deepcopy__(self, _: Any) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled; make the credentials anew where they are needed")


class TokenAuth(httpx.Auth):
    """Sends a token that you have, or that your function returns for each request.

    A function is called for each attempt, in the thread or event loop of the call; it may return
    a new token at any time.
    """

    def __init__(self, token: str | Callable[[], str]) -> None:
        self._secret = None if callable(token) else Secret(_usable(token, "token"))
        self._source = token if callable(token) else None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'<function>' if self._source else '<secret>'})"

    def auth_flow(self, request: httpx.Request) -> SyncFlow:
        request.headers[TOKEN_HEADER] = self._current().reveal()
        yield request

    def _current(self) -> Secret:
        if self._source is not None:
            return Secret(_usable(self._source(), "token"))
        assert self._secret is not None  # noqa: S101 - one of the two is set
        return self._secret


class AkSkAuth(httpx.Auth):
    """Signs each request with an access key and a secret key, and sends no token.

    Signed are the method, the path, the body, the host, the content type, the date and the
    `X-` headers, but not `User-Agent`, which a proxy may change. The clock of this machine must
    be right to 15 minutes.

    Args:
        access_key: The AK.
        secret_key: The SK.
        security_token: What comes with a temporary pair of keys.
        project_id: Sent as `X-Project-Id`; a client fills in its own.
        now: The clock, for tests.
    """

    requires_request_body = True

    def __init__(
        self,
        access_key: str,
        secret_key: str,
        *,
        security_token: str | None = None,
        project_id: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._access_key = _usable(access_key, "access_key")
        self._secret_key = Secret(_usable(secret_key, "secret_key"))
        self._security_token = Secret(security_token) if security_token else None
        self._project_id = project_id
        self._now = now

    def __repr__(self) -> str:
        return f"{type(self).__name__}(access_key={self._access_key!r}, secret_key=<secret>)"

    def bound(self, *, project_id: str, base_url: str) -> AkSkAuth:
        """This, with the project of the client that uses it."""
        if self._project_id is not None:
            return self
        copy = AkSkAuth.__new__(AkSkAuth)
        copy.__dict__.update(self.__dict__, _project_id=project_id)
        return copy

    def auth_flow(self, request: httpx.Request) -> SyncFlow:
        headers = request.headers
        headers[signing.DATE_HEADER] = signing.sdk_date(self._now())
        if self._project_id:
            headers["X-Project-Id"] = self._project_id
        if self._security_token:
            headers["X-Security-Token"] = self._security_token.reveal()
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        headers["Authorization"] = signing.authorization(
            self._access_key,
            self._secret_key.reveal(),
            method=request.method,
            path=path,
            query=query,
            headers={
                name: value
                for name, value in headers.items()
                if name in ("host", "content-type") or name.startswith("x-")
            },
            body=request.content,
        )
        yield request


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
        self._username = _usable(username, "username", header=False)
        self._password = Secret(_usable(password, "password", header=False))
        self._domain = _usable(domain, "domain", header=False)
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


def _usable(text: Any, name: str, *, header: bool = True) -> str:
    """A credential that can be sent; the text of the error does not have it."""
    if not isinstance(text, str) or not text:
        raise WrongUseError(f"`{name}` is missing or empty")
    if header and not (text.isascii() and text.isprintable() and text == text.strip()):
        raise WrongUseError(
            f"`{name}` has spaces, line ends or non-ASCII characters, which no header may have"
        )
    return text
