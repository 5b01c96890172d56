"""What the client makes of responses, and of connections that break."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import httpx

import drs_sync_policy as drs
from tools.snapshots.client_bytes import options

_BODIES: Final[Mapping[str, bytes]] = {
    "an error": b'{"error_code": "DRS.M00304", "error_msg": "m", "request_id": "r"}',
    "an unknown code": b'{"error_code": "X.1", "error_msg": "m"}',
    "an error by IAM": b'{"error": {"code": 401, "message": "m"}}',
    "success": b'{"results": [{"id": "a", "status": "success"}], "count": 1}',
    "failure": (
        b'{"results": [{"id": "a", "status": "failed", "error_code": "DRS.M00304",'
        b' "error_msg": "m"}], "count": 1}'
    ),
    "a wrong count": b'{"results": [{"id": "a", "status": "success"}], "count": 2}',
    "another job": b'{"results": [{"id": "b", "status": "success"}], "count": 1}',
    "an unknown status": b'{"results": [{"id": "a", "status": "odd"}], "count": 1}',
    "too often": b'{"error_code": "DRS.M01503", "error_msg": "m"}',
    "no JSON": b"<html>",
    "nothing": b"",
}
_STATUSES: Final = (
    200, 201, 202, 204, 302, 400, 401, 403, 404, 405, 409, 413, 414, 415, 418, 422, 429, 431, 494,
    500, 501, 502, 503, 504,
)  # fmt: skip
_CONNECTION_ERRORS: Final = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadError, httpx.ReadTimeout,
    httpx.WriteError, httpx.WriteTimeout, httpx.PoolTimeout, httpx.RemoteProtocolError,
    httpx.ProxyError, httpx.UnsupportedProtocol, httpx.DecodingError, httpx.TooManyRedirects,
)  # fmt: skip
_ATTRIBUTES: Final = (
    "status", "code", "message", "request_id", "retry_after", "attempts",
    "perhaps_acted", "phase",
)  # fmt: skip


def client_errors() -> str:
    """What the client makes of each response and each connection error."""
    retries = {"once": None, "twice": drs.Retries(attempts=2, first_wait=0.0)}
    found: dict[str, Any] = {}
    for name, policy in retries.items():
        for status in _STATUSES:
            for body_name, body in _BODIES.items():
                headers = {"X-Request-Id": "q"} | ({"Retry-After": "0"} if status == 429 else {})
                response = httpx.Response(status, content=body, headers=headers)
                found[f"tried {name}: {status} with {body_name}"] = _became(response, policy)
        for error in _CONNECTION_ERRORS:
            found[f"tried {name}: {error.__name__}"] = _became(error("made up"), policy)
    return json.dumps(found, ensure_ascii=False, indent=0, sort_keys=True) + "\n"


def _became(given: httpx.Response | Exception, retries: drs.Retries | None) -> str:
    def respond(_: httpx.Request) -> httpx.Response:
        if isinstance(given, Exception):
            raise given
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    record = drs.Outcome()
    facts: list[str] = []
    chosen = {**options(lambda: "made-up-token"), "retries": retries}
    with httpx.Client(transport=httpx.MockTransport(respond)) as mine:
        client = drs.SyncPolicyClient(**chosen, http_client=mine)
        try:
            client.set_policies([drs.SyncPolicyReq(job_id="a")], record=record)
        except drs.DrsError as error:
            facts.append(type(error).__name__)
            facts += [f"{n}={getattr(error, n)!r}" for n in _ATTRIBUTES if hasattr(error, n)]
    states = [str(job.state) + (f" {job.error_code}" if job.error_code else "") for job in record]
    return " ".join([*facts, f"jobs={states}"])
