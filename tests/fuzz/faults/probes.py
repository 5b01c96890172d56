"""Requests that show each promise kept or broken, in process, as observations to compare."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import httpx
from attrs import frozen
from starlette.applications import Starlette

from drs_sync_policy.sandbox.seed import FIRST, SECOND

Observation = Any
KNOWN: Final = FIRST.job_ids
BLOCKED: Final = FIRST.blocked_job_ids[0]
FOREIGN: Final = SECOND.job_ids[0]
FULL: Final[dict[str, Any]] = {
    "conflict_policy": "ignore",
    "filter_ddl_policy": "drop_database",
    "ddl_trans": True,
    "index_trans": False,
    "slot_name": "Slot",
}


@frozen
class Probe:
    """Calls an application and tells what came back, without what differs on every call."""

    client: httpx.AsyncClient

    async def send(
        self, content: bytes | str = b"", *, method: str = "POST", path: str = "", **headers: Any
    ) -> Observation:
        """Status, `Allow`, media type and body of the answer to these bytes."""
        given = {"X_Auth_Token": FIRST.token, "Content_Type": "application/json", **headers}
        answer = await self.client.request(
            method,
            path or f"/v3/{FIRST.project_id}/jobs/batch-sync-policy",
            content=content.encode() if isinstance(content, str) else content,
            headers=[
                (name.replace("_", "-").encode(), value.encode())
                for name, value in given.items()
                if value is not None
            ],
        )
        request_id = answer.headers["X-Request-Id"].encode()
        return (
            answer.status_code,
            answer.headers.get("Allow"),
            answer.headers.get("Content-Type"),
            answer.content.replace(request_id, b"ID"),
        )

    async def set(self, *jobs: Any, **headers: Any) -> Observation:
        """The answer to a batch."""
        return await self.send(json.dumps({"jobs": jobs}), **headers)

    async def stored(self, job_id: str, project_id: str = FIRST.project_id) -> Observation:
        """The stored policy of a job."""
        answer = await self.client.get(f"/_sandbox/projects/{project_id}/jobs/{job_id}")
        return answer.json()["policy"]


Watch = Callable[[Probe], Awaitable[Observation]]


async def observe(app: Starlette, watch: Watch) -> Observation:
    """What `watch` sees of a fresh application."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        return await watch(Probe(client))


def sends(*requests: Mapping[str, Any]) -> Watch:
    """Observes the answers to these requests, one after the other."""

    async def watch(probe: Probe) -> Observation:
        return [await probe.send(**request) for request in requests]

    return watch


def batches(*batches_: list[Any], **headers: Any) -> Watch:
    """Observes the answers to these batches, and what is stored for the known jobs after each."""

    async def watch(probe: Probe) -> Observation:
        seen: list[Any] = []
        for batch in batches_:
            seen.append(await probe.set(*batch, **headers))
            seen.append([await probe.stored(job) for job in (*KNOWN[:3], BLOCKED)])
            seen.append(await probe.stored(FOREIGN, SECOND.project_id))
        return seen

    return watch


def bodies(*contents: bytes | str) -> Watch:
    """Observes the answers to these bodies."""
    return sends(*({"content": content} for content in contents))


def both(*watches: Watch) -> Watch:
    """Observes what all of these do, on one application."""

    async def watch(probe: Probe) -> Observation:
        return [await one(probe) for one in watches]

    return watch


def item(job_id: str = KNOWN[0], **fields: Any) -> dict[str, Any]:
    return {"job_id": job_id, **fields}


