"""One or two cases of everything, first of all: most faults are known within a second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import ITEMS, JOB, Bodies, InvalidBody
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.rules.words import as_json, short
from drs_sync_policy.fuzz.scenarios.requests.raw_bodies import EXTREMES, SURVIVED
from drs_sync_policy.fuzz.scenarios.requests.valid_bodies import OPAQUE, SIZE, UNKNOWN
from drs_sync_policy.fuzz.scenarios.scenario import Scenario

_ODD_IDS: Final = (
    "x", "a/b", "a b", " x ", "é任", "\U0001f600", "\0", "'\"`", "100% {0} %s", "\\", "x" * 37,
    "X" * 65, "x" * 300, "<b>", "e\u0301", "A-b_C",
)  # fmt: skip


def _sweep(prober: Prober) -> None:
    prober.send_all(_cases(prober))


def _cases(prober: Prober) -> Iterator[Case]:
    build = prober.bodies
    own = prober.target.tenant.job_ids
    for wrong in (*build.typical(), *one_of_each(build)):
        yield Case(prober.request(wrong.body), wrong.what)
    for odd in _ODD_IDS:
        what = f"the job id {short(odd, 60)}"
        yield Case(prober.request(build.body([build.item(odd)])), what, OPAQUE)
    item, body = build.full(own[0]), build.body([build.full(own[0])])
    for value in (None, "x", {"a": [1]}):
        odd_item, what = build.body([{**item, "x_unknown": value}]), as_json(value)
        yield Case(prober.request(odd_item), f"an unknown field of an item: {what}", UNKNOWN)
        odd_body = {**body, "x_unknown": value}
        yield Case(prober.request(odd_body), f"an unknown field: {what}", UNKNOWN)
    for size in (2, 11, 51, 101, 257, 1025, 4097):
        items = [build.item(own[n % len(own)]) for n in range(size)]
        yield Case(prober.request(build.body(items)), f"{size} items", SIZE)
    padded = ijson.dumps(body)
    for size in (70_000, 600_000):
        yield Case(prober.request(padded + b" " * (size - len(padded))), f"{size} bytes", SIZE)
    yield from _raw(prober, own[0])
    for name in build.fields:
        for value in build.fields[name].valid()[:3]:
            yield Case(
                prober.request(build.body([{JOB: own[0], name: value}])),
                f"`{name}`: {as_json(value)}",
            )
        if build.fields[name].is_free_text:
            for text in ("", "\0", "é任\U0001f600", "'\"\\%s{}", "x" * 300):
                text_item = build.body([{JOB: own[0], name: text}])
                yield Case(prober.request(text_item), f"`{name}`: {short(text, 60)}")
    for project, what in (
        ("x" * 65, "a project id of 65 characters"),
        ("a b", "the project 'a b'"),
    ):
        request = evolve(prober.request(body), path=prober.path(project), fresh=True)
        yield Case(request, what)


def _raw(prober: Prober, job: str) -> Iterator[Case]:
    good = ijson.dumps({ITEMS: [{JOB: job}]})
    for number in (b"[" * 1000 + b"]" * 1000, b"1e400", b"9" * 400):
        body = good[:-1] + b', "x_unknown": ' + number + b"}"
        yield Case(prober.request(body), "an extreme in an ignored field", EXTREMES, SURVIVED)


def one_of_each(build: Bodies) -> list[InvalidBody]:
    """One wrong body for each field, kind of defect and place."""
    seen: dict[str, InvalidBody] = {}
    for wrong in build.invalid():
        value, _, where = wrong.what.partition(", in an item that is ")
        kind = next((word for word in ("missing", "null") if word in value), "wrong")
        seen.setdefault(f"{wrong.field}/{kind}/{where}", wrong)
    return list(seen.values())


SCENARIOS: Final = (Scenario("a first sweep", _sweep, required=True),)
