"""What is stored, against what the answers say: every rule about state across calls."""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve

from drs_sync_policy.fuzz.bodies import ITEMS, JOB, Bodies
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.profile import Tenant
from drs_sync_policy.fuzz.scenarios.accepted import unknown_names
from drs_sync_policy.fuzz.scenarios.first import bodies, languages
from drs_sync_policy.fuzz.scenarios.outcomes import results
from drs_sync_policy.fuzz.scenarios.plan import Scenario
from drs_sync_policy.fuzz.scenarios.protocol import raw_bodies
from drs_sync_policy.fuzz.scenarios.sweep import one_of_each
from drs_sync_policy.fuzz.stored import PROBE, Policy, Store, Unreadable, differences, same
from drs_sync_policy.fuzz.values import texts
from drs_sync_policy.fuzz.verdict import Breach, Exchange
from drs_sync_policy.fuzz.wire import Call

STORED: Final = "accepted-policy-is-stored"
KEEPS: Final = "omitted-field-keeps-its-value"
LATER_ITEMS: Final = "later-items-win"
LATER_CALLS: Final = "later-calls-win"
REPEAT: Final = "repeating-is-harmless"
REFUSED: Final = "refused-request-changes-nothing"
UNKNOWN: Final = "unknown-fields-are-ignored"
ISOLATED: Final = "tenants-are-isolated"
BLOCKED: Final = "blocked-job-fails-alone"
UNKNOWN_JOB: Final = "unknown-job-fails-alone"
LANGUAGE: Final = "language-changes-only-messages"


class Ground:
    """The target's jobs with known policies, and what it takes to change and read them."""

    def __init__(self, prober: Prober, *, tenant: Tenant | None = None) -> None:
        self.prober = prober
        self.build: Bodies = bodies(prober)
        self.store: Store = Store(prober, self.build.fields)
        self.tenant: Tenant = tenant or prober.target.tenant

    def set(self, items: Sequence[Mapping[str, Any]], *, case: str, **options: Any) -> Exchange:
        """Send a batch of these items."""
        body = self.build.body(items)
        return self.prober.send(self.prober.call(body, tenant=self.tenant, **options), case=case)

    def settle(self, job: str, variant: int = 0) -> Policy:
        """Give a job a policy with every field, and return what is stored then."""
        self.set([self.build.full(job, variant)], case="every field, to begin with")
        return self.read(job)[0]

    def read(self, job: str, *, may_lack: bool = False) -> tuple[Policy, Exchange]:
        """What is stored for a job of this tenant; nothing where it `may_lack` a policy."""
        return self.store.read(job, tenant=self.tenant, may_lack=may_lack)

    def expect(
        self, rule: str, job: str, wanted: Policy, *, case: str, after: Sequence[Exchange]
    ) -> bool:
        """Put `rule` to the test: whether `wanted` is what is stored for `job`."""
        found, seen = self.read(job)
        self.prober.ledger.judged(rule)
        wrong = differences(wanted, found)
        if wrong:
            self.prober.note(
                Breach(
                    rule,
                    case,
                    f"stored for {job}: {_shown(wanted, wrong)}",
                    f"stored is {_shown(found, wrong)}",
                    (*after, seen),
                )
            )
        return not wrong


def _shown(policy: Policy, names: Sequence[str]) -> str:
    parts = [
        f"{name}: {_short(policy[name])}" if name in policy else f"no {name}" for name in names
    ]
    return ", ".join(parts)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:100]}... ({len(text)} characters)"


def accepted(exchange: Exchange) -> bool:
    """Whether the whole batch succeeded, so that what is stored can be judged."""
    found = results(exchange)
    return bool(found) and all(entry.get("status") == "success" for entry in found or ())


def reading(
    rules: Sequence[str],
) -> Callable[[Callable[[Ground], None]], Callable[[Prober], None]]:
    """Hand a scenario its ground; where nothing can be read back, its rules are not judged."""

    def wrap(scenario: Callable[[Ground], None]) -> Callable[[Prober], None]:
        def run(prober: Prober) -> None:
            try:
                scenario(Ground(prober))
            except Unreadable as error:
                for rule in rules:
                    prober.ledger.not_judged(rule, f"what is stored cannot be read: {error}")

        return run

    return wrap


