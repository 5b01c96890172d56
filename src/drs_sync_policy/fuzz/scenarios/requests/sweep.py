"""One or two cases of everything, first of all: most faults are known within a second."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import Bodies, InvalidBody
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.rules.words import as_json, short
from drs_sync_policy.fuzz.scenarios.credentials import (
    bad_credentials_and_bodies,
    project_cases,
    token_cases,
    tokens_elsewhere,
)
from drs_sync_policy.fuzz.scenarios.requests.invalid_bodies import invalid_items_of_others
from drs_sync_policy.fuzz.scenarios.requests.protocol import (
    header_cases,
    media_type_cases,
    method_cases,
)
from drs_sync_policy.fuzz.scenarios.requests.raw_bodies import EXTREMES, SURVIVED, not_i_json_cases
from drs_sync_policy.fuzz.scenarios.requests.valid_bodies import OPAQUE, SIZE, UNKNOWN
from drs_sync_policy.fuzz.scenarios.results.similar_ids import near_own_jobs
from drs_sync_policy.fuzz.scenarios.scenario import Scenario

_ODD_IDS: Final = (
    "x", "a/b", "a b", " x ", "é任", "\U0001f600", "\0", "'\"`", "100% {0} %s", "\\", "x" * 37,
    "X" * 65, "x" * 300, "<b>", "e\u0301", "A-b_C",
)  # fmt: skip


def _sweep(prober: Prober) -> None:
    """The likeliest wrong bodies; then one of everything in turn."""
    build = prober.bodies
    likely = [*build.typical()]
    known = {wrong.what for wrong in likely}
    others = [wrong for wrong in one_of_each(build) if wrong.what not in known]
    typical, placed = (
        (Case(prober.request(wrong.body), wrong.what) for wrong in bodies)
        for bodies in (likely, others)
    )
    prober.send_all_apart(itertools.islice(typical, _LIKELIEST))
    prober.send_all_apart(
        *(itertools.islice(cases(prober), count) for cases, count in _BEGINNINGS),
        *(cases(prober) for cases in (_ids, _sizes, _values, _unknown, _extremes)),
        typical,
        placed,
    )


def _ids(prober: Prober) -> Iterator[Case]:
    for odd in _ODD_IDS:
        body = prober.bodies.body([prober.bodies.item(odd)])
        yield Case(prober.request(body), f"the job id {short(odd, 60)}", OPAQUE)


def _unknown(prober: Prober) -> Iterator[Case]:
    build = prober.bodies
    item = build.full(prober.target.tenant.job_ids[0])
    body = build.body([item])
    for value in (None, "x", {"a": [1]}):
        odd_item, what = build.body([{**item, "x_unknown": value}]), as_json(value)
        yield Case(prober.request(odd_item), f"an unknown field of an item: {what}", UNKNOWN)
        odd_body = {**body, "x_unknown": value}
        yield Case(prober.request(odd_body), f"an unknown field: {what}", UNKNOWN)


def _sizes(prober: Prober) -> Iterator[Case]:
    build = prober.bodies
    own = prober.target.tenant.job_ids
    for size in (2, 11, 51, 101, 257, 1025, 4097):
        items = [build.item(own[n % len(own)]) for n in range(size)]
        yield Case(prober.request(build.body(items)), f"{size} items", SIZE)
    padded = ijson.dumps(build.body([build.full(own[0])]))
    for size in (70_000, 600_000):
        yield Case(prober.request(padded + b" " * (size - len(padded))), f"{size} bytes", SIZE)


def _values(prober: Prober) -> Iterator[Case]:
    build = prober.bodies
    job = prober.target.tenant.job_ids[0]
    for name, schema in build.fields.items():
        texts = ("", "\0", "é任\U0001f600", "'\"\\%s{}", "x" * 300) if schema.is_free_text else ()
        for value in (*texts, *(value for value in schema.valid()[:3] if value not in texts)):
            request = prober.request(build.body([build.item(job, **{name: value})]))
            yield Case(request, f"`{name}`: {short(value, 60)}")


def _extremes(prober: Prober) -> Iterator[Case]:
    build = prober.bodies
    good = ijson.dumps(build.body([build.item(prober.target.tenant.job_ids[0])]))
    for number in (b"[" * 1000 + b"]" * 1000, b"1e400", b"9" * 400):
        body = good[:-1] + b', "x_unknown": ' + number + b"}"
        yield Case(prober.request(body), "an extreme in an ignored field", EXTREMES, SURVIVED)


def _items_of_others(prober: Prober) -> Iterator[Case]:
    for wrong in invalid_items_of_others(prober):
        yield Case(prober.request(wrong.body), wrong.what)


_LIKELIEST: Final = 40
"""So many wrong bodies come first."""
_BEGINNINGS: Final[tuple[tuple[Callable[[Prober], Iterator[Case]], int], ...]] = (
    (method_cases, 3),
    (media_type_cases, 12),
    (header_cases, 16),
    (not_i_json_cases, 24),
    (token_cases, 12),
    (tokens_elsewhere, 6),
    (bad_credentials_and_bodies, 3),
    (project_cases, 6),
    (near_own_jobs, 15),
    (_items_of_others, 6),
)
"""Cases of other scenarios, and how many: those that show most come first in each."""


def one_of_each(build: Bodies) -> list[InvalidBody]:
    """One wrong body for each field, kind of defect and place."""
    seen: dict[str, InvalidBody] = {}
    for wrong in build.invalid():
        value, _, where = wrong.what.partition(", in an item that is ")
        kind = next((word for word in ("missing", "null") if word in value), "wrong")
        seen.setdefault(f"{wrong.field}/{kind}/{where}", wrong)
    return list(seen.values())


SCENARIOS: Final = (Scenario("a first sweep", _sweep, required=True),)
