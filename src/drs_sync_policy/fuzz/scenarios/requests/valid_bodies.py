"""What every server has to take: each right value, any text, unknown fields, batches of any size."""

# ruff: noqa: E501 - tables read better in long lines
from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import ITEMS, JOB, Bodies
from drs_sync_policy.fuzz.cases.texts import LENGTHS, SIZES, aligned, texts
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.request_body import ACCEPTED_BYTES
from drs_sync_policy.fuzz.rules.words import as_json, short
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy_contract import RuleId

OPAQUE: Final[RuleId] = "job-id-is-opaque"
UNKNOWN: Final[RuleId] = "unknown-fields-are-ignored"
SIZE: Final[RuleId] = "batch-size-is-unbounded"
_LARGE_SECONDS: Final = 30.0
EVERY_SIZE: Final = 300
_EVERY_LENGTH: Final = 1100


def _right_values(prober: Prober) -> None:
    build = prober.bodies
    own = prober.target.tenant.job_ids

    def send(items: list[Any]) -> None:
        what = ", ".join(f"`{k}`: {short(v, 60)}" for k, v in items[-1].items() if k != JOB)
        where = "alone" if len(items) == 1 else f"in the last of {len(items)} items"
        prober.send(prober.request(build.body(items)), case=f"right values, {where}: {what}")

    cases: list[list[Any]] = []
    for name, schema in build.fields.items():
        for value in schema.valid():
            cases.append([build.item(own[0], **{name: value})])
            cases.append(
                [build.full(own[0]), build.item(own[-1]), build.item(own[0], **{name: value})]
            )
    prober.each(send, cases)


def _texts(prober: Prober) -> None:
    build = prober.bodies
    own = prober.target.tenant.job_ids[0]
    free = [name for name, schema in build.fields.items() if schema.is_free_text]

    def send(entry: tuple[str, str]) -> None:
        text, what = entry
        item = build.item(text)
        prober.send(
            prober.request(build.body([item])), case=f"a job id that is {what}", rule=OPAQUE
        )
        for name in free:
            body = build.body([build.item(own, **{name: text})])
            prober.send(prober.request(body), case=f"`{name}` is {what}")

    prober.each(send, [*aligned(), *texts(), *_long_texts()])
    everything = [build.item(text) for text, _ in texts()]
    prober.send(prober.request(build.body(everything)), case="job ids of every kind", rule=OPAQUE)
    prober.send(
        prober.request(build.body(list(reversed(everything)))),
        case="job ids of every kind, reversed",
        rule=OPAQUE,
    )


