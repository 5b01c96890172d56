"""Servers with one bug each, of the kinds that real implementations have.

They are mutations of the correct server in `servers.py`. The cases of the fuzzer know none of them:
if one is missed, derive a dimension of cases from the contract, do not add a case for the bug.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from tests.fuzz import servers
from tests.fuzz.servers import BLOCKED, JOBS, TOKENS, Handler, Refused

Item = dict[str, Any]


class Tolerant(Handler):
    """Changes the items before they are validated; the base of some bugs below."""

    def parse(self, body: bytes) -> list[Item]:
        items: list[Item]
        try:
            items = super().parse(body)
        except Refused:
            with contextlib.suppress(ValueError, RecursionError):
                changed = self.changed(servers.loads(body))
                if changed is not None:
                    return super().parse(json.dumps(changed).encode())
            raise
        return [self.item(number, item) for number, item in enumerate(items)]

    def changed(self, value: Any) -> Any:
        """What is validated; None for the body as it is."""
        items = value.get("jobs") if isinstance(value, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            return None
        return {**value, "jobs": [self.item(number, item) for number, item in enumerate(items)]}

    def item(self, number: int, item: Item) -> Item:
        """What is validated of an item."""
        return item


class BooleanFromText(Tolerant):
    """Reads "true" as true, in one field."""

    def item(self, number: int, item: Item) -> Item:
        return {**item, "index_trans": True} if item.get("index_trans") == "true" else item


class BooleanFromNumber(Tolerant):
    """Reads 1 as true."""

    def item(self, number: int, item: Item) -> Item:
        value = item.get("ddl_trans")
        return {**item, "ddl_trans": True} if value == 1 and not isinstance(value, bool) else item


class JobFromNumber(Tolerant):
    """Turns a number into a job id."""

    def item(self, number: int, item: Item) -> Item:
        job = item.get("job_id")
        return {**item, "job_id": str(job)} if isinstance(job, int) else item


class JobsFromObject(Tolerant):
    """Takes the values of an object for a list."""

    def changed(self, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("jobs"), dict):
            value = {**value, "jobs": [*value["jobs"].values()]}
        return super().changed(value) or value


class OneJobWithoutList(Tolerant):
    """Takes a bare item for a list of one."""

    def changed(self, value: Any) -> Any:
        if isinstance(value, dict) and "job_id" in value:
            value = {"jobs": [value]}
        return super().changed(value)


class EnumInAnyCase(Tolerant):
    """Compares an enum in lower case."""

    def item(self, number: int, item: Item) -> Item:
        value = item.get("conflict_policy")
        return {**item, "conflict_policy": value.lower()} if isinstance(value, str) else item


class EnumOfTheFirstItem(Tolerant):
    """Validates an enum in the first item only."""

    def item(self, number: int, item: Item) -> Item:
        return (
            {**item, "filter_ddl_policy": "drop_database"}
            if number and item.get("filter_ddl_policy")
            else item
        )


class EnumMayBeEmpty(Tolerant):
    """Takes an empty value of an enum for an absent one."""

    def item(self, number: int, item: Item) -> Item:
        return {k: v for k, v in item.items() if not k.endswith("_policy") or v != ""}


class NullIsAbsent(Tolerant):
    """Takes null for an absent value."""

    def item(self, number: int, item: Item) -> Item:
        return {k: v for k, v in item.items() if v is not None}


class TrimsJobs(Tolerant):
    """Trims white space of a job id."""

    def item(self, number: int, item: Item) -> Item:
        job = item.get("job_id")
        return {**item, "job_id": job.strip() or job} if isinstance(job, str) else item


class SkipsInvalidFarItems(Tolerant):
    """Validates the first 50 items."""

    def changed(self, value: Any) -> Any:
        items = value.get("jobs") if isinstance(value, dict) else None
        if isinstance(items, list) and len(items) > 50:
            return {"jobs": items[:50] + [i for i in items[50:] if isinstance(i, dict) and _ok(i)]}
        return None


class AppliesBeforeRejecting(Handler):
    """Stores the items that come before an invalid one."""

    def parse(self, body: bytes) -> list[Item]:
        try:
            return super().parse(body)
        except Refused:
            with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
                for item in servers.loads(body)["jobs"]:
                    if not _ok(item):
                        break
                    self.apply(TOKENS[self.headers["X-Auth-Token"].strip()], item, 0)
            raise


class Storing(Handler):
    """Stores something else than it was sent."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        return {**super().apply(project, self.stored(item), place), "id": item["job_id"]}

    def stored(self, item: Item) -> Item:
        """What is stored of an item."""
        text = item.get("slot_name")
        return {**item, "slot_name": self.text(text)} if isinstance(text, str) else item

    def text(self, text: str) -> str:
        """What is stored of a text."""
        return text


