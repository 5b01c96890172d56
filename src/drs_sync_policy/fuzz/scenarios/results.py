"""Relations between responses: mixtures, orders, splits, the same again, foreign jobs."""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.rules.words import as_json
from drs_sync_policy.fuzz.scenarios.first import bodies, languages
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.verdict import Exchange, Violation

INDEPENDENT: Final = "items-are-independent"
REPEAT: Final = "repeating-is-harmless"
FOREIGN: Final = "foreign-job-looks-unknown"

Outcome = tuple[Any, ...]


def results(exchange: Exchange) -> list[Mapping[str, Any]] | None:
    """The results of a 200, None where the response is none or is out of shape."""
    if exchange.response is None or exchange.response.status != 200:
        return None
    try:
        found = ijson.loads(exchange.response.body)["results"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        return None
    return found


def outcome(result: Mapping[str, Any]) -> Outcome:
    """What a result says, its message left out: that may name a request, a time or a position."""
    return (result.get("id"), result.get("status"), result.get("error_code"))


def kinds(prober: Prober) -> dict[str, str]:
    """A job of each kind that the profile knows, by what it is."""
    target = prober.target
    found = {"an own job": target.tenant.job_ids[0], "an unknown job": prober.unknown_job()}
    if len(target.tenant.job_ids) > 1:
        found["another own job"] = target.tenant.job_ids[1]
    if target.blocked_job_ids:
        found["a blocked job"] = target.blocked_job_ids[0]
    if target.other:
        found["a foreign job"] = target.other.job_ids[0]
    return found


def _blocked(prober: Prober) -> None:
    """A job whose state forbids the request fails, in a 200, whatever else the batch has."""
    build = bodies(prober)
    own = prober.target.tenant.job_ids[0]
    for job in prober.target.blocked_job_ids[:3]:
        for language in (None, *languages(prober)):
            for items in ([build.full(job)], [build.item(own), build.item(job), build.item(own)]):
                request = prober.request(build.body(items), language=language)
                prober.send(request, case="a blocked job", rule="blocked-job-fails-alone")


def _mixtures(prober: Prober) -> None:
    """Every sequence of up to three jobs of the kinds there are: the outcome of each is its own."""
    build = bodies(prober)
    known = kinds(prober)
    alone: dict[str, tuple[Outcome, Exchange]] = {}
    for what, job in known.items():
        exchange = prober.send(prober.request(build.body([build.item(job)])), case=f"{what} alone")
        found = results(exchange)
        if found is not None and len(found) == 1:
            alone[job] = (outcome(found[0]), exchange)

    def send(names: tuple[str, ...]) -> None:
        jobs = [known[name] for name in names]
        case = f"a batch of {', then '.join(names)}"
        exchange = prober.send(
            prober.request(build.body([build.item(job) for job in jobs])), case=case
        )
        _compare(prober, exchange, jobs, alone, case)

    sequences = [s for size in (2, 3) for s in itertools.product(known, repeat=size)]
    prober.each(send, sequences)
    prober.each(send, [tuple(known), tuple(reversed(known)), tuple(known) * 4])


def _compare(
    prober: Prober,
    exchange: Exchange,
    jobs: Sequence[str],
    alone: Mapping[str, tuple[Outcome, Exchange]],
    case: str,
) -> None:
    found = results(exchange)
    if found is None or len(found) != len(jobs):
        return
    prober.checked(INDEPENDENT)
    for position, (job, result) in enumerate(zip(jobs, found, strict=True)):
        if job not in alone or result.get("id") != job:
            continue
        expected, single = alone[job]
        if outcome(result) != expected:
            prober.note(
                Violation(
                    INDEPENDENT,
                    case,
                    f"results[{position}] as it is alone: {_described(expected)}",
                    _described(outcome(result)),
                    (single, exchange),
                )
            )


def _described(found: Outcome) -> str:
    _, status, code = found
    return f"{status}" + (f" with {code}" if code else "")


def _permutations(prober: Prober) -> None:
    """A batch in other orders, and cut in two, says the same of every item."""
    build = bodies(prober)
    known = list(kinds(prober).values())
    variants = [
        build.full(job, n)
        for n, job in enumerate([*known, *(prober.unknown_job() for _ in range(6))])
    ]
    random = prober.random("permutations")
    whole = prober.send(prober.request(build.body(variants)), case="a batch")
    found = results(whole)
    if found is None or len(found) != len(variants):
        return
    alone = {str(r.get("id")): (outcome(r), whole) for r in found}
    orders = [list(reversed(variants)), sorted(variants, key=lambda item: item["job_id"])]
    orders += [random.sample(variants, len(variants)) for _ in range(4)]
    for order in orders:
        jobs = [item["job_id"] for item in order]
        exchange = prober.send(prober.request(build.body(order)), case="the batch in another order")
        _compare(prober, exchange, jobs, alone, "the batch in another order")
    for cut in range(1, len(variants)):
        for part in (variants[:cut], variants[cut:]):
            jobs = [item["job_id"] for item in part]
            exchange = prober.send(prober.request(build.body(part)), case=f"the batch cut at {cut}")
            _compare(prober, exchange, jobs, alone, f"the batch cut at {cut}")


def _repeats(prober: Prober) -> None:
    """The same request again gets the same response."""
    build = bodies(prober)
    known = kinds(prober)
    cases: list[tuple[Any, str]] = [
        (build.body([build.full(job)]), what) for what, job in known.items()
    ]
    cases += [
        (
            build.body([build.full(job, n) for n, job in enumerate(known.values())]),
            "a batch of every kind",
        ),
        ({}, "a body without items"),
        (build.body([build.item("")]), "an empty job id"),
        (build.body([]), "no items"),
    ]
    for body, what in cases:
        request = prober.request(body)
        first = prober.send(request, case=what)
        for time in ("second", "third"):
            again = prober.send(request, case=f"{what}, the {time} time")
            prober.checked(REPEAT)
            if essence(first) != essence(again):
                prober.note(
                    Violation(
                        REPEAT,
                        f"{what}, the {time} time",
                        f"the same response: {seen(first)}",
                        seen(again),
                        (first, again),
                    )
                )


def essence(exchange: Exchange) -> Any:
    """What a response says, apart from its messages."""
    if exchange.response is None:
        return None
    found = results(exchange)
    if found is not None:
        return (200, [outcome(result) for result in found])
    try:
        body = ijson.loads(exchange.response.body)
    except ValueError:
        body = None
    return (exchange.response.status, body.get("error_code") if isinstance(body, dict) else None)


def seen(exchange: Exchange) -> str:
    """What a response says, in a line."""
    said = essence(exchange)
    if said is None:
        return exchange.silence
    status, rest = said
    if isinstance(rest, list):
        rest = "; ".join(_described(entry) for entry in rest)
    return f"{status} {rest or ''}".strip()[:300]


def _foreign(prober: Prober) -> None:
    """A foreign job's result is that of an unknown one, but for the id."""
    other = prober.target.other
    if other is None:
        return
    build = bodies(prober)
    own = prober.target.tenant.job_ids[0]
    for language in (None, *languages(prober)):
        for shape in ("alone", "after an own job", "before an own job"):
            for foreign in other.job_ids[:2]:
                pair = []
                for job in (foreign, prober.unknown_job(), prober.unknown_job()):
                    item, mine = build.full(job), build.item(own)
                    items = {"alone": [item], "after an own job": [mine, item]}.get(
                        shape, [item, mine]
                    )
                    request = prober.request(build.body(items), language=language)
                    rule = FOREIGN if job == foreign else None
                    pair.append((job, prober.send(request, case=f"a job {shape}", rule=rule)))
                _indistinct(
                    prober,
                    pair,
                    f"a foreign and an unknown job, {shape}, {language or 'no language'}",
                )


def _foreign_far_behind(prober: Prober) -> None:
    """Whose a job is, is asked of every item, not of the first ones."""
    other = prober.target.other
    if other is None:
        return
    build = bodies(prober)
    own = prober.target.tenant.job_ids
    for size in (5, 12, 60, 120, 600):
        for job in other.job_ids[:2]:
            items = [build.item(own[n % len(own)]) for n in range(size - 1)]
            for batch in (
                [*items, build.item(job)],
                [build.item(job), *items],
                [build.item(job)] * 3,
            ):
                prober.send(
                    prober.request(build.body(batch)), case=f"a foreign job in {size} items"
                )


def _indistinct(prober: Prober, found: list[tuple[str, Exchange]], case: str) -> None:
    faces = [_face(job, exchange) for job, exchange in found]
    foreign, unknown, control = faces
    if foreign is None or unknown is None:
        return
    prober.checked(FOREIGN)
    if unknown != control:  # messages that differ by themselves tell nothing
        foreign, unknown = _without_message(foreign), _without_message(unknown)
    if foreign != unknown:
        prober.note(
            Violation(
                FOREIGN,
                case,
                f"as for an unknown job: {as_json(unknown)}",
                as_json(foreign),
                (found[1][1], found[0][1]),
            )
        )


def _face(job: str, exchange: Exchange) -> dict[str, Any] | None:
    """The result of `job`, every mention of its id replaced."""
    found = results(exchange)
    for result in found or ():
        if result.get("id") == job:
            return {
                name: value.replace(job, "<id>") if isinstance(value, str) else value
                for name, value in result.items()
            }
    return None


def _without_message(face: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in face.items() if name != "error_msg"}


SCENARIOS: Final = (
    Scenario("foreign jobs", _foreign, (FOREIGN,), needs=("other_tenant",), required=True),
    Scenario("repeats", _repeats, (REPEAT,), required=True),
    Scenario(
        "blocked jobs",
        _blocked,
        ("blocked-job-fails-alone",),
        needs=("blocked_job_ids",),
        required=True,
    ),
    Scenario("foreign jobs far behind", _foreign_far_behind, (FOREIGN,), needs=("other_tenant",)),
    Scenario("mixtures", _mixtures, (INDEPENDENT,)),
    Scenario("orders", _permutations, (INDEPENDENT,)),
)
