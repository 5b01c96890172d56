"""The bytes of the sandbox's responses to recorded requests."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from typing import Final

import msgspec

from drs_sync_policy import sandbox
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.target.asgi import Asgi, over_asgi
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy.sandbox.seed import FIRST
from tools.snapshots.files import FOLDER

REQUESTS: Final = "requests.jsonl.gz"
_MOST_REQUESTS: Final = 3000
_LONGEST_BODY: Final = 20_000
_SHOWN_BODY: Final = 2_000
_SECONDS: Final = 60.0
_LONG: Final = 32
_DIFFERING: Final = ("x-request-id",)
"""The headers whose values differ from run to run. A long one is masked where a body has it."""
_JOBS: Final = f"/_sandbox/projects/{FIRST.project_id}/jobs"
_SET: Final = (f"/v3/{FIRST.project_id}/jobs/batch-sync-policy", b'{"jobs": [{"job_id": "a"}]}')
_OWN_REQUESTS: Final[tuple[tuple[str, str, bytes | None], ...]] = (
    ("GET", "/healthz", None),
    ("POST", "/healthz", None),
    ("GET", "/_sandbox/", None),
    ("GET", "/_sandbox/nowhere", None),
    ("GET", _JOBS, None),
    ("GET", f"{_JOBS}/{FIRST.job_ids[0]}", None),
    ("GET", f"{_JOBS}/nobody", None),
    ("PUT", "/_sandbox/faults", b'{"active": ["count-off-by-one"]}'),
    ("POST", *_SET),
    ("PUT", "/_sandbox/faults", b'{"active": []}'),
    ("POST", "/_sandbox/reset", None),
    ("POST", *_SET),
    ("POST", "/v3/auth/tokens", b"{}"),
    ("POST", "/v3/auth/tokens", b'{"auth": {"identity": {"methods": ["x"]}}}'),
)
"""What the fuzzer does not send: health, console and control routes."""


def record_requests() -> str:
    """The requests of a fuzzer run with seed 1; a JSON each."""
    from drs_sync_policy.fuzz.active import run
    from drs_sync_policy.fuzz.target import profile

    recorded: list[Request] = []

    def record(exchange: Exchange) -> None:
        request = exchange.request
        if len(request.body or b"") <= _LONGEST_BODY and request not in recorded[-50:]:
            recorded.append(request)

    target = profile.parse(sandbox.target_profile("http://application"))
    with over_asgi(sandbox.create_app(), target) as wire:
        run(target, seed=1, budget=600, workers=1, wire=wire, record=record)
    step = max(1.0, len(recorded) / _MOST_REQUESTS)
    chosen = [recorded[int(at * step)] for at in range(int(len(recorded) / step))]
    return "".join(f"{msgspec.json.encode(request).decode()}\n" for request in chosen)


def sandbox_bytes() -> str:
    """The response of a fresh sandbox to each request, in order."""
    application = Asgi(sandbox.create_app())
    try:
        return "".join(
            f"{number:04} {_shown(request, application.once(request, _SECONDS))}\n"
            for number, request in enumerate(_requests(), 1)
        )
    finally:
        application.end()


def _requests() -> Iterator[Request]:
    """The recorded ones, then our own."""
    for line in gzip.decompress((FOLDER / REQUESTS).read_bytes()).splitlines():
        yield msgspec.json.decode(line, type=Request)
    for method, path, body in _OWN_REQUESTS:
        headers = (("X-Auth-Token", FIRST.token),)
        media = (("Content-Type", "application/json"),) if body is not None else ()
        yield Request(method, path, (*headers, *media), body)


def _shown(request: Request, response: Response) -> str:
    names = dict(response.headers)
    shown = response.body.decode("utf-8", "replace")
    for name in _DIFFERING:
        if len(value := names.pop(name, "")) >= _LONG:
            shown = shown.replace(value, "<request id>")
    if len(response.body) > _SHOWN_BODY or "\n" in shown:
        shown = f"sha256 {hashlib.sha256(shown.encode()).hexdigest()}"
    path = request.path.partition("?")[0][:60]
    asked = f"{request.method} {path} {hashlib.sha256(request.body or b'').hexdigest()[:8]}"
    return f"{asked} -> {response.status} {json.dumps(names, sort_keys=True)} {shown}"