class CutsAt63(Storing):
    """Cuts a name as PostgreSQL does."""

    def text(self, text: str) -> str:
        return text.encode()[:63].decode(errors="ignore")


class CutsAt300(Storing):
    """Keeps 300 characters."""

    def text(self, text: str) -> str:
        return text[:300]


class CutsAt3000(Storing):
    """Keeps 3000 bytes, as an index of MySQL does."""

    def text(self, text: str) -> str:
        return text.encode()[:3072].decode(errors="ignore")


class CutsUnits(Storing):
    """Keeps 40 UTF-16 units of a text with surrogate pairs."""

    def text(self, text: str) -> str:
        return text.encode("utf-16-le")[:80].decode("utf-16-le", errors="ignore")


class Normalizes(Storing):
    """Stores NFC."""

    def text(self, text: str) -> str:
        return unicodedata.normalize("NFC", text)


class NumbersFromText(Storing):
    """Stores a text that looks like a number in the shortest form."""

    def text(self, text: str) -> str:
        try:
            return f"{float(text):g}" if re.fullmatch(r"[\d.]+", text) else text
        except ValueError:
            return text


class DigitsOfAnyScript(Storing):
    """Reads digits of other scripts."""

    def text(self, text: str) -> str:
        return str(int(text)) if text.isdecimal() and not text.isascii() else text


class EscapesHtml(Storing):
    """Stores HTML."""

    def text(self, text: str) -> str:
        return html.escape(text, quote=False)


class Unquotes(Storing):
    """Decodes percent escapes."""

    def text(self, text: str) -> str:
        return unquote(text)


class NoAstral(Storing):
    """Stores `?` for what MySQL's utf8 cannot store."""

    def text(self, text: str) -> str:
        return "".join("?" if ord(c) > 0xFFFF else c for c in text)


class LosesEmptyText(Storing):
    """Takes an empty text for an absent one."""

    def stored(self, item: Item) -> Item:
        return {k: v for k, v in item.items() if v != ""}


class LosesAnIndependentField(Storing):
    """Loses one field if two others are there, and only if they have these values."""

    def stored(self, item: Item) -> Item:
        if item.get("conflict_policy") == "stop" and item.get("ddl_trans") is False:
            return {k: v for k, v in item.items() if k != "index_trans"}
        return item


class LosesOfThree(Storing):
    """Loses a field where three others are absent."""

    def stored(self, item: Item) -> Item:
        if not {"conflict_policy", "filter_ddl_policy", "index_trans"} & {*item}:
            return {k: v for k, v in item.items() if k != "ddl_trans"}
        return item


class ReplacesThePolicy(Handler):
    """Replaces what is stored if three fields or more are given."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        if item["job_id"] in JOBS[project] and len(item) > 3:
            self.server.stored[item["job_id"]] = {}
        return super().apply(project, item, place)


class BrokenAtABoundary(Handler):
    """Decodes the body in pieces of 8192 bytes."""

    def parse(self, body: bytes) -> list[Item]:
        pieces = [body[n : n + 8192] for n in range(0, len(body), 8192)]
        if len(pieces) > 1:
            body = "".join(piece.decode(errors="replace") for piece in pieces).encode()
        return super().parse(body)


class PagesOf24(Handler):
    """Applies the first 24 items and reports success for the others."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        if place >= 24:
            return {"id": item["job_id"], "status": "success"}
        return super().apply(project, item, place)


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
            item if item["job_id"] not in seen and not seen.add(item["job_id"])  # type: ignore[func-returns-value]
            else {"job_id": item["job_id"]}
            for item in items
        ]  # fmt: skip


class TokenInAnyCase(Handler):
    """Compares tokens in lower case."""

    def authenticate(self, wanted: str) -> str:
        token = self.headers.get("X-Auth-Token", "").strip(" \t").lower()
        for known, project in TOKENS.items():
            if known.lower() == token and project == wanted:
                return project
        return super().authenticate(wanted)


