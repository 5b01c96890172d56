"""A server with the three operations as the vendor's material has them, and nothing of ours.

It pages, limits and fails as the facts of docs/trace.md say; `Ways` are what they leave open.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from attrs import define, field, frozen

PROJECT: Final = "c3" * 16
TOKEN: Final = "vendor-token-4711"
SHOWN: Final = {"conflict_policy": None, "filter_ddl_policy": "", "index_trans": None}
"""The fields of a policy that can be read, each with what stands for no value."""
_PATH: Final = re.compile(r"/v3/([0-9a-f]{32})/jobs(?:/([a-z-]+))?")

Fails = Callable[[int, str, Any], tuple[int, Any] | None]
"""What number, operation and body of a request make of it, in place of its response."""


def never(number: int, operation: str, body: Any) -> tuple[int, Any] | None:
    """Nothing fails."""
    return None


def refusal(status: int, code: str) -> tuple[int, Any]:
    """An error as the vendor has it."""
    return status, {"error_code": code, "error_msg": f"said {code}"}


@frozen
class Ways:
    """What the facts leave open."""

    most_ids: int = 10
    most_per_page: int = 100
    """It makes pages no longer than this, whatever is asked for."""
    counts_page: bool = False
    """Whether `count` is of the page, and not of all jobs."""
    unknown: str = "left out"
    """Of several jobs, one that does not exist is `left out`, `listed` or makes a `400`."""
    fails: Fails = never


@define
class Vendor:
    """The running server, its jobs and what it was asked."""

    url: str
    ways: Ways
    jobs: dict[str, dict[str, Any]] = field(factory=dict)
    states: dict[str, str] = field(factory=dict)
    asked: list[tuple[str, Any]] = field(factory=list)
    lock: threading.RLock = field(factory=threading.RLock)

    def respond(self, operation: str, body: Any) -> tuple[int, Any]:
        """Status and body of the response."""
        with self.lock:
            self.asked.append((operation, body))
            failed = self.ways.fails(len(self.asked), operation, body)
            return failed or _OPERATIONS[operation](self, body)

    def set_policies(self, body: Any) -> tuple[int, Any]:
        results = [self._set(dict(item)) for item in body["jobs"]]
        return 200, {"results": results, "count": len(results)}

    def _set(self, item: dict[str, Any]) -> dict[str, Any]:
        job_id = item.pop("job_id")
        if job_id not in self.jobs:
            return _failed(job_id, "DRS.M05003")
        if self.states.get(job_id, "CONFIGURATION") != "CONFIGURATION":
            return _failed(job_id, "DRS.M00304")
        self.jobs[job_id].update(item)
        return {"id": job_id, "status": "success"}

    def details(self, body: Any) -> tuple[int, Any]:
        ids, page = body["jobs"], body.get("page_req", {})
        if not ids or len(ids) > self.ways.most_ids:
            return refusal(400, "DRS.M00202")
        unknown = [job_id for job_id in ids if job_id not in self.jobs]
        if unknown and (len(ids) == 1 or self.ways.unknown == "400"):
            listed = [_failed(job_id, "DRS.M00289") for job_id in unknown]
            return 400, {"count": len(listed), "results": listed}
        if self.ways.unknown == "left out":
            ids = [job_id for job_id in ids if job_id in self.jobs]
        some = self._page(ids, page, 5)
        if some is None:
            return refusal(400, "DRS.M00202")
        count = len(some if self.ways.counts_page else ids)
        return 200, {"count": count, "results": [self._details(job_id) for job_id in some]}

    def _details(self, job_id: str) -> dict[str, Any]:
        if job_id not in self.jobs:
            return _failed(job_id, "DRS.M00289")
        policy = self.jobs[job_id]
        shown = {name: policy.get(name, none) for name, none in SHOWN.items()}
        return {**self._common(job_id), **shown, "error_code": "", "instInfo": {"volume_size": 100}}

    def list_jobs(self, body: Any) -> tuple[int, Any]:
        if "db_use_type" not in body:
            return refusal(400, "DRS.M00201")
        wanted = [
            job_id
            for job_id in self.jobs
            if body.get("status") in (None, self._common(job_id)["status"])
        ]
        some = self._page(wanted, body, 10)
        if some is None:
            return refusal(400, "DRS.M00202")
        jobs = [{**self._common(job_id), "engine_type": "mysql"} for job_id in some]
        return 200, {"total_record": len(wanted), "jobs": jobs}

    def _common(self, job_id: str) -> dict[str, Any]:
        state = self.states.get(job_id, "CONFIGURATION")
        return {"id": job_id, "name": f"DRS-{job_id}", "status": state, "db_use_type": "sync"}

    def _page(self, entries: list[str], asked: Any, usual: int) -> list[str] | None:
        number, size = asked.get("cur_page", 1), asked.get("per_page", usual)
        if not 0 <= size <= 100 or number < 0:
            return None
        size = min(size or 100, self.ways.most_per_page)
        return entries[(max(number, 1) - 1) * size : max(number, 1) * size]


_OPERATIONS: Final[dict[str, Callable[[Vendor, Any], tuple[int, Any]]]] = {
    "batch-sync-policy": Vendor.set_policies,
    "batch-detail": Vendor.details,
    "list": Vendor.list_jobs,
}


def _failed(job_id: str, code: str) -> dict[str, Any]:
    return {"id": job_id, "status": "failed", "error_code": code, "error_msg": f"said {code}"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = _PATH.fullmatch(self.path)
        status, value = refusal(404, "APIGW.0101")
        if self.headers.get("X-Auth-Token") != TOKEN:
            status, value = refusal(401, "APIGW.0301")
        elif found and found[1] == PROJECT and (found[2] or "list") in _OPERATIONS:
            # http.server does not know our attribute.
            vendor: Vendor = self.server.vendor  # type: ignore[attr-defined]
            status, value = vendor.respond(found[2] or "list", body)
        if status == 0:  # nobody responds
            self.close_connection = True
            return
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    # The parameters are those of http.server.
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing."""


@contextmanager
def serving(count: int = 0, **ways: Any) -> Generator[Vendor]:
    """A server with so many jobs, until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        vendor = Vendor(f"http://127.0.0.1:{server.server_address[1]}", Ways(**ways))
        vendor.jobs = {f"job-{n:04}": {} for n in range(count)}
        # http.server does not know our attribute.
        server.vendor = vendor  # type: ignore[attr-defined]
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield vendor
        finally:
            server.shutdown()
            thread.join()
