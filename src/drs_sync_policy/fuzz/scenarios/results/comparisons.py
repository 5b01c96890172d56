"""Relations between responses: mixtures, orders, splits, the same again, foreign jobs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Final

from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy_contract import RuleId

_INDEPENDENT: Final[RuleId] = "items-are-independent"
_FOREIGN: Final[RuleId] = "foreign-job-looks-unknown"


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
    build = prober.bodies
    own = prober.target.tenant.job_ids[0]
    for job in prober.target.blocked_job_ids[:3]:
        for language in (None, *prober.oracle.languages):
            for items in ([build.full(job)], [build.item(own), build.item(job), build.item(own)]):
                request = prober.request(build.body(items), language=language)
                prober.send(request, case="a blocked job", rule="blocked-job-fails-alone")


def _mixtures(prober: Prober) -> None:
    """Every sequence of up to three jobs of the kinds there are: the result of each is its own."""
    build = prober.bodies
    known = kinds(prober)
    alone = [
        prober.send(prober.request(build.body([build.item(job)])), case=f"{what} alone")
        for what, job in known.items()
    ]

    def send(names: tuple[str, ...]) -> None:
        case = f"one batch of {len(names)} items: {', then '.join(names)}"
        body = build.body([build.item(known[name]) for name in names])
        exchange = prober.send(prober.request(body), case=case)
        prober.check(_INDEPENDENT, Evidence((*alone, exchange)), case=case)

    sequences = [s for size in (2, 3) for s in itertools.product(known, repeat=size)]
    prober.each(send, sequences)
    prober.each(send, [tuple(known), tuple(reversed(known)), tuple(known) * 4])


def _permutations(prober: Prober) -> None:
    """A batch in other orders, and cut in two, says the same of every item."""
    build = prober.bodies
    jobs = [*kinds(prober).values(), *(prober.unknown_job() for _ in range(6))]
    variants = [build.full(job, n) for n, job in enumerate(jobs)]
    random = prober.random("permutations")
    whole = prober.send(prober.request(build.body(variants)), case="a batch")
    parts = [(list(reversed(variants)), "the batch in another order")]
    parts += [
        (random.sample(variants, len(variants)), "the batch in another order") for _ in "12345"
    ]
    for cut in range(1, len(variants)):
        parts += [(part, f"the batch cut at {cut}") for part in (variants[:cut], variants[cut:])]
    for items, case in parts:
        exchange = prober.send(prober.request(build.body(items)), case=case)
        prober.check(_INDEPENDENT, Evidence((whole, exchange)), case=case)


def _repeats(prober: Prober) -> None:
    """The same request again gets the same response."""
    build = prober.bodies
    known = kinds(prober)
    cases: list[tuple[Any, str]] = [
        (build.body([build.item(job)]), what) for what, job in known.items()
    ]
    every = build.body([build.full(job, n) for n, job in enumerate(known.values())])
    cases += [
        (every, "a batch of every kind"),
        ({}, "a body without items"),
        (build.body([build.item("")]), "an empty job id"),
        (build.body([]), "no items"),
    ]
    for body, what in cases:
        request = prober.request(body)
        first = prober.send(request, case=what)
        for time in ("second", "third"):
            case = f"{what}, the {time} time"
            again = prober.send(request, case=case)
            prober.check("repeating-is-harmless", Evidence((first, again)), case=case)


def _foreign(prober: Prober) -> None:
    """A foreign job's result is that of an unknown one, but for the id.

    In items with no field and with every field, because another bug may reject either; three times,
    because messages may vary at random.
    """
    other = prober.target.other
    if other is None:
        return
    build = prober.bodies
    own = prober.target.tenant.job_ids[0]
    forms: list[Callable[[str], dict[str, Any]]] = [build.item, build.full, build.item]
    for language in (None, *prober.oracle.languages):
        for shape in ("alone", "after an own job", "before an own job"):
            compared: list[Exchange] = []
            for form, foreign in itertools.product(forms, other.job_ids[:2]):
                for job in (foreign, prober.unknown_job(), prober.unknown_job()):
                    item, mine = form(job), build.item(own)
                    items = {"alone": [item], "after an own job": [mine, item]}.get(
                        shape, [item, mine]
                    )
                    request = prober.request(build.body(items), language=language)
                    rule = _FOREIGN if job == foreign else None
                    compared.append(prober.send(request, case=f"a job {shape}", rule=rule))
            case = f"a foreign and an unknown job, {shape}, {language or 'no language'}"
            prober.check(_FOREIGN, Evidence(tuple(compared)), case=case)


def _foreign_far_behind(prober: Prober) -> None:
    """Whose a job is, is asked of every item, not of the first ones."""
    other = prober.target.other
    if other is None:
        return
    build = prober.bodies
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


SCENARIOS: Final = (
    Scenario("foreign jobs", _foreign, needs=("other_tenant",), required=True),
    Scenario("repeats", _repeats, required=True),
    Scenario("blocked jobs", _blocked, needs=("blocked_job_ids",), required=True),
    Scenario("foreign jobs far behind", _foreign_far_behind, needs=("other_tenant",)),
    Scenario("mixtures", _mixtures),
    Scenario("orders", _permutations),
)
