"""Logging in to IAM with a password, once for all who need a token."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from copy import copy
from datetime import UTC, datetime
from typing import Self

import httpx

from drs_sync_policy.client.credentials.async_login import async_flow
from drs_sync_policy.client.credentials.auth import SyncFlow
from drs_sync_policy.client.credentials.login import Login, iam_url_for, login_request
from drs_sync_policy.client.credentials.secret import Secret, usable, usable_text
from drs_sync_policy.client.credentials.sync_login import sync_flow

AsyncFlow = AsyncGenerator[httpx.Request, httpx.Response]


class PasswordAuth(httpx.Auth):
    """Logs in to IAM with a user's password, and sends the token that IAM returns.

    The first request logs in, once for all threads, tasks and clients of the same project. The
    token is renewed five minutes before it expires, and once after a 401 of the service.
    Source: the vendor's page "Authentication", `POST /v3/auth/tokens`.

    Args:
        username: The IAM user.
        password: The user's password.
        domain: The account (domain) of the user.
        project_id: The project that the token is for; a client adds its own.
        iam_url: The IAM server, such as `https://iam.eu-de.otc.t-systems.com`; a client of a
            region adds that of the region.
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
        self._logins: dict[tuple[str | None, str | None], Login] = {}
        self._login = self._login_for(project_id, iam_url)
        del password
        usable_text(username, "username", header=False)
        usable(self._password, "password", header=False)
        usable_text(domain, "domain", header=False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(username={self._username!r}, password=<secret>)"

    @property
    def iam_url(self) -> str | None:
        """The IAM server; None until a client adds that of its region."""
        return self._iam_url

    def bound(self, *, project_id: str, base_url: str) -> Self:
        """A copy with the project and the region of the client that uses it."""
        if self._project_id is not None and self._iam_url is not None:
            return self
        bound = copy(self)
        project = self._project_id or project_id
        iam_url = self._iam_url or iam_url_for(base_url)
        login = self._login_for(project, iam_url)
        vars(bound).update(_project_id=project, _iam_url=iam_url, _login=login)
        return bound

    def _login_for(self, project_id: str | None, iam_url: str | None) -> Login:
        # Copies of the same credentials share it, so that their clients log in once.
        return self._logins.setdefault((project_id, iam_url), Login())

    def sync_auth_flow(self, request: httpx.Request) -> SyncFlow:
        return sync_flow(request, self._login, self._login_request, self._now)

    def async_auth_flow(self, request: httpx.Request) -> AsyncFlow:
        return async_flow(request, self._login, self._login_request, self._now)

    def _login_request(self) -> httpx.Request:
        user = {"name": self._username, "domain": {"name": self._domain}}
        return login_request(self._iam_url, user, self._password, self._project_id)