# --- fields --------------------------------------------------------------------------------------


@reading((STORED, KEEPS, LATER_CALLS))
def _basics(ground: Ground) -> None:
    """Each field alone, changed and changed back, and left out."""
    job = ground.tenant.job_ids[0]
    for number, other in enumerate(ground.tenant.job_ids):
        item = ground.build.full(other, number)
        exchange = ground.set([item], case="every field")
        if accepted(exchange):
            wanted = {k: v for k, v in item.items() if k != JOB}
            ground.expect(STORED, other, wanted, case="every field", after=[exchange])
    before = ground.settle(job, 1)
    for name, schema in ground.build.fields.items():
        for value in [*schema.right(), *schema.right()[:1]]:
            exchange = ground.set([ground.build.item(job, **{name: value})], case=f"`{name}` alone")
            if not accepted(exchange):
                continue
            case = f"`{name}`: {_short(value)} after {_short(before.get(name))}"
            ground.expect(STORED, job, {name: value}, case=case, after=[exchange])
            if not same(before.get(name), value):
                ground.expect(LATER_CALLS, job, {name: value}, case=case, after=[exchange])
            kept = {k: v for k, v in before.items() if k != name}
            ground.expect(KEEPS, job, kept, case=f"nothing but `{name}`", after=[exchange])
            before = {**before, **ground.read(job)[0]}
    for variant in (1, 2, 3):
        before = ground.settle(job, variant)
        exchange = ground.set([ground.build.item(job)], case="no field at all")
        ground.expect(KEEPS, job, before, case="no field at all", after=[exchange])
        for name in ground.build.fields:
            item = {name: before[name]} if name in before else {}
            exchange = ground.set([ground.build.item(job, **item)], case=f"`{name}` as it is")
            ground.expect(KEEPS, job, before, case=f"`{name}` as it is", after=[exchange])


@reading((STORED, KEEPS))
def _combinations(ground: Ground) -> None:
    """Every combination of fields, one after the other: what is named is stored, the rest stays."""
    combinations = ground.build.combinations()
    ground.prober.random("combinations").shuffle(combinations)
    jobs = ground.tenant.job_ids[: ground.prober.workers]
    shares = [(job, combinations[n :: len(jobs)]) for n, job in enumerate(jobs)]

    def work(share: tuple[str, list[dict[str, Any]]]) -> None:
        job, policies = share
        model = dict(ground.settle(job))
        last: list[Exchange] = []
        for policy in policies:
            case = "a call with " + (
                ", ".join(f"{k}: {_short(v)}" for k, v in policy.items()) or "no field"
            )
            exchange = ground.set([ground.build.item(job, **policy)], case=case)
            if not accepted(exchange):
                model = dict(ground.read(job)[0])
                continue
            rest = {name: value for name, value in model.items() if name not in policy}
            after = [*last, exchange]
            kept = ground.expect(STORED, job, policy, case=case, after=after)
            kept = ground.expect(KEEPS, job, rest, case=case, after=after) and kept
            model = {**model, **policy} if kept else dict(ground.read(job)[0])
            last = [exchange]

    ground.prober.each(work, shares)


@reading((STORED,))
def _texts(ground: Ground) -> None:
    """Any text is stored as it was sent."""
    free = [name for name, schema in ground.build.fields.items() if schema.is_free_text]
    everything = [*texts(), ("", "empty"), *((c * n, f"{n} times {c!r}") for c, n in _LONG)]
    jobs = ground.tenant.job_ids[: ground.prober.workers]
    shares = [(job, everything[n :: len(jobs)]) for n, job in enumerate(jobs)]

    def work(share: tuple[str, list[tuple[str, str]]]) -> None:
        job, some = share
        for (text, what), name in itertools.product(some, free):
            exchange = ground.set(
                [ground.build.item(job, **{name: text})], case=f"`{name}` is {what}"
            )
            if accepted(exchange):
                case = f"`{name}` is {what}"
                ground.expect(STORED, job, {name: text}, case=case, after=[exchange])

    ground.prober.each(work, shares)


