"""Servers that carry out or report a batch wrongly."""

from __future__ import annotations

import html
import json
from typing import Any

from tests.fuzz.servers import BLOCKED, JOBS, Handler, Refused

Item = dict[str, Any]


class PagesOf24(Handler):
    """Applies the first 24 items and reports success for the others."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        if place >= 24:
            return {"id": item["job_id"], "status": "success"}
        return super().apply(project, item, place)


class LeaksErrors(Handler):
    """Gives a success the error fields of the failed item right before it."""

    def policy(self, path: str, body: bytes) -> Item:
        found = super().policy(path, body)
        error: Item = {}
        for result in found["results"]:
            if result["status"] == "success":
                result |= error
                error = {}
            else:
                error = {name: result[name] for name in ("error_code", "error_msg")}
        return found


class CountsCharacters(Handler):
    """Counts characters where `Content-Length` counts bytes."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        text = json.dumps(value, ensure_ascii=False)
        body = text.encode("utf-8", "surrogatepass")[: len(text)]
        self.send_response(status)
        headers |= {"Content_Type": "application/json", "Content_Length": str(len(body))}
        for name, given in headers.items():
            self.send_header(name.replace("_", "-"), given)
        self.end_headers()
        self.wfile.write(body)


class LimitOf600(Handler):
    """Rejects more than 600 items."""

    def parse(self, body: bytes) -> list[Item]:
        items = super().parse(body)
        if len(items) > 600:
            raise Refused(400)
        return items


class LosesTheRestOf37(Handler):
    """Returns 37 results at most, and counts them."""

    def policy(self, path: str, body: bytes) -> Item:
        found = super().policy(path, body)
        results = found["results"][:37]
        return {"results": results, "count": len(results)}


class FailedFirst(Handler):
    """Sorts the results of a batch with more than two items by status."""

    def policy(self, path: str, body: bytes) -> Item:
        found = super().policy(path, body)
        if len(found["results"]) > 2:
            found["results"].sort(key=lambda result: result["status"])
        return found


class CountsSuccesses(Handler):
    """Counts what succeeded."""

    def policy(self, path: str, body: bytes) -> Item:
        found = super().policy(path, body)
        return {**found, "count": sum(r["status"] == "success" for r in found["results"])}


class FirstOfDuplicates(Handler):
    """Ignores a job that is in the request a second time."""

    def parse(self, body: bytes) -> list[Item]:
        seen: set[str] = set()
        items = super().parse(body)
        return [
            # `add` returns None, which is used here on purpose.
            item if item["job_id"] not in seen and not seen.add(item["job_id"])  # type: ignore[func-returns-value]
            else {"job_id": item["job_id"]}
            for item in items
        ]  # fmt: skip


class EnglishResults(Handler):
    """Translates errors of requests, not those of items."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        self.language = "en-us"
        return super().apply(project, item, place)


class EscapesIds(Handler):
    """Shows an unknown job as HTML."""

    def policy(self, path: str, body: bytes) -> Item:
        found = super().policy(path, body)
        for result in found["results"]:
            result["id"] = html.escape(result["id"])
        return found


class CutsIds(Handler):
    """Shows 64 letters of a job."""

    def policy(self, path: str, body: bytes) -> Item:
        found = super().policy(path, body)
        for result in found["results"]:
            result["id"] = result["id"][:64]
        return found


class JobsInAnyCase(Handler):
    """Finds a job in any case."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        job = item["job_id"].lower()
        if job in JOBS[project]:
            return {**super().apply(project, {**item, "job_id": job}, place), "id": item["job_id"]}
        return super().apply(project, item, place)


class OtherTenantsJobs(Handler):
    """Sets the jobs of every project."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        found = super().apply(project, item, place)
        if any(item["job_id"] in jobs for jobs in JOBS.values()) and found["status"] == "failed":
            return {"id": item["job_id"], "status": "success"}
        return found


class StopsAtABlockedJob(Handler):
    """Fails what comes after a blocked job."""

    def policy(self, path: str, body: bytes) -> Item:
        found = super().policy(path, body)
        blocked = {job for jobs in BLOCKED.values() for job in jobs}
        seen = False
        for result in found["results"]:
            if seen and result["status"] == "success":
                result |= {"status": "failed", **self.said("busy")}
            seen = seen or result["id"] in blocked
        return found


class TiresAfter400(Handler):
    """Fails after 400 requests."""

    def throttle(self) -> None:
        self.server.requests += 1
        if self.server.requests > 400:
            raise Refused(500)