NEARLY_KNOWN: Final = (
    KNOWN[0].upper(), f" {KNOWN[0]} ", KNOWN[0][:-1], KNOWN[0][1:], f"{KNOWN[0][:8]}%",
    f"{{{KNOWN[0]}}}", KNOWN[0].replace("-", "%2D"), f"/{KNOWN[0]}",
)  # fmt: skip
VALID: Final = json.dumps({"jobs": [item()]})
MIXED: Final = [
    item("zz-unknown"),
    item(KNOWN[1], **FULL),
    item(BLOCKED, **FULL),
    item(KNOWN[0], ddl_trans=True),
    item(KNOWN[0], index_trans=True),
    item("aa-unknown"),
]
TEXTS: Final = (
    "\0", "a\0b", "\U0001f600", "ä", "e\u0301", "'", "%s", "\\", "{0}", "x" * 300, "x" * 70_000,
    "  Padded ", "A" * 70, "<&>", "a b", "a/b", "\n",
    "$HOME", "\\\\",
)  # fmt: skip
ALL_TEXTS: Final = [item(text) for text in TEXTS]
NESTED: Final = "[" * 100 + "]" * 100
FORM_REQUESTS: Final = (
    {"content": json.dumps({"jobs": [*MIXED, *ALL_TEXTS]})},
    {"content": b"{"},
    {"content": VALID, "X_Auth_Token": "wrong"},
    {"method": "GET"},
    {"path": "/nowhere"},
)


def _invalid_items() -> list[Any]:
    wrong: list[Any] = [
        {}, item(""), item(1),  # type: ignore[arg-type]
    ]  # fmt: skip
    value: Any
    for name in FULL:
        for value in (None, 1, 0, "true", "", "x", "IGNORE", "DROP_DATABASE", " ignore ",
                      " drop_database ", [], {}):  # fmt: skip
            wrong.append(item(**{name: value}))  # noqa: PERF401
    return wrong


def _invalid_bodies() -> list[str]:
    wrong = [json.dumps({"jobs": [entry]}) for entry in _invalid_items()]
    bad = item(ddl_trans=1)
    for batch in (
        [item(), bad],
        [item(), bad, item()],
        [bad, item()],
        [item()] * 11 + [bad] + [item()],
        [item("unknown", ddl_trans=1)],
        [item(BLOCKED, ddl_trans=1)],
    ):
        wrong.append(json.dumps({"jobs": batch}))  # noqa: PERF401
    return [*wrong, '{"jobs": []}', json.dumps({"jobs": item()}), json.dumps([item()]), "{}"]


async def _concurrent(probe: Probe) -> Observation:
    # Sets one field in each of many calls at the same time: all must be there at the end.
    jobs = KNOWN[:3]
    await asyncio.gather(
        *(probe.set(*(item(job, **{name: value}) for job in jobs)) for name, value in FULL.items())
    )
    seen: list[Any] = [[await probe.stored(job) for job in jobs]]
    # Sets all fields of two jobs from two callers: one of them must win for both.
    for _ in range(4):
        await asyncio.gather(
            *(probe.set(*(item(job, slot_name=caller) for job in jobs)) for caller in "ab")
        )
        seen.append(len({json.dumps(await probe.stored(job)) for job in jobs}))
    return seen