_LONG: Final = tuple(
    (letter, length)
    for letter in ("x", "é", "\U0001f600")
    for length in (
        32,
        36,
        63,
        64,
        65,
        100,
        127,
        128,
        129,
        255,
        256,
        257,
        512,
        1000,
        1024,
        1025,
        4097,
        65536,
    )
)


# --- batches -------------------------------------------------------------------------------------


def duplicate_batches(
    build: Bodies, jobs: Sequence[str]
) -> Iterator[tuple[list[dict[str, Any]], str]]:
    """Batches in which a job appears more than once."""
    one, two = jobs[0], jobs[-1]
    a, b = build.policy(1), build.policy(2)
    yield [build.item(one, **a), build.item(one, **b)], "a job twice, with every field"
    yield [build.item(one, **b), build.item(one, **a)], "a job twice, the other way round"
    yield [build.item(one, **a), build.item(one)], "a job twice, the second time without a field"
    yield [build.item(one), build.item(one, **a)], "a job twice, the first time without a field"
    yield (
        [build.item(one, **a), build.item(two, **b), build.item(one, **b)],
        "a job twice, another between",
    )
    yield [build.item(one, **p) for p in (a, b, a, b, build.policy(3))], "a job 5 times"
    for name in build.fields:
        yield (
            [build.item(one, **a), build.item(one, **{name: b[name]})],
            f"a job twice, then only `{name}`",
        )
        yield (
            [build.item(one, **{name: a[name]}), build.item(one, **{name: b[name]})],
            f"`{name}` twice",
        )
    yield (
        [build.item(one, **{name: b[name]}) for name in build.fields],
        "each field in an item of its own",
    )
    yield (
        [build.item(one, **{name: a[name]}) for name in reversed(build.fields)],
        "the same, reversed",
    )


@reading((LATER_ITEMS,))
def _duplicates(ground: Ground) -> None:
    for items, what in duplicate_batches(ground.build, ground.tenant.job_ids):
        models = {job: dict(ground.settle(job)) for job in {item[JOB] for item in items}}
        exchange = ground.set(items, case=what)
        if not accepted(exchange):
            continue
        for item in items:
            models[item[JOB]] |= {k: v for k, v in item.items() if k != JOB}
        for job, model in models.items():
            ground.expect(LATER_ITEMS, job, model, case=what, after=[exchange])


@reading((STORED,))
def _large_batches(ground: Ground) -> None:
    """Every item of a large batch is stored, whichever place it is in."""
    jobs = ground.tenant.job_ids
    for size in (11, 21, 51, 101, 129, 201, 257, 501, 1025):
        for place in ("behind", "in front"):
            unknown = [ground.build.item(f"nobody-{n}") for n in range(size)]
            own = [ground.build.full(job, size + n) for n, job in enumerate(jobs)]
            items = [*unknown, *own] if place == "behind" else [*own, *unknown]
            case = f"own jobs {place} of {size} unknown ones"
            exchange = ground.set(items, case=case)
            found = results(exchange)
            if found is None or len(found) != len(items):
                continue
            for item in own:
                wanted = {k: v for k, v in item.items() if k != JOB}
                rule = UNKNOWN_JOB if size == 11 else STORED
                ground.expect(rule, item[JOB], wanted, case=case, after=[exchange])


@reading((BLOCKED, UNKNOWN_JOB))
def _failing_items(ground: Ground) -> None:
    """A job that fails stores nothing and leaves the others alone."""
    target = ground.prober.target
    own, last = ground.tenant.job_ids[0], ground.tenant.job_ids[-1]
    failing = [(UNKNOWN_JOB, ground.prober.unknown_job(), "an unknown job")]
    failing += [(BLOCKED, job, "a blocked job") for job in target.blocked_job_ids[:2]]
    for variant, (rule, job, what) in enumerate(failing * 2, 1):
        for order in itertools.permutations((own, job, last) if own != last else (own, job)):
            for mine in {own, last}:
                ground.settle(mine)
            blocked = ground.read(job, may_lack=True)[0] if rule == BLOCKED else None
            items = [ground.build.full(entry, variant) for entry in order]
            case = f"{what} at place {order.index(job) + 1} of {len(order)}"
            exchange = ground.set(items, case=case)
            if results(exchange) is None:
                continue
            for mine in dict.fromkeys((own, last)):
                wanted = ground.build.policy(variant)
                ground.expect(
                    rule, mine, wanted, case=f"an own job beside {case}", after=[exchange]
                )
            if blocked is not None:
                _unchanged(ground, rule, job, blocked, case=case, after=[exchange])