class TokenByPrefix(Handler):
    """Compares the first 16 letters of a token."""

    def authenticate(self, wanted: str) -> str:
        token = self.headers.get("X-Auth-Token", "").strip(" \t")
        for known, project in TOKENS.items():
            if known[:16] == token[:16] and project == wanted:
                return project
        return super().authenticate(wanted)


class AnyTokenOfTheService(Handler):
    """Accepts every known token for every project."""

    def authenticate(self, wanted: str) -> str:
        token = self.headers.get("X-Auth-Token", "").strip(" \t")
        if token in TOKENS and wanted in JOBS:
            return wanted
        return super().authenticate(wanted)


class TokenAfterTheBody(Handler):
    """Validates a body of one item before the token."""

    def policy(self, path: str, body: bytes) -> Item:
        if len(body) < 60:
            self.parse(body)
        return super().policy(path, body)


class ProjectAfterTheBody(Handler):
    """Validates the body before the project, for a tenant that it knows."""

    def authenticate(self, wanted: str) -> str:
        token = self.headers.get("X-Auth-Token", "").strip(" \t")
        if token in TOKENS and TOKENS[token] != wanted and "x" in wanted:
            raise Refused(400)
        return super().authenticate(wanted)


class TextJson(Handler):
    """Accepts every media type that ends with json."""

    def check_headers(self) -> None:
        if self.headers.get("Content-Type", "").lower().endswith("/json"):
            return
        super().check_headers()


class AnyLanguage(Handler):
    """Reads only the first two letters of a language."""

    def check_headers(self) -> None:
        if self.language[:2] in ("en", "zh"):
            self.language = "zh-cn" if self.language[:2] == "zh" else "en-us"
        super().check_headers()


class EnglishResults(Handler):
    """Translates errors of requests, not those of items."""

    def apply(self, project: str, item: Item, place: int) -> Item:
        self.language = "en-us"
        return super().apply(project, item, place)


class HtmlForBrowsers(Handler):
    """Sends an error page to a client that prefers HTML."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        if status >= 400 and "text/html" in self.headers.get("Accept", ""):
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"no")
            return
        super().response(status, value, **headers)


class NoCompression(Handler):
    """Rejects what accepts compressed responses."""

    def check_headers(self) -> None:
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            raise Refused(400)
        super().check_headers()


class KnownClients(Handler):
    """Rejects a client by its name."""

    def check_headers(self) -> None:
        if "curl" in self.headers.get("User-Agent", "").lower():
            raise Refused(400)
        super().check_headers()


class ShallowParser(Handler):
    """Fails for 20 levels."""

    def parse(self, body: bytes) -> list[Item]:
        if body.count(b"[") + body.count(b"{") > 20 and re.search(rb"[\[{]{18}", body):
            raise Refused(500)
        return super().parse(body)


class SmallBuffer(Handler):
    """Rejects a body of more than 100,000 bytes."""

    def parse(self, body: bytes) -> list[Item]:
        if len(body) > 100_000:
            raise Refused(400)
        return super().parse(body)


class LastOfDuplicateNames(Handler):
    """Reads the last of two equal names."""

    def parse(self, body: bytes) -> list[Item]:
        with contextlib.suppress(ValueError):
            body = json.dumps(json.loads(body.decode("utf-8"))).encode()
        return super().parse(body)


class ByteOrderMark(Handler):
    """Reads UTF-8 with a byte order mark."""

    def parse(self, body: bytes) -> list[Item]:
        return super().parse(body.removeprefix(b"\xef\xbb\xbf"))


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


class MixesJobs(Storing):
    """Sets a field of the last job of a batch for all of its jobs."""

    def policy(self, path: str, body: bytes) -> Item:
        found = super().policy(path, body)
        with contextlib.suppress(ValueError):
            items = [i for i in json.loads(body)["jobs"] if i["job_id"] in self.server.stored]
            for item in items if len(items) > 2 else ():
                if "index_trans" in items[-1]:
                    self.server.stored[item["job_id"]]["index_trans"] = items[-1]["index_trans"]
        return found


def _ok(item: Any) -> bool:
    return servers.is_valid(item)


FAULTY: Final[Mapping[str, type[Handler]]] = {
    name: entry
    for name, entry in list(globals().items())
    if isinstance(entry, type)
    and issubclass(entry, Handler)
    and entry not in (Handler, Tolerant, Storing)
}
