"""Servers unlike our sandbox that keep the contract, too: the fuzzer has to be fair to them.

One small server over `http.server`, whose habits are set by `Habits`. It shares no code with the
sandbox or the fuzzer.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import re
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from attrs import evolve, field, frozen

from drs_sync_policy import contract
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.connection import over_http
from drs_sync_policy.fuzz.target.http import Request, Response, Wire
from drs_sync_policy.fuzz.target.profile import Readback, Target
from drs_sync_policy.fuzz.traffic.offline import NoWire
from tests.fuzz.validity import FIELDS, is_valid, loads

OWN, OTHER = "a1" * 16, "b2" * 16
TOKENS = {"Tok-One-0123456789": OWN, "Tok-Two-9876543210": OTHER}
JOBS = {OWN: ("job-a", "job-b", "job-c"), OTHER: ("job-x", "job-y")}
BLOCKED = {OWN: ("job-busy",), OTHER: ()}

_ROUTE = re.compile(r"/v3/([^/]*)/jobs/batch-sync-policy")
_READ = re.compile(r"/stored/([^/]+)/([^/]+)")


@frozen
class Habits:
    """How a server differs from ours, every way of it allowed by the contract."""

    invalid_body: int = 400
    malformed_body: int = 400
    bad_token: tuple[int, ...] = (401,)
    """Of several statuses, one is chosen at random; so of `bad_project`."""
    bad_project: tuple[int, ...] = (400,)
    other_method: int = 405
    texts: dict[str, tuple[str, str]] = field(
        factory=lambda: {
            "unknown": ("Nope: no job {id} at {place}", "没有任务 {id}（{place}）"),
            "busy": ("Busy", "任务忙"),
            "request": ("That request is wrong", "请求有误"),
        }
    )
    codes: dict[str, str] = field(factory=lambda: {"unknown": "E1", "busy": "E2", "request": "E3"})
    """Of several codes, one is chosen at random."""
    request_id: bool = False
    readback: bool = True
    second_tenant: bool = True
    blocked: bool = True
    seconds: float = 0.0
    requests_per_connection: int = 0
    requests_per_second: int = 0
    retry_after: str | None = "1"
    limit: int = 12_582_912
    http10: bool = False
    hints: int = 0
    """How many responses of 103 come before each."""
    prefix: str = ""
    cleans_paths: bool = False
    more_jobs: tuple[str, ...] = ()
    """Jobs of the first project that the profile does not name."""
    unavailable_every: int = 0
    content_type: str = "application/json; charset=utf-8"
    varies: int = 1
    """How many texts each message has; one of them is chosen at random."""
    compresses: bool = False
    """Whether it compresses for a client that accepts it."""


class Server(ThreadingHTTPServer):
    """The server with its state."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, habits: Habits, handler: type[Handler] | None = None) -> None:
        self.habits = habits
        self.lock = threading.RLock()
        self.stored: dict[str, dict[str, Any]] = {}
        self.window = (0, 0)
        self.requests = 0
        self.hung = threading.Event()
        super().__init__(("127.0.0.1", 0), handler or Handler)

    def stop(self) -> None:
        """Stop listening, and let go of whoever waits."""
        self.hung.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nothing to print."""


class Refused(Exception):
    """A response other than 200."""

    def __init__(self, status: int, key: str = "request", **headers: str) -> None:
        super().__init__(status)
        self.status, self.key, self.headers = status, key, headers


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    served = 0
    disable_nagle_algorithm = True

    def setup(self) -> None:
        self.protocol_version = "HTTP/1.0" if self.server.habits.http10 else "HTTP/1.1"
        super().setup()

    # The parameters are those of http.server.
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing."""

    def do(self) -> None:
        habits = self.server.habits
        body = b""
        self.language = self.headers.get("X-Language", "en-us")
        try:
            body = self.read_body()
            time.sleep(habits.seconds)
            self.throttle()
            path = urlsplit(self.path).path.removeprefix(habits.prefix)
            if habits.cleans_paths and re.search(r"//|/\.\.?/", path):
                raise Refused(301, Location="/cleaned")
            found = _READ.fullmatch(path)
            if found and habits.readback:
                self.response(200, {"policy": self.server.stored.get(unquote(found[2]), {})})
                return
            self.response(200, self.policy(path, body))
        except Refused as refused:
            self.response(refused.status, self.said(refused.key), **refused.headers)
        self.served += 1
        if self.served == habits.requests_per_connection:
            self.close_connection = True

    # The names are those of http.server.
    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST = do_OPTIONS = do_TRACE = do  # noqa: N815

    def read_body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise Refused(411 if self.server.habits.http10 else 400)
        if length > self.server.habits.limit:
            self.close_connection = True
            raise Refused(413)
        return self.rfile.read(length)

    def throttle(self) -> None:
        habits = self.server.habits
        after = {"Retry_After": habits.retry_after} if habits.retry_after else {}
        with self.server.lock:
            self.server.requests += 1
            second, count = self.server.window
            now = int(time.monotonic())
            count = count + 1 if second == now else 1
            self.server.window = (now, count)
            if habits.requests_per_second and count > habits.requests_per_second:
                raise Refused(429, **after)
            if habits.unavailable_every and self.server.requests % habits.unavailable_every == 0:
                raise Refused(503)

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        habits = self.server.habits
        found = _ROUTE.fullmatch(path)
        if not found:
            raise Refused(404)
        if self.command != "POST":
            raise Refused(habits.other_method, Allow="POST")
        project = self.authenticate(unquote(found[1]))
        self.check_headers()
        items = self.parse(body)
        with self.server.lock:
            results = [self.apply(project, item, n) for n, item in enumerate(items)]
        return {"results": results, "count": len(items)}

    def authenticate(self, wanted: str) -> str:
        token = self.headers.get("X-Auth-Token", "").strip(" \t")
        if not token:
            raise Refused(401)
        project = TOKENS.get(token)
        if project is None:
            raise Refused(self.one_of(self.server.habits.bad_token))
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", wanted):
            raise Refused(self.one_of(self.server.habits.bad_project))
        if project != wanted:
            raise Refused(403)
        return project

    def one_of(self, statuses: Sequence[int]) -> int:
        return random.choice(statuses)

    def check_headers(self) -> None:
        media, _, rest = self.headers.get("Content-Type", "").partition(";")
        charset = rest.lower().replace(" ", "").replace('"', "") or "charset=utf-8"
        if media.strip().lower() != "application/json" or charset != "charset=utf-8":
            raise Refused(415)
        if self.language not in ("en-us", "zh-cn"):
            raise Refused(400)

    def parse(self, body: bytes) -> list[dict[str, Any]]:
        malformed = Refused(self.server.habits.malformed_body)
        try:
            value = loads(body)
        except (ValueError, RecursionError):
            raise malformed from None
        invalid = Refused(self.server.habits.invalid_body)
        jobs = value.get("jobs") if isinstance(value, dict) else None
        if not isinstance(jobs, list) or not jobs or not all(map(is_valid, jobs)):
            raise invalid
        return jobs

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        job = item["job_id"]
        result = {"id": job, "status": "success"}
        if job in JOBS[project] or job in self.server.habits.more_jobs:
            policy = {name: item[name] for name in FIELDS if name in item}
            self.server.stored.setdefault(job, {}).update(policy)
            return result
        key = "busy" if job in BLOCKED[project] else "unknown"
        said = self.said(key, id=job, place=f"jobs[{place}]")
        return {"id": job, "status": "failed", **said}

    def said(self, key: str, **details: str) -> dict[str, Any]:
        habits = self.server.habits
        text = habits.texts[key][self.language == "zh-cn"]
        text += "!" * random.randrange(habits.varies)
        for name, value in details.items():
            text = text.replace("{" + name + "}", value)
        return {"error_code": random.choice(habits.codes[key].split()), "error_msg": text}

    def response(self, status: int, value: Any, **headers: str) -> None:
        body = json.dumps(value).encode()
        for _ in range(self.server.habits.hints):
            self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")
        self.send_response(status)
        self.send_header("Content-Type", self.server.habits.content_type)
        if self.server.habits.compresses and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
        self.send_header("Content-Length", str(len(body)))
        if self.server.habits.request_id:
            self.send_header("X-Request-Id", "r")
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Miscounting(Handler):
    """Counts one result too many."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        found = super().policy(path, body)
        return {**found, "count": found["count"] + 1}


class Detailing(Handler):
    """Shows policies in a list to a POST: some fields, under names of its own."""

    shows: Mapping[str, str] = {
        "conflict_policy": "conflict",
        "filter_ddl_policy": "filter",
        "index_trans": "index",
    }
    none: Any = ""
    """What it shows for a field without a value."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        found = re.fullmatch(r"/v3/([^/]+)/details", path)
        if not found:
            return super().policy(path, body)
        own = JOBS[self.authenticate(unquote(found[1]))]
        wanted = [job for job in loads(body)["jobs"] if job in (*own, *BLOCKED[OWN])]
        if not wanted:
            raise Refused(400)
        items = [{"id": job, "policy": self.shown(job)} for job in ("first", *wanted)]
        return {"count": len(items), "items": items}

    def shown(self, job: str) -> dict[str, Any]:
        stored = self.server.stored.get(job, {})
        return {theirs: stored.get(name, self.none) for name, theirs in self.shows.items()}