def _long_texts() -> Iterator[tuple[str, str]]:
    for length in LENGTHS:
        yield "abcdefghij"[: length % 10] + "abcdefghij" * (length // 10), f"{length} letters long"
    for length in (64, 128, 255, 256, 1024, 65536):
        yield "é" * length, f"{length} characters of two bytes"
    for length in (16, 64, 128, 255, 256, 1000):
        yield "\U0001f600" * length, f"{length} emoji"
    yield " " * 300, "300 spaces"
    yield "\0" * 300, "300 times NUL"
    yield '"\\' * 3000, "6000 characters that need escapes"


def unknown_fields(prober: Prober, build: Bodies) -> Iterator[tuple[dict[str, Any], str]]:
    """Bodies with a field that the contract does not describe, for an own job and an unknown one."""
    oracle = prober.oracle
    own, unknown = prober.target.tenant.job_ids[0], prober.unknown_job()
    names = unknown_names(oracle.contract.document, build)
    values: tuple[Any, ...] = (
        None,
        True,
        False,
        0,
        -1.5,
        "x",
        "",
        [],
        {},
        [[{}]],
        {"a": {"b": [1]}},
    )
    # Every name with two values, every value with one name.
    others: tuple[Any, ...] = (None, True, {"a": 1})
    pairs: list[tuple[str, Any]] = [(name, "x") for name in names]
    pairs += [(name, others[number % 3]) for number, name in enumerate(names)]
    pairs += [("x_unknown", value) for value in values]
    pairs += [("", "x"), ("x" * 300, 1), ("名", "x"), (" ", 1)]
    for name, value in pairs:
        items = [build.full(own), build.item(unknown)]
        if name not in build.item_schema.properties:
            body = build.body([{**item, name: value} for item in items])
            yield body, f"{short(name, 60)}: {as_json(value)} in each item"
            if value == "x":
                body = build.body([{name: value, **item} for item in items])
                yield body, f"{short(name, 60)}: {as_json(value)}, the first in each item"
        if name not in build.root.properties:
            yield (
                {**build.body(items), name: value},
                f"{short(name, 60)}: {as_json(value)} next to `{ITEMS}`",
            )
    many = {f"x_unknown_{number}": number for number in range(200)}
    yield build.body([{**build.item(own), **many}]), "200 unknown fields in an item"
    yield {**build.body([build.item(own)]), **many}, "200 unknown fields"


def unknown_names(document: Any, build: Bodies) -> list[str]:
    """Names that mean something elsewhere: of responses, of other levels, of other editions."""
    found: list[str] = []
    for schema in document["components"]["schemas"].values():
        found += schema.get("properties", {})
    for name in (*build.fields, JOB):
        found += [name.upper(), name.replace("_", "-"), name.title()]
    found += [
        "is_fill_materialized_view", "export_snapshot", "file_and_position", "gtid_set", "topic",
        "topic_policy", "partitions_num", "kafka_data_format", "project_id", "tenant_id", "X-Language",
        "language", "token", "user_id", "domain_id", "name", "type", "action", "policy", "policies", "data",
        "params", "state", "created_at", "version", "_id", "__proto__", "constructor", "prototype", "$ref",
        "self", "class", "args", "kwargs", "body", "request", "dry_run", "force", "deleted",
    ]  # fmt: skip
    return list(dict.fromkeys(found))


def _unknown(prober: Prober) -> None:
    def send(entry: tuple[dict[str, Any], str]) -> None:
        body, what = entry
        prober.send(prober.request(body), case=f"an unknown field: {what}", rule=UNKNOWN)

    prober.each(send, unknown_fields(prober, prober.bodies))


def _batches(prober: Prober) -> None:
    build = prober.bodies
    own = prober.target.tenant.job_ids
    limit = min(ACCEPTED_BYTES, prober.target.max_body_bytes or ACCEPTED_BYTES)

    def send(entry: tuple[list[Any], str]) -> None:
        items, what = entry
        body = ijson.dumps(build.body(items))
        if len(body) <= limit:
            prober.send(
                prober.request(body),
                case=f"{len(items)} items, {what}",
                rule=SIZE,
                timeout=_LARGE_SECONDS,
            )

    def batches() -> Iterator[tuple[list[Any], str]]:
        for size in SIZES:
            if size <= 1025:
                yield [build.item(own[n % len(own)]) for n in range(size)], "own jobs in turn"
            unknown = [build.item(f"u{n}") for n in range(size - 1)]
            yield [*unknown, build.item(own[0])], "an own job after unknown ones"
        for size in (2, 7, 64, 200, 1000):
            strange = itertools.cycle([prober.unknown_job() for _ in range(3)])
            mixed = [
                build.full(own[0], n) if n % 2 else build.item(next(strange)) for n in range(size)
            ]
            yield mixed, "own and unknown jobs in turn"
            yield (
                [build.item(f"j{size - n:05}") for n in range(size)],
                "unknown jobs in falling order",
            )
            yield [build.item("same") for _ in range(size)], "the same unknown job"
        for size in (32_768, 65_536):
            yield [build.item("s")] * size, "the same unknown job"
        spelled = (
            "Nobody",
            "nobody",
            "NOBODY",
            "nobody ",
            " nobody",
            "nob\u00f6dy",
            "nobo\u0308dy",
        )
        yield [build.item(job) for job in spelled * 2], "unknown jobs that are spelled alike"

    prober.each(send, batches())


def _every_size(prober: Prober) -> None:
    """Ids of every length, and batches of every size up to the first bounds, without a gap.

    If stored policies can be read, the batches are sent where what they store is checked, too.
    """
    build = prober.bodies
    is_checked = prober.target.readback and prober.target.readback.readable(build.fields)
    sizes = range(0) if is_checked else range(1, EVERY_SIZE)
    own = prober.target.tenant.job_ids
    last = build.full(own[0])

    def batch(size: int) -> list[Any]:
        return [*(build.item(own[n % len(own)]) for n in range(size - 1)), last]

    ids = [build.item("i" * length) for length in range(1, _EVERY_LENGTH)]
    prober.send_all(
        Case(prober.request(build.body(items)), f"{len(items)} items, {what}", SIZE)
        for items, what in (
            (ids, "their job ids of every length"),
            *((batch(size), "own jobs in turn") for size in sizes),
        )
    )


SCENARIOS: Final = (
    Scenario("right values", _right_values),
    Scenario("unknown fields", _unknown, late=3),
    Scenario("texts", _texts, late=3),
    Scenario("batches", _batches, late=4),
    Scenario("every size", _every_size, deep=True),
)
