"""What is stored of fields that the contract does not know: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drs_sync_policy.fuzz.cases.bodies import ITEMS, JOB, Bodies
from drs_sync_policy.fuzz.readback import PROBE
from drs_sync_policy.fuzz.rules.words import as_json
from drs_sync_policy.fuzz.scenarios.accepted import unknown_names
from drs_sync_policy.fuzz.scenarios.results import results
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.scenarios.state_prober import UNKNOWN, StateProber, reading


@reading((UNKNOWN,))
def _unknown_fields(state: StateProber) -> None:
    """Unknown fields change nothing that is stored, whatever they are called."""
    build = state.build
    job = state.tenant.job_ids[0]
    state.settle(job)
    for body, what in _smuggled(build, job):
        _ignored(state, body, what)
    names = [
        name
        for name in unknown_names(state.prober.oracle.contract.document, build)
        if name not in build.item_schema.properties and name not in build.root.properties
    ]
    for number, value in enumerate((True, "x", None, 1, False)):
        item = build.full(job, number)
        extra = dict.fromkeys(names, value)
        many = f"many names, each {as_json(value)}"
        kept = _ignored(state, build.body([{**item, **extra}]), f"{many}, in an item")
        top = {**build.body([build.full(job, number + 1)]), **extra}
        kept_too = _ignored(state, top, f"{many}, next to `{ITEMS}`")
        for name in names if not (kept and kept_too) else ():
            item = build.full(job, number + 2)
            body = build.body([{**item, name: value}]) if not kept else build.body([item])
            what = f"{as_json(name)}: {as_json(value)}"
            _ignored(state, body if not kept else {**body, name: value}, what)


def _ignored(state: StateProber, body: dict[str, Any], what: str) -> bool:
    """Whether the body stores what its known fields say, and nothing more."""
    item = body[ITEMS][0]
    wanted = dict(state.read(item[JOB])[0])
    wanted |= {name: value for name, value in item.items() if name in state.build.fields}
    exchange = state.prober.send(state.prober.request(body), case=f"unknown fields: {what}")
    if results(exchange) is None:
        return True
    case = f"unknown fields: {what}"
    return state.unchanged(UNKNOWN, item[JOB], wanted, case=case, after=[exchange])


def _smuggled(build: Bodies, job: str) -> Iterator[tuple[dict[str, Any], str]]:
    """A policy in places where it means nothing, next to another one that counts."""
    policy = build.policy(5)  # other values than those that are stored by then
    bare = build.item(job)
    yield build.body([{**build.full(job, 4), PROBE: "x"}]), f"`{PROBE}` in an item"
    yield {**build.body([build.full(job, 4)]), PROBE: "x"}, f"`{PROBE}` next to `{ITEMS}`"
    yield {**build.body([bare]), **policy}, f"each policy field next to `{ITEMS}`"
    yield {**build.body([bare]), "policy": policy}, f"a policy next to `{ITEMS}`"
    for name in ("policy", "policies", "data", "params", "attributes", "defaults"):
        yield build.body([{**bare, name: policy}]), f"a policy in `{name}`"
        yield build.body([{**bare, name: [policy]}]), f"a list of policies in `{name}`"
    for change, what in (
        (str.upper, "in upper case"),
        (_dashed, "with dashes"),
        (_camel, "in camel case"),
        (str.title, "with capitals"),
        (_squeezed, "without underscores"),
    ):
        fields = {change(name): value for name, value in policy.items() if change(name) != name}
        yield build.body([{**bare, **fields}]), f"the policy fields {what}"
    yield (
        build.body([{**bare, **{f"{name} ": v for name, v in policy.items()}}]),
        "the fields padded",
    )
    yield build.body([{**bare, ITEMS: [build.item(job, **policy)]}]), "items within an item"
    yield {**build.body([bare]), "JOBS": [build.item(job, **policy)]}, "items under another name"


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _squeezed(name: str) -> str:
    return name.replace("_", "")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


SCENARIOS: Final = (
    Scenario("unknown fields and state", _unknown_fields, (UNKNOWN,), needs=("readback",)),
)