def detailing(server: Server) -> Target:
    """The profile of a server whose policies are read by POST."""
    handler = cast("type[Detailing]", server.RequestHandlerClass)
    return evolve(
        target(server),
        readback=Readback(
            "/v3/{project_id}/details",
            method="POST",
            body={"jobs": ["{job_id}"], "page": {"size": 0}},
            policy_pointer="/items/id={job_id}/policy",
            fields={name: f"/{theirs}" for name, theirs in handler.shows.items()},
            absent=("",),
        ),
    )


def described(server: Server, **changes: Any) -> dict[str, Any]:
    """The profile of a server, as its file has it."""
    habits = server.habits
    tokens = list(TOKENS)
    document: dict[str, Any] = {
        "target": {
            "url": f"http://127.0.0.1:{server.server_address[1]}{habits.prefix}",
            "token": tokens[0],
            "project_id": OWN,
            "job_ids": list(JOBS[OWN]),
            "max_body_bytes": habits.limit,
            **changes,
        }
    }
    if habits.blocked:
        document["target"]["blocked_job_ids"] = list(BLOCKED[OWN])
    if habits.second_tenant:
        document["other_tenant"] = {
            "token": tokens[1],
            "project_id": OTHER,
            "job_ids": list(JOBS[OTHER]),
        }
    if habits.readback:
        document["readback"] = {
            "path": "/stored/{project_id}/{job_id}",
            "policy_pointer": "/policy",
        }
    return document


def target(server: Server, **changes: Any) -> Target:
    """The profile of a server."""
    return profile.parse(described(server, **changes), environment={})


def prober(checked: Target, wire: Wire | None = None, against: Contract | None = None) -> Prober:
    """A prober of a target, its record empty."""
    loaded = against or contract.load()
    oracle = Oracle.of_target(checked, loaded)
    return Prober(oracle, wire or over_http(checked), Ledger(loaded.rules), seed=1)


class Capturing(NoWire):
    """A wire that keeps every request, and rejects each with 401."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def send(self, request: Request, *, timeout: float | None = None) -> Response:
        self.requests.append(request)
        return Response(401, (), b"", 0.0)


@contextlib.contextmanager
def serving(
    habits: Habits | None = None, handler: type[Handler] | None = None
) -> Generator[Server]:
    """A server with these habits, until the block ends."""
    server = Server(habits or Habits(), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


@contextlib.contextmanager
def probing(
    habits: Habits | None = None,
    handler: type[Handler] | None = None,
    against: Contract | None = None,
) -> Generator[Prober]:
    """A prober of such a server; its connection ends with the block."""
    with serving(habits, handler) as server:
        made = prober(target(server), against=against)
        try:
            yield made
        finally:
            made.wire.close()