def _unchanged(
    ground: Ground, rule: str, job: str, before: Policy, *, case: str, after: Sequence[Exchange]
) -> bool:
    """Whether exactly `before` is stored, nothing more."""
    found, seen = ground.read(job, may_lack=not before)
    ground.prober.ledger.judged(rule)
    wrong = [name for name in {**before, **found} if not _equal(before, found, name)]
    if wrong:
        ground.prober.note(
            Breach(
                rule,
                case,
                f"stored for {job}, as before: {_shown(before, wrong)}",
                f"stored is {_shown(found, wrong)}",
                (*after, seen),
            )
        )
    return not wrong


def _equal(one: Policy, other: Policy, name: str) -> bool:
    return name in one and name in other and same(one[name], other[name])


# --- repeats, languages, unknown fields ----------------------------------------------------------


@reading((REPEAT, LATER_CALLS, LANGUAGE))
def _again(ground: Ground) -> None:
    job = ground.tenant.job_ids[0]
    a, b = ground.build.full(job, 1), ground.build.full(job, 2)
    for first, then in ((a, b), (b, a)):
        calls = [ground.set([item], case="a call") for item in (first, then, first)]
        wanted = {k: v for k, v in first.items() if k != JOB}
        ground.expect(
            LATER_CALLS, job, wanted, case="a call, another, the first again", after=calls
        )
        again = [ground.set([first], case="the same call again") for _ in range(3)]
        ground.expect(REPEAT, job, wanted, case="the same call again and again", after=again[-1:])
    for language in (*languages(ground.prober), None):
        for variant in (1, 2):
            item = ground.build.full(job, variant)
            exchange = ground.set([item], case=f"every field, {language}", language=language)
            wanted = {k: v for k, v in item.items() if k != JOB}
            if accepted(exchange):
                case = f"every field, {language}"
                ground.expect(LANGUAGE, job, wanted, case=case, after=[exchange])
    if len(ground.tenant.job_ids) > 1:
        _others_stay(ground)


def _others_stay(ground: Ground) -> None:
    """What one item or one call says counts for its own job alone."""
    first, second = ground.tenant.job_ids[:2]
    bare, full = ground.build.item(second), ground.build.full(first, 8)
    stranger = ground.build.full(ground.prober.unknown_job(), 8)
    for calls, case in (
        ([[full, bare]], "an item without a field, after a full one of another job"),
        ([[bare, full]], "an item without a field, before a full one of another job"),
        ([[stranger, bare]], "an item without a field, after a full one of an unknown job"),
        ([[full], [bare]], "a call without a field, after a full one for another job"),
    ):
        for variant in (1, 2):
            before = ground.settle(second, variant)
            seen = [ground.set(items, case=case) for items in calls]
            _unchanged(ground, KEEPS, second, before, case=case, after=seen)
    first, *others = ground.tenant.job_ids
    before = {job: ground.settle(job, n) for n, job in enumerate(others)}
    exchange = ground.set([ground.build.full(first, 7)], case="a call for another job")
    for job, policy in before.items():
        _unchanged(ground, KEEPS, job, policy, case="a call for another job", after=[exchange])


@reading((UNKNOWN,))
def _unknown_fields(ground: Ground) -> None:
    """Unknown fields change nothing that is stored, whatever they are called."""
    build = ground.build
    job = ground.tenant.job_ids[0]
    ground.settle(job)
    for body, what in _smuggled(build, job):
        _ignored(ground, body, what)
    names = [
        name
        for name in unknown_names(ground.prober.oracle.contract.document, build)
        if name not in build.item_schema.properties and name not in build.root.properties
    ]
    for number, value in enumerate((True, "x", None, 1, False)):
        item = build.full(job, number)
        extra = dict.fromkeys(names, value)
        kept = _ignored(
            ground, build.body([{**item, **extra}]), f"many names: {value!r} in an item"
        )
        top = {**build.body([build.full(job, number + 1)]), **extra}
        kept_too = _ignored(ground, top, f"many names: {value!r} beside `{ITEMS}`")
        for name in names if not (kept and kept_too) else ():
            item = build.full(job, number + 2)
            body = build.body([{**item, name: value}]) if not kept else build.body([item])
            _ignored(ground, body if not kept else {**body, name: value}, f"{name!r}: {value!r}")


