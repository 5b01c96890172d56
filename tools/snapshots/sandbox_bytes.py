"""The bytes of the sandbox's responses to recorded requests."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import unquote

from drs_sync_policy import sandbox
from tools.snapshots.files import FOLDER

REQUESTS: Final = "requests.jsonl.gz"
_MOST_REQUESTS: Final = 3000
_LONGEST_BODY: Final = 20_000
_SHOWN_BODY: Final = 2_000
_LONG: Final = 32
_DIFFERING: Final = ("x-request-id",)
"""The headers whose values differ from run to run. A long one is masked where a body has it."""


Json = dict[str, Any]


def _request(method: str, path: str, body: bytes | None = None, **headers: str) -> Json:
    tenant = sandbox.target_profile("")["target"]
    given = {"host": "application", "x-auth-token": tenant["token"], **headers}
    if body is not None:
        given |= {"content-type": "application/json", "content-length": str(len(body))}
    return {
        "method": method,
        "path": path.replace("{project}", tenant["project_id"]).replace(
            "{job}", tenant["job_ids"][0]
        ),
        "query": "",
        "headers": [[name.replace("_", "-"), value] for name, value in given.items()],
        "body": base64.b64encode(body or b"").decode(),
    }


def _own_requests() -> Iterator[Json]:
    """What the fuzzer does not send: health, console and control routes."""
    jobs = "/_sandbox/projects/{project}/jobs"
    yield _request("GET", "/healthz")
    yield _request("POST", "/healthz")
    yield _request("GET", "/_sandbox/")
    yield _request("GET", "/_sandbox/nowhere")
    yield _request("GET", jobs)
    yield _request("GET", f"{jobs}/{{job}}")
    yield _request("GET", f"{jobs}/nobody")
    yield _request("PUT", "/_sandbox/faults", b'{"active": ["count-off-by-one"]}')
    set_policy = b'{"jobs": [{"job_id": "a"}]}'
    yield _request("POST", "/v3/{project}/jobs/batch-sync-policy", set_policy)
    yield _request("PUT", "/_sandbox/faults", b'{"active": []}')
    yield _request("POST", "/_sandbox/reset")
    yield _request("POST", "/v3/{project}/jobs/batch-sync-policy", set_policy)
    yield _request("POST", "/v3/auth/tokens", b"{}")
    yield _request("POST", "/v3/auth/tokens", b'{"auth": {"identity": {"methods": ["x"]}}}')


def record_requests() -> str:
    """The requests of a fuzzer run with seed 1, as they reach the application; a JSON each."""
    from drs_sync_policy.fuzz.active import run
    from drs_sync_policy.fuzz.target import profile
    from drs_sync_policy.fuzz.target.asgi import over_asgi

    recorded: list[Json] = []
    app = sandbox.create_app()

    async def recording(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        message = await receive()
        body: bytes = message.get("body", b"")
        pending = [message]
        entry = {
            "method": scope["method"],
            "path": scope["raw_path"].decode("latin-1"),
            "query": scope["query_string"].decode("latin-1"),
            "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in scope["headers"]],
            "body": base64.b64encode(body).decode(),
        }
        if len(body) <= _LONGEST_BODY and entry not in recorded[-50:]:
            recorded.append(entry)

        async def again() -> Any:
            return pending.pop() if pending else await receive()

        await app(scope, again, send)

    target = profile.parse(sandbox.target_profile("http://application"))
    with over_asgi(recording, target) as wire:
        run(target, seed=1, budget=600, workers=1, wire=wire)
    step = max(1.0, len(recorded) / _MOST_REQUESTS)
    chosen = [recorded[int(at * step)] for at in range(int(len(recorded) / step))]
    return "".join(
        json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n" for entry in chosen
    )


def sandbox_bytes() -> str:
    """The response of a fresh sandbox to each recorded request, in order."""
    recorded = gzip.decompress((FOLDER / REQUESTS).read_bytes()).decode().splitlines()
    requests = [json.loads(line) for line in recorded] + list(_own_requests())
    return "\n".join(asyncio.run(_replay(requests))) + "\n"


async def _replay(requests: Iterable[Json]) -> list[str]:
    app = sandbox.create_app()
    async with app.router.lifespan_context(app):
        return [f"{n:04} {await _response(app, entry)}" for n, entry in enumerate(requests, 1)]


async def _response(app: Any, entry: Json) -> str:
    sent = base64.b64decode(entry["body"])
    pending = [{"type": "http.request", "body": sent, "more_body": False}]
    received: list[Json] = []

    async def receive() -> Json:
        return pending.pop() if pending else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        received.append(message)

    raw_path: str = entry["path"]
    await app(
        {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": entry["method"],
            "scheme": "http",
            "path": unquote(raw_path),
            "raw_path": raw_path.encode("latin-1"),
            "query_string": entry["query"].encode("latin-1"),
            "root_path": "",
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in entry["headers"]],
            "client": ("127.0.0.1", 1),
            "server": ("application", 80),
        },
        receive,
        send,
    )
    start, *rest = received or [{"status": 0, "headers": []}]
    names = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    random = [value for name in _DIFFERING if len(value := names.pop(name, "")) >= _LONG]
    body = b"".join(message.get("body", b"") for message in rest)
    shown = body.decode("utf-8", "replace")
    for value in random:
        shown = shown.replace(value, "<request id>")
    if len(body) > _SHOWN_BODY or "\n" in shown:
        shown = f"sha256 {hashlib.sha256(shown.encode()).hexdigest()}"
    asked = f"{entry['method']} {entry['path'][:60]} {hashlib.sha256(sent).hexdigest()[:8]}"
    return f"{asked} -> {start['status']} {json.dumps(names, sort_keys=True)} {shown}"