def _tokens() -> list[dict[str, Any]]:
    known = FIRST.token
    tokens = (known[:-1], known + "x", known.upper(), f'"{known}"', known[: len(known) // 2 + 1])
    return [{"content": VALID, "X_Auth_Token": token} for token in tokens]


def _projects() -> list[dict[str, Any]]:
    projects = ("a.b", "a" * 65, "%20")
    return [
        {"content": VALID, "path": f"/v3/{project}/jobs/batch-sync-policy"} for project in projects
    ]


WATCHES: Final[Mapping[str, Watch]] = {
    "status-is-documented": sends(*FORM_REQUESTS),
    "media-type-is-json": sends(*FORM_REQUESTS),
    "answer-matches-schema": sends(*FORM_REQUESTS),
    "answer-is-i-json": sends(*FORM_REQUESTS),
    "status-ties-error-fields": sends(*FORM_REQUESTS),
    "error-body-explains": sends(*FORM_REQUESTS),
    "count-equals-results": batches(MIXED, MIXED * 4),
    "one-result-per-item": batches(MIXED, MIXED * 20),
    "results-in-request-order": batches(MIXED, [*MIXED * 3, *MIXED[:4]]),
    "result-id-echoes-job-id": batches(MIXED, ALL_TEXTS),
    "own-job-succeeds": batches(MIXED, [item(job) for job in KNOWN] * 4),
    "valid-request-is-accepted": sends(
        {"content": VALID},
        {"content": VALID, "X_Language": "zh-cn"},
        {"content": VALID, "Content_Type": "application/json; charset=utf-8"},
        {"content": json.dumps({"jobs": MIXED})},
        *(
            {"content": json.dumps({"jobs": [item(**{name: value})]})}
            for name, value in FULL.items()
        ),
        {"content": json.dumps({"jobs": [item(ddl_trans=False, slot_name="")]})},
        {"content": json.dumps({"jobs": [item(slot_name="")]})},
        {"content": json.dumps({"jobs": [item(ddl_trans=True, index_trans=False)]})},
    ),
    "valid-request-never-crashes": bodies(
        *(json.dumps({"jobs": [item(slot_name=text)]}) for text in TEXTS),
        json.dumps({"jobs": [item(slot_name="")]}),
        json.dumps({"jobs": [item(**FULL)]}),
        json.dumps({"jobs": [item(conflict_policy="stop", index_trans=False)]}),
        json.dumps({"jobs": [item(), item()]}),
        json.dumps({"jobs": [item(str(number)) for number in range(100)]}),
        json.dumps({"jobs": [item(str(number)) for number in range(1000)]}),
    ),
    "job-id-is-opaque": bodies(*(json.dumps({"jobs": [item(text)]}) for text in TEXTS)),
    "unknown-fields-are-ignored": both(
        batches(
            [item(unknown=1, Conflict_Policy="stop")],
            [item(Ddl_trans=True)],
            [item(KNOWN[1], **{"ddl-trans": True, "ddlTrans": False})],
            [item(KNOWN[2], policy={"ddl_trans": True})],
        ),
        bodies(json.dumps({"jobs": [item()], "slot_name": "s"})),
        batches([item()]),
        bodies(json.dumps({"jobs": [item()], "unknown": 1})),
    ),
    "batch-size-is-unbounded": bodies(
        *(
            json.dumps({"jobs": [item(str(number)) for number in range(size)]})
            for size in (11, 101, 1001)
        ),
        *(VALID + " " * size for size in (70_000, 600_000)),
    ),
    "extremes-in-ignored-fields-are-survived": bodies(
        *(
            f'{{"jobs": [{{"job_id": "x", "y": {extreme}}}]}}'
            for extreme in (NESTED, "9" * 305, "1e308", "1e400")
        )
    ),
    "invalid-body-is-refused": bodies(*_invalid_bodies()),
    "body-must-be-i-json": bodies(
        "{",
        b"\xef\xbb\xbf" + VALID.encode(),
        VALID.encode("utf-16"),
        b'{"jobs": [{"job_id": "\xff"}]}',
        '{"jobs": [{"job_id": "x",}]}',
        VALID + " // end",
        VALID + " {}",
        '{"jobs": [{"job_id": "x", "job_id": "x"}]}',
        '{"jobs": [{"job_id": "x", "y": NaN}]}',
        '{"jobs": [{"job_id": "\\ud800"}]}',
    ),
    "other-media-types-are-refused": sends(
        *(
            {"content": VALID, "Content_Type": media_type}
            for media_type in (
                None,
                "text/plain",
                "application/vnd.x+json",
                "application/jsonx",
                "application/json; charset=latin-1",
                "application/xml",
            )
        )
    ),
    "unknown-language-is-refused": sends(
        *(
            {"content": VALID, "X_Language": language}
            for language in ("", "de", "EN-US", "en", "en-us,zh-cn", "en_us")
        )
    ),
    "malformed-project-id-is-refused": sends(*_projects()),
    "oversized-body-is-refused": bodies(
        VALID + " " * (12 * 1024 * 1024), VALID[:-1] + f', "x": "{"é" * (6 * 1024 * 1024)}"}}'
    ),
    "other-methods-are-refused": sends(
        *({"method": method} for method in ("GET", "PUT", "PATCH", "DELETE"))
    ),
    "refused-request-changes-nothing": both(
        batches([item(**FULL), item(KNOWN[1], ddl_trans=1), item(KNOWN[2], **FULL)]),
        batches([item(**FULL)], X_Language="de"),
    ),
    "missing-credentials-are-refused": sends(
        {"content": VALID, "X_Auth_Token": None}, {"content": VALID, "X_Auth_Token": ""}
    ),
    "wrong-credentials-are-refused": sends(
        {"content": VALID, "X_Auth_Token": "wrong"},
        {"content": VALID, "X_Auth_Token": FIRST.expired_token},
    ),
    "token-is-matched-exactly": sends(*_tokens()),
    "token-comes-from-its-header": sends(
        {
            "content": VALID,
            "X_Auth_Token": None,
            "path": f"/v3/{FIRST.project_id}/jobs/batch-sync-policy?X-Auth-Token={FIRST.token}",
        },
        {"content": VALID, "X_Auth_Token": None, "Cookie": f"X-Auth-Token={FIRST.token}"},
        {"content": VALID, "X_Auth_Token": None, "Authorization": f"Bearer {FIRST.token}"},
        {"content": VALID, "X_Auth_Token": None, "X_Subject_Token": FIRST.token},
    ),
    "credentials-come-before-the-body": sends(
        {"content": b"x", "X_Auth_Token": "wrong"}, {"content": b"{}", "X_Auth_Token": "wrong"}
    ),
    "foreign-project-is-refused": sends(
        *(
            {"content": VALID, "path": f"/v3/{project}/jobs/batch-sync-policy"}
            for project in (SECOND.project_id, "0" * 32)
        )
    ),
    "foreign-job-looks-unknown": batches([item(FOREIGN, **FULL), item("unknown", **FULL)]),
    "tenants-are-isolated": batches([item(FOREIGN, **FULL)]),
    "unknown-job-fails-alone": batches(
        [item(KNOWN[1], **FULL), item("unknown"), item(KNOWN[0], **FULL)],
        [item(near) for near in NEARLY_KNOWN],
    ),
    "blocked-job-fails-alone": batches(
        [item(KNOWN[1], **FULL), item(BLOCKED, **FULL), item(KNOWN[0], **FULL)]
    ),
    "items-are-independent": batches(
        [item("unknown"), item(), item(KNOWN[1])], [item()], [item("unknown"), item()]
    ),
    "accepted-policy-is-stored": batches(
        [item(**FULL), item(KNOWN[1], **FULL), item(KNOWN[2], slot_name="", ddl_trans=False)],
        *([item(slot_name=text)] for text in TEXTS),
        [*(item(f"unknown-{n}") for n in range(99)), item(slot_name="the last of 100")],
    ),
    "omitted-field-keeps-its-value": batches(
        [item(**{**FULL, "conflict_policy": "stop"})], [item(slot_name="x")], [item(ddl_trans=True)]
    ),
    "later-items-win": batches(
        [item(**FULL), item(conflict_policy="stop"), item(ddl_trans=False, index_trans=True)],
        [item(slot_name=str(number)) for number in range(20)],
    ),
    "later-calls-win": batches(
        [item(conflict_policy="stop", ddl_trans=True)],
        [item(conflict_policy="ignore", ddl_trans=False)],
    ),
    "repeating-is-harmless": batches(*[[item(**FULL)]] * 3),
    "message-is-in-the-language": sends(
        *(
            {"content": content, "X_Language": language}
            for content in (b"{", json.dumps({"jobs": MIXED}))
            for language in (None, "en-us", "zh-cn")
        ),
        {"method": "PUT", "X_Language": "zh-cn"},
    ),
    "language-changes-only-messages": sends(
        *(
            {"content": content, "X_Language": language}
            for content in (b"{", json.dumps({"jobs": MIXED}), VALID)
            for language in ("en-us", "zh-cn")
        ),
        {"method": "PUT", "X_Language": "zh-cn"},
    ),
    "concurrent-calls-take-turns": _concurrent,
}
