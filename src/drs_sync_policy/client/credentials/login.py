"""Tokens from IAM: the request of a login, what it returns, and who may renew it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import TIMEOUT_MAX, Lock
from time import monotonic
from typing import Any, Final

import httpx
import msgspec
from attrs import define, field

from drs_sync_policy.client import forks
from drs_sync_policy.client.credentials.secret import Secret
from drs_sync_policy.client.timeouts import DeadlineTimeout
from drs_sync_policy.runtime.errors import WrongUseError
from drs_sync_policy.runtime.redaction import long_enough, secrets_sent

REFRESH_BEFORE: Final = timedelta(minutes=5)
"""A token is renewed this long before it expires."""

_LIFETIME: Final = timedelta(hours=24)
_MARK: Final = "drs_login"


class LoginFailed(Exception):
    """IAM gave no token; the client raises its own error instead."""

    def __init__(self, response: httpx.Response) -> None:
        host = host_of(response.request)
        super().__init__(f"{host} responded with status {response.status_code} and without a token")
        self.response = response


@define(eq=False)
class Login:
    """The token for one project, and the lock of those who may renew it."""

    lock: Lock = field(factory=Lock)
    token: Secret | None = None
    renew_at: datetime | None = None

    def __attrs_post_init__(self) -> None:
        forks.watch(self)

    def after_fork(self) -> None:
        """Another thread of the parent may have held the lock."""
        self.lock = Lock()

    def fresh(self, now: datetime) -> Secret | None:
        """The token, unless it must be renewed."""
        return self.token if self.renew_at is not None and now < self.renew_at else None

    def keep(self, response: httpx.Response, now: Callable[[], datetime]) -> Secret:
        """The token of a response, which is kept; raises `LoginFailed` if it has none."""
        token = Secret(response.headers.get("x-subject-token", ""))
        if response.status_code not in (200, 201) or token.flaw():
            raise LoginFailed(response)
        moment = now()
        expires = _expiry(response.content, moment)
        self.token = token
        self.renew_at = expires - REFRESH_BEFORE if expires > moment else moment
        return token


def host_of(request: httpx.Request) -> str:
    """The host of a request, with its port if it names one."""
    return request.url.netloc.decode("ascii")


def is_login(request: httpx.Request) -> bool:
    """Whether a request is a login, with the password in its body."""
    return _MARK in request.extensions


def secrets_in(request: httpx.Request) -> list[bytes]:
    """The texts by which a response may quote the credentials of its request."""
    secrets = secrets_sent(request.headers.raw)
    password: Secret | None = request.extensions.get(_MARK)
    if password is not None:
        text = password.reveal()
        secrets += long_enough([text.encode(), msgspec.json.encode(text)[1:-1]])
    return secrets


def login_request(
    iam_url: str | None, user: dict[str, Any], password: Secret, project_id: str | None
) -> httpx.Request:
    """The request for a token of a project; `POST /v3/auth/tokens`."""
    if iam_url is None:
        raise WrongUseError("the IAM server is not known: give `iam_url` to `PasswordAuth`")
    return httpx.Request(
        "POST",
        _login_url(iam_url),
        headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
        content=_body(user, password, project_id),
        extensions={_MARK: password},
    )


def _body(user: dict[str, Any], password: Secret, project_id: str | None) -> bytes:
    credentials = {"user": {**user, "password": password.reveal()}}
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": credentials}}
    if project_id:
        auth["scope"] = {"project": {"id": project_id}}
    return msgspec.json.encode({"auth": auth})


def _login_url(iam_url: str) -> httpx.URL:
    with suppress(httpx.InvalidURL):
        return httpx.URL(iam_url.rstrip("/") + "/v3/auth/tokens")
    raise WrongUseError("`iam_url` must be a URL such as 'https://iam.eu-de.otc.t-systems.com'")


def time_left(request: httpx.Request) -> float:
    """The seconds until the deadline of a request; a user's own client may give it none."""
    timeouts: Any = request.extensions.get("timeout") or {}
    timeout = timeouts.get("connect")
    if not isinstance(timeout, DeadlineTimeout):
        return TIMEOUT_MAX
    return max(0.0, timeout.until - monotonic())


def no_turn(login: httpx.Request) -> httpx.PoolTimeout:
    """The error for a request that waited too long while another sent this `login`."""
    return httpx.PoolTimeout("another request is still logging in", request=login)


class _Token(msgspec.Struct):
    expires_at: datetime


class _TokenBody(msgspec.Struct):
    token: _Token


def _expiry(content: bytes, now: datetime) -> datetime:
    """The `token.expires_at` of IAM's response, or 24 hours from now."""
    try:
        expires = msgspec.json.decode(content, type=_TokenBody).token.expires_at
    except (ValueError, RecursionError):
        return now + _LIFETIME
    return expires if expires.tzinfo else expires.replace(tzinfo=UTC)


def iam_url_for(base_url: str) -> str | None:
    """The IAM server of the vendor's region; None for another server."""
    url = httpx.URL(base_url)
    if url.host.startswith("drs."):
        return f"{url.scheme}://iam.{url.host.removeprefix('drs.')}"
    return None
