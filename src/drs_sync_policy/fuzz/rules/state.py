"""What is stored after some exchanges: what the contract says of it, rule by rule.

Each check works out from the exchanges what should be stored: the items that succeeded, in their
order, on top of what was stored before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import JOB
from drs_sync_policy.fuzz.ledger import Exchange, Stored
from drs_sync_policy.fuzz.rules import status, words
from drs_sync_policy.fuzz.rules.check import Check
from drs_sync_policy.fuzz.rules.evidence import Policy
from drs_sync_policy.fuzz.rules.problem import Problem, Skip
from drs_sync_policy.fuzz.rules.stored import State, merge


def stored_as_sent(it: State) -> Iterator[Problem]:
    """The fields of the items that succeeded have their values.

    A value that was there before is left to `same_state_again`, several items of a job in one
    request to `items_in_order`.
    """
    changed = [job for job in it.changed() if not it.has_several(job)]
    yield from _differ(
        it, {job: _unlike(it.merged(job), it.before.get(job, {})) for job in changed}
    )


def rest_is_kept(it: State) -> Iterator[Problem]:
    """What no item names is as before."""
    if not all(_is_done(exchange) for exchange in it.exchanges):
        raise Skip
    changed = it.changed()
    yield from _differ(
        it,
        {
            job: {name: v for name, v in before.items() if name not in it.merged(job)}
            for job, before in it.before.items()
        },
        exactly=[job for job in it.before if job not in changed],
    )


def items_in_order(it: State) -> Iterator[Problem]:
    """Of several items for one job the later wins, field by field."""
    several = [job for job in it.after if it.has_several(job)]
    yield from _differ(it, {job: it.merged(job) for job in several})


def last_request_wins(it: State) -> Iterator[Problem]:
    """The fields that the last request names have its values, whatever earlier requests stored."""
    wanted = {job: it.merged(job, first=len(it.exchanges) - 1) for job in it.changed()}
    if len(it.exchanges) == 1:  # then another value must have been there before
        wanted = {job: _unlike(policy, it.before.get(job, {})) for job, policy in wanted.items()}
    yield from _differ(it, wanted)


def same_state_again(it: State) -> Iterator[Problem]:
    """Values that are stored already are still stored."""
    wanted = {job: it.merged(job) for job in it.changed()}
    if len(it.exchanges) == 1:
        wanted = {job: _like(policy, it.before.get(job, {})) for job, policy in wanted.items()}
    elif len({exchange.request for exchange in it.exchanges}) > 1:
        raise Skip
    yield from _differ(it, wanted)


def rejected_changes_nothing(it: State) -> Iterator[Problem]:
    """After a rejected request, exactly the same is stored."""
    last = it.exchanges[-1].response
    if last is None or last.status < 400:
        raise Skip
    yield from _differ(it, it.model(), exactly=it.after)


def unknown_fields_store_nothing(it: State) -> Iterator[Problem]:
    """The known fields are stored, and nothing else."""
    if not all(_is_done(exchange) for exchange in it.exchanges):
        raise Skip
    yield from _differ(it, it.model(), exactly=it.after)


def other_tenants_change_nothing(it: State) -> Iterator[Problem]:
    """Whatever was sent for another tenant, exactly the same is stored."""
    yield from _differ(it, it.before, exactly=it.after)


def others_are_carried_out(it: State) -> Iterator[Problem]:
    """Next to items that fail, those for own jobs are stored; a blocked job is as before."""
    if any(exchange.results is None for exchange in it.exchanges):
        raise Skip
    blocked = [job for job in it.after if job in it.oracle.target.blocked_job_ids]
    wanted = {
        job: merge(
            it.readable(item)
            for exchange in it.exchanges
            for item in exchange.expectation.items
            if item[JOB] == job
        )
        for job in it.after
        if job not in blocked
    }
    kept = {job: it.before[job] for job in blocked if job in it.before}
    yield from _differ(it, {**wanted, **kept}, exactly=kept)


def some_order_explains(it: State) -> Iterator[Problem]:
    """Requests at the same time: some order of them leaves what is stored.

    The order is found from its end: a request all of whose values are stored, or are overwritten by
    those that are already placed, may be the last of the rest. If several may be, it does not
    matter which is taken first, so no order is tried twice.
    """
    rest = [it.set_by(place) for place in range(len(it.exchanges))]
    if not any(rest):
        raise Skip
    placed: set[tuple[str, str]] = set()
    while rest:
        fitting = next((e for e in rest if not _wrong(it, e, placed)), None)
        if fitting is None:
            break
        placed |= fitting.keys()
        rest.remove(fitting)
    if not rest:
        return
    wrong = sorted({place for entry in rest for place in _wrong(it, entry, placed)})
    job = wrong[0][0]
    names = [name for where, name in wrong if where == job]
    last = {n: next(e[job, n] for e in reversed(rest) if (job, n) in e) for n in names}
    wanted = {name: value for name, value in last.items() if value is not None}
    found = {n: it.after[job][n] for n in names if n in it.after[job]}
    yield Problem(
        f"what some order of the {len(it.exchanges)} requests leaves; "
        f"of {job}, {', '.join(f'`{name}`' for name in names)} fits none",
        " and ".join(f"{name}: {words.short(policy, 300)}" for name, policy in it.after.items()),
        fields=tuple(names),
        place=job,
        stored=Stored(job, it.project_id, wanted, found),
    )


def _wrong(
    it: State, sets: dict[tuple[str, str], Any], placed: set[tuple[str, str]]
) -> list[tuple[str, str]]:
    """What a request set that is not stored, and that no later request replaced."""
    return [
        place
        for place, value in sets.items()
        if place not in placed and not _has(it.after[place[0]], place[1], value)
    ]


def _is_done(exchange: Exchange) -> bool:
    return exchange.results is not None


def _has(policy: Policy, name: str, value: Any) -> bool:
    """Whether a policy that was read has this value; None if it has to have none."""
    return ijson.same(policy.get(name), value)


def _like(policy: Policy, other: Policy) -> dict[str, Any]:
    return {name: value for name, value in policy.items() if _has(other, name, value)}


def _unlike(policy: Policy, other: Policy) -> dict[str, Any]:
    return {name: value for name, value in policy.items() if not _has(other, name, value)}


def _differ(
    it: State, wanted: Mapping[str, Policy], *, exactly: Iterable[str] = ()
) -> Iterator[Problem]:
    """The jobs whose policy is not as `wanted`; those in `exactly` have no other field."""
    exact = set(exactly)
    checked = {job: policy for job, policy in wanted.items() if job in it.after}
    if not any(policy or job in exact for job, policy in checked.items()):
        raise Skip
    for job, policy in checked.items():
        found = it.after[job]
        names = {**policy, **found} if job in exact else policy
        wrong = [n for n in names if n not in policy or not _has(found, n, policy[n])]
        if wrong:
            right = {name: policy[name] for name in wrong if policy.get(name) is not None}
            yield Problem(
                f"stored for {job}: {words.policy(right, wrong)}",
                words.stored(found, wrong),
                fields=tuple(wrong),
                place=job,
                stored=Stored(
                    job,
                    it.project_id,
                    right,
                    {name: found[name] for name in wrong if name in found},
                ),
            )


CHECKS: Final = (
    status.by_status("unknown-fields-are-ignored", stored=unknown_fields_store_nothing),
    Check("refused-request-changes-nothing", stored=rejected_changes_nothing),
    Check("tenants-are-isolated", stored=other_tenants_change_nothing),
    Check("accepted-policy-is-stored", stored=stored_as_sent),
    Check("omitted-field-keeps-its-value", stored=rest_is_kept),
    Check("later-items-win", stored=items_in_order),
    Check("later-calls-win", stored=last_request_wins),
    Check("concurrent-calls-take-turns", stored=some_order_explains),
)
