"""Clients of a wire server that log in, and the responses of such a server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from drs_sync_policy import PasswordAuth, SyncPolicyClient, SyncPolicyReq
from tests.wire import Act, Wire, says

JOBS = [SyncPolicyReq(job_id="a")]
DONE = {"count": 1, "results": [{"id": "a", "status": "success"}]}
PASSWORD = "the-password-nobody-sees"
NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
REFUSED = says(401, {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM information."})


def token(name: str, hours: float = 24.0, start: datetime = NOW) -> Act:
    expires = (start + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return says(201, {"token": {"expires_at": expires}}, {"X-Subject-Token": name})


def password(url: str, now: Callable[[], datetime] = lambda: NOW) -> PasswordAuth:
    return PasswordAuth("user", PASSWORD, "OTC-EU-DE-1", iam_url=url, now=now)


def client(server: Wire, auth: Any, **options: Any) -> SyncPolicyClient:
    options = {"retries": None, **options}
    return SyncPolicyClient(base_url=server.url, project_id="p", auth=auth, **options)


def tokens_sent(server: Wire) -> list[str]:
    return [heard.headers["x-auth-token"] for heard in server.heard]