def _ignored(ground: Ground, body: dict[str, Any], what: str) -> bool:
    """Whether the body stores what its known fields say, and nothing more."""
    item = body[ITEMS][0]
    wanted = dict(ground.read(item[JOB])[0])
    wanted |= {name: value for name, value in item.items() if name in ground.build.fields}
    exchange = ground.prober.send(ground.prober.call(body), case=f"an unknown field {what}")
    if results(exchange) is None:
        return True
    case = f"an unknown field {what}"
    return _unchanged(ground, UNKNOWN, item[JOB], wanted, case=case, after=[exchange])


def _smuggled(build: Bodies, job: str) -> Iterator[tuple[dict[str, Any], str]]:
    """A policy in places where it means nothing."""
    policy = build.policy(5)
    bare = build.item(job)
    yield build.body([{**build.full(job, 4), PROBE: "x"}]), "a field of an item"
    yield {**build.body([build.full(job, 5)]), PROBE: "x"}, f"a field beside `{ITEMS}`"
    yield {**build.body([bare]), **policy}, f"each policy field beside `{ITEMS}`"
    yield {**build.body([bare]), "policy": policy}, f"a policy beside `{ITEMS}`"
    for name in ("policy", "policies", "data", "params", "attributes", "defaults"):
        yield build.body([{**bare, name: policy}]), f"a policy in `{name}`"
        yield build.body([{**bare, name: [policy]}]), f"a list of policies in `{name}`"
    for change, what in (
        (str.upper, "in upper case"),
        (_dashed, "with dashes"),
        (_camel, "in camel case"),
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


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


# --- refused -------------------------------------------------------------------------------------


@reading((REFUSED,))
def _refused(ground: Ground) -> None:
    """A refused request stores nothing, not even its valid items."""
    jobs = ground.tenant.job_ids[:3]
    before = {job: ground.settle(job) for job in jobs}
    for call, what in refused_calls(ground):
        exchange = ground.prober.send(call, case=what)
        if exchange.answer is None or exchange.answer.status < 400:
            # It was accepted: that is broken already, and storing it is only what follows.
            before = {job: ground.settle(job) for job in jobs}
            continue
        for job in jobs:
            if not _unchanged(ground, REFUSED, job, before[job], case=what, after=[exchange]):
                before = {job: ground.settle(job) for job in jobs}
                break


def refused_calls(ground: Ground) -> Iterator[tuple[Call, str]]:
    """Calls that are refused, and that would change what is stored if they were not."""
    prober, build = ground.prober, ground.build
    for wrong in one_of_each(build):
        if isinstance(wrong.body, dict) and wrong.body.get(ITEMS):
            yield prober.call(wrong.body), wrong.what
    good = prober.call(build.batch(3, 1))
    token = prober.oracle.operation.security_headers[0]
    for value, what in ((None, "no token"), ("", "an empty token"), ("x", "an unknown token")):
        yield good.with_header(token, value), what
    for value in (None, "text/plain", "application/json; charset=utf-16"):
        yield good.with_header("Content-Type", value), f"the media type {value}"
    yield good.with_header("X-Language", "xx"), "an unknown language"
    yield evolve(good, path=prober.path("x" * 65), fresh=True), "a malformed project"
    yield evolve(good, path=prober.path("0" * 32), fresh=True), "an unknown project"
    for method in ("PUT", "PATCH"):
        yield evolve(good, method=method, fresh=True), f"{method} with a valid body"
    body = good.body or b""
    for change, what in (
        (body[:-1], "the last byte missing"),
        (body + b"x", "a letter behind the body"),
    ):
        yield evolve(good, body=change), what
    ids = ground.tenant.job_ids
    policy = b'"conflict_policy": "overwrite", "slot_name": "refused", '
    for raw, what in raw_bodies(ids[0]):
        if raw.startswith(b'{"jobs": [{"job_id"'):
            yield (
                prober.call(raw.replace(b'{"jobs": [{', b'{"jobs": [{' + policy, 1)),
                f"no I-JSON: {what}",
            )


# --- tenants -------------------------------------------------------------------------------------


@reading((ISOLATED,))
def _tenants(ground: Ground) -> None:
    """Nothing that one tenant sends changes what is stored for another."""
    prober, build = ground.prober, ground.build
    other = prober.target.other
    if other is None:
        return
    own = prober.target.tenant
    theirs, ours = Ground(prober, tenant=other), ground
    before = {job: theirs.settle(job, n) for n, job in enumerate(other.job_ids[:3])}
    mine = {job: ours.settle(job, n + 1) for n, job in enumerate(own.job_ids[:3])}
    for call, what in foreign_calls(prober, build):
        exchange = prober.send(call, case=what)
        for job, policy in before.items():
            if not _unchanged(theirs, ISOLATED, job, policy, case=what, after=[exchange]):
                before = {job: theirs.settle(job, n) for n, job in enumerate(other.job_ids[:3])}
                break
    for job, policy in mine.items():
        ours.settle(job, 1)
        exchange = theirs.set([build.full(job, 9)], case="the other tenant sets a job not its own")
        now = ours.build.policy(1)
        ours.expect(ISOLATED, job, now, case="the other tenant sets an own job", after=[exchange])
        del policy


def foreign_calls(prober: Prober, build: Bodies) -> Iterator[tuple[Call, str]]:
    """What the tenant may try on jobs of the other one."""
    own, other = prober.target.tenant, prober.target.other
    if other is None:
        return
    foreign = [build.full(job, 8) for job in other.job_ids[:3]]
    mine = build.full(own.job_ids[0], 8)
    yield prober.call(build.body(foreign)), "a batch of foreign jobs"
    yield prober.call(build.body([mine, *foreign])), "foreign jobs after an own one"
    yield prober.call(build.body([*foreign, mine])), "foreign jobs before an own one"
    yield (
        prober.call(build.body(foreign), project_id=other.project_id),
        "the other tenant's project",
    )
    yield (
        prober.call(build.body(foreign), tenant=other, project_id=own.project_id),
        "the other's token",
    )
    for name in ("project_id", "tenant_id", "X-Project-Id", "token", "owner"):
        value = other.project_id if name != "token" else "x"
        body = {**build.body([{**item, name: value} for item in foreign]), name: value}
        yield prober.call(body), f"foreign jobs with `{name}` of the other tenant"
    for name in ("X-Project-Id", "X-Tenant-Id", "X-Forwarded-Project", "X-Domain-Id"):
        yield (
            prober.call(build.body(foreign)).with_header(name, other.project_id),
            f"foreign jobs with the header {name} of the other tenant",
        )
    query = prober.call(build.body(foreign))
    yield (
        evolve(query, path=f"{query.path}?project_id={other.project_id}"),
        "the other's project in the query",
    )


SCENARIOS: Final = (
    Scenario("fields", _basics, (STORED, KEEPS, LATER_CALLS), needs=("readback",), required=True),
    Scenario(
        "jobs more than once", _duplicates, (LATER_ITEMS,), needs=("readback",), required=True
    ),
    Scenario("again", _again, (REPEAT, LATER_CALLS, LANGUAGE), needs=("readback",), required=True),
    Scenario("failing items", _failing_items, (BLOCKED, UNKNOWN_JOB), needs=("readback",)),
    Scenario(
        "two tenants", _tenants, (ISOLATED,), needs=("other_tenant", "readback"), required=True
    ),
    Scenario("refused requests", _refused, (REFUSED,), needs=("readback",)),
    Scenario("unknown fields and state", _unknown_fields, (UNKNOWN,), needs=("readback",)),
    Scenario("combinations", _combinations, (STORED, KEEPS), needs=("readback",), late=4),
    Scenario("large batches and state", _large_batches, (STORED, UNKNOWN_JOB), needs=("readback",)),
    Scenario("texts and state", _texts, (STORED,), needs=("readback",), late=5),
)
