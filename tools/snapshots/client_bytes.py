"""The bytes of the client's requests."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import httpx

import drs_sync_policy as drs
from tools.snapshots.files import as_json

Json = dict[str, Any]

_NOW: Final = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
_PROJECT: Final = "054ba152d480d55b2f5dc0069e7ddef0"
_JOBS: Final = {
    "a single job": [drs.SyncPolicyReq(job_id="a", conflict_policy="ignore")],
    "every kind of field": [
        drs.SyncPolicyReq(
            job_id='é/"\\ \U0001f600',
            conflict_policy="overwrite",
            filter_ddl_policy="drop_database",
            ddl_trans=True,
            index_trans=False,
            slot_name="",
            gtid_set="x:1-5",
        )
    ],
    "fields left out": [drs.SyncPolicyReq(job_id="a")],
    "25 jobs, 10 in a request": [drs.SyncPolicyReq(job_id=f"job-{n}") for n in range(25)],
    "the same job twice": [drs.SyncPolicyReq(job_id="a", ddl_trans=each) for each in (True, False)],
}
_LANGUAGES: Final = (None, "en-us", "zh-cn")


def _auths() -> dict[str, Callable[[], Any]]:
    def password() -> drs.PasswordAuth:
        return drs.PasswordAuth(
            "user", "made-up", "domain", iam_url="https://iam.example.invalid", now=lambda: _NOW
        )

    def keys(**more: Any) -> drs.AkSkAuth:
        return drs.AkSkAuth("AKEXAMPLE", "SKEXAMPLE", now=lambda: _NOW, **more)

    return {
        "a token": lambda: drs.TokenAuth("made-up-token"),
        "AK/SK": keys,
        # A made-up token.
        "AK/SK, temporary": lambda: keys(security_token="made-up"),  # noqa: S106
        "a password": password,
    }


def client_bytes() -> str:
    """Every request that the clients send: line, headers and body."""
    sent: dict[str, Any] = {}
    for auth_name, auth in _auths().items():
        for jobs_name, jobs in _JOBS.items():
            for language in _LANGUAGES if jobs_name == "a single job" else (None,):
                both = _sent(auth, jobs, language), asyncio.run(_sent_async(auth, jobs, language))
                key = f"{auth_name}; {jobs_name}; language {language}"
                sent[key] = both[0] if both[0] == both[1] else {"sync": both[0], "async": both[1]}
    sent["over a real connection, sync"] = _over_a_socket(_set_sync)
    sent["over a real connection, async"] = _over_a_socket(_set_async)
    return as_json(sent)


def options(auth: Callable[[], Any], language: Any = None) -> Json:
    """What a client is made with, in addition to its transport."""
    return {
        "project_id": _PROJECT,
        "auth": auth(),
        "base_url": "https://drs.example.invalid",
        "edition": "huawei-cloud",
        "language": language,
        "batches": drs.Batches(jobs=10, concurrency=1),
        "retries": None,
    }


def _sent(auth: Callable[[], Any], jobs: list[Any], language: Any) -> list[Json]:
    heard: list[Json] = []
    with httpx.Client(transport=httpx.MockTransport(_carrying_out(heard))) as mine:
        drs.SyncPolicyClient(**options(auth, language), http_client=mine).set_policies(jobs)
    return heard


async def _sent_async(auth: Callable[[], Any], jobs: list[Any], language: Any) -> list[Json]:
    heard: list[Json] = []
    async with httpx.AsyncClient(transport=httpx.MockTransport(_carrying_out(heard))) as mine:
        client = drs.AsyncSyncPolicyClient(**options(auth, language), http_client=mine)
        await client.set_policies(jobs)
    return heard


def _carrying_out(heard: list[Json]) -> Callable[[httpx.Request], httpx.Response]:
    def carry_out(request: httpx.Request) -> httpx.Response:
        content = request.content
        headers = {k: _masked(v) for k, v in sorted(request.headers.items())}
        heard.append(
            {
                "request": f"{request.method} {request.url}",
                "headers": headers,
                "body": content.decode(),
            }
        )
        if request.url.path.endswith("/auth/tokens"):
            return httpx.Response(201, headers={"X-Subject-Token": "made-up-token"}, json={})
        return httpx.Response(200, content=_success(content))

    return carry_out


def _success(content: bytes) -> bytes:
    jobs = [job["job_id"] for job in json.loads(content)["jobs"]]
    results = [{"id": job, "status": "success"} for job in jobs]
    return json.dumps({"results": results, "count": len(results)}).encode()


def _masked(text: str) -> str:
    """Without releases, the version of the contract, and ports."""
    text = re.sub(r"(/|\(|contract )\d+\.\d+[\w.+-]*", r"\1<release>", text)
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>", text)


def _set_sync(url: str) -> None:
    with drs.SyncPolicyClient(base_url=url, project_id=_PROJECT, auth="made-up-token") as client:
        client.set_policies(_JOBS["a single job"])


def _set_async(url: str) -> None:
    async def call() -> None:
        async with drs.AsyncSyncPolicyClient(
            base_url=url, project_id=_PROJECT, auth="made-up-token"
        ) as client:
            await client.set_policies(_JOBS["a single job"])

    asyncio.run(call())


def _over_a_socket(call: Callable[[str], None]) -> str:
    """The raw bytes of one request to a loopback server."""
    heard = bytearray()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while b"\r\n\r\n" not in heard or not heard.endswith(b"}]}"):
                heard.extend(connection.recv(65536))
            body = _success(bytes(heard).partition(b"\r\n\r\n")[2])
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode() + body)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        call(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    return _masked(heard.decode())
