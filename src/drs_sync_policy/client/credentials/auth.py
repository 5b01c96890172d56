"""Kinds of credentials, each an `httpx.Auth` for sync and async clients.

A secret is held in a `Secret`, which is not shown in a repr, a log, a pickle or the locals of a
traceback.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from copy import copy
from datetime import UTC, datetime
from typing import Final, Self

import httpx

from drs_sync_policy.client.credentials import signing
from drs_sync_policy.client.credentials.secret import Secret, usable, usable_text

TOKEN_HEADER: Final = "X-Auth-Token"  # noqa: S105 - the name of the header

SyncFlow = Generator[httpx.Request, httpx.Response, None]


class TokenAuth(httpx.Auth):
    """Sends a token that you have, or that your function returns for each request.

    A function is called for each attempt, in the thread or event loop of the request; it may
    return a new token at any time.
    """

    def __init__(self, token: str | Secret | Callable[[], str]) -> None:
        self._source = token if callable(token) else None
        self._secret = None if callable(token) else Secret(token)
        del token
        if self._secret is not None:
            usable(self._secret, "token")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'<function>' if self._source else '<secret>'})"

    def auth_flow(self, request: httpx.Request) -> SyncFlow:
        request.headers[TOKEN_HEADER] = self._current().reveal()
        yield request

    def _current(self) -> Secret:
        if self._source is not None:
            return usable(Secret(self._source()), "token")
        assert self._secret is not None  # noqa: S101 - one of the two is set
        return self._secret


Auth = httpx.Auth | str | Secret | Callable[[], str]
"""A token, a function that returns one, or one of the classes here and in `passwords`."""


def shielded(auth: Auth) -> httpx.Auth | Secret | Callable[[], str]:
    """The same, with a token wrapped so that no traceback shows it; it is not validated yet."""
    return auth if isinstance(auth, httpx.Auth) or callable(auth) else Secret(auth)


class AkSkAuth(httpx.Auth):
    """Signs each request with an access key and a secret key, and sends no token.

    The signature covers the method, the path, the body, the host, the content type, the date and
    the `X-` headers, but not `User-Agent`, which a proxy may change. The clock of this machine
    must be right to 15 minutes.

    Args:
        access_key: The AK.
        secret_key: The SK.
        security_token: The token of a temporary pair of keys.
        project_id: Sent as `X-Project-Id`; a client adds its own.
        now: The clock, for tests.

    Examples:
        >>> from drs_sync_policy import AkSkAuth, SyncPolicyClient, SyncPolicyReq, sandbox
        >>> with sandbox.running() as server:
        ...     one = server.tenants[0]
        ...     keys = AkSkAuth(one.access_key, one.secret_key)
        ...     with SyncPolicyClient(
        ...         base_url=server.url, project_id=one.project_id, auth=keys
        ...     ) as drs:
        ...         outcome = drs.set_policies([SyncPolicyReq(job_id=one.job_ids[0])])
        >>> outcome.ok
        True
    """

    requires_request_body = True

    def __init__(
        self,
        access_key: str,
        secret_key: str | Secret,
        *,
        security_token: str | Secret | None = None,
        project_id: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._access_key = access_key
        self._secret_key = Secret(secret_key)
        self._security_token = Secret(security_token) if security_token else None
        self._project_id = project_id
        self._now = now
        del secret_key, security_token
        usable_text(access_key, "access_key")
        usable(self._secret_key, "secret_key")
        if self._security_token:
            usable(self._security_token, "security_token")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(access_key={self._access_key!r}, secret_key=<secret>)"

    def bound(self, *, project_id: str, base_url: str) -> Self:
        """A copy with the project of the client that uses it."""
        if self._project_id is not None:
            return self
        bound = copy(self)
        vars(bound)["_project_id"] = project_id
        return bound

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
