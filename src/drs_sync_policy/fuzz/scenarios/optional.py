"""The optional operations that the profile names: the contract's examples, with jobs of the target.

Each example is sent for the tenant's own jobs, for jobs of the other tenant, and with credentials
that are wrong. If a text of the request filters what is listed, it is the id or the name of own and
foreign jobs, too. Each number, such as that of a page, is left out, near its bounds and near its
default. Nothing here knows an operation: a further one is sent, too.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from drs_sync_policy import anyjson
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.examples import with_jobs
from drs_sync_policy.fuzz.cases.values import Schema
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.rules.words import short
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.target.profile import Tenant

_FEW: Final = 2
"""So many values of each other filter are combined with a text."""
_WRONG: Final = "no-such-token"


def _optional(prober: Prober) -> None:
    prober.send_all(
        case
        for oracle in prober.oracle.others
        if oracle.operation.optional
        for case in cases(prober, oracle)
    )


def cases(prober: Prober, oracle: Oracle) -> Iterator[Case]:
    """The requests for one operation, each with what it is."""
    target, name = prober.target, oracle.operation.id
    tenant, other = target.tenant, target.other
    token = oracle.operation.security_headers[0]
    for title, example in oracle.operation.request_examples.items():
        words = f"`{name}`, {title.replace('_', ' ')}"
        body: Any = with_jobs(oracle.contract, example, tenant.job_ids)
        request = prober.request(body, of=oracle)
        yield Case(request, f"the example of {words}")
        yield Case(request.with_header(token, None), f"{words}, without a token")
        yield Case(request.with_header(token, _WRONG), f"{words}, with an unknown token")
        if other:
            foreign: Any = with_jobs(oracle.contract, example, other.job_ids)
            yield Case(prober.request(foreign, of=oracle), f"{words}, for jobs of another project")
            yield Case(
                prober.request(foreign, of=oracle, project_id=other.project_id),
                f"{words}, in another project",
            )


def _send(cases: Callable[[Prober, Oracle], Iterator[Case]], prober: Prober) -> None:
    for oracle in prober.oracle.others:
        if oracle.operation.optional and oracle.media_type:
            prober.send_all(cases(prober, oracle))


def filter_cases(prober: Prober, oracle: Oracle) -> Iterator[Case]:
    """Each text that filters what is listed, alone and with the other filters."""
    schema = Schema(oracle.contract, oracle.operation.request[oracle.media_type])
    examples = [anyjson.as_object(e) for e in oracle.operation.request_examples.values()]
    if not examples:
        return
    least = {name: examples[0][name] for name in schema.required}
    optional = {n: f for n, f in schema.properties.items() if n not in schema.required}
    texts = [name for name, field in optional.items() if field.is_free_text]
    if not texts:
        return
    target, name = prober.target, oracle.operation.id
    own, other = _listed(prober, oracle, least, target.tenant), list[anyjson.Object]()
    ids = {"an own job": target.tenant.job_ids[0]}
    if target.blocked_job_ids:
        ids["a blocked job"] = target.blocked_job_ids[0]
    if target.other:
        other = _listed(prober, oracle, least, target.other)
        ids["a job of another project"] = target.other.job_ids[0]
    values = {n: _values(f, n, [*own, *examples]) for n, f in schema.properties.items()}
    for field in texts:
        wanted = {f"the id of {what}": job for what, job in ids.items()}
        for what, entries in (("an own job", own), ("a job of another project", other)):
            shown = [entry[field] for entry in entries if isinstance(entry.get(field), str)]
            wanted |= {f"the `{field}` of {what}": text for text in shown[:1]}
        others = {n: found for n, found in values.items() if n != field and found}
        together = [{}, *({n: value} for n, found in others.items() for value in found)]
        together.append({n: found[-1] for n, found in others.items()})
        for what, text in wanted.items():
            for more in together:
                said = "".join(f", `{n}`: {short(value, 60)}" for n, value in more.items())
                body = {**least, **more, field: text}
                yield Case(prober.request(body, of=oracle), f"`{name}`, `{field}` is {what}{said}")


def _listed(
    prober: Prober, oracle: Oracle, body: Mapping[str, Any], tenant: Tenant
) -> list[anyjson.Object]:
    """What is listed for a tenant that does not filter; nothing if that is not known."""
    request = prober.request(body, of=oracle, tenant=tenant)
    exchange = prober.send(request, case=f"`{oracle.operation.id}`, without filters")
    try:
        found = ijson.loads(exchange.response.body if exchange.response else b"")
    except (ValueError, RecursionError):
        return []
    return [e for values in anyjson.as_object(found).values() for e in anyjson.objects(values)]


def _values(field: Schema, name: str, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Texts that may be sent in a field: of an enum, or those that entries and examples have."""
    known: list[Any] = [*field.node.get("enum", ())]
    known = known or [*(entry.get(name) for entry in entries), *field.node.get("examples", ())]
    return [*dict.fromkeys(value for value in known if isinstance(value, str))][:_FEW]


def page_cases(prober: Prober, oracle: Oracle) -> Iterator[Case]:
    """Every combination of the numbers of a request: for few and many jobs, with each filter."""
    schema = Schema(oracle.contract, oracle.operation.request[oracle.media_type])
    pages = list(numbers(schema))
    examples = [anyjson.as_object(e) for e in oracle.operation.request_examples.values()]
    if len(pages) < 2 or not examples:
        return
    target, name = prober.target, oracle.operation.id
    example: Any = with_jobs(oracle.contract, examples[0], target.tenant.job_ids)
    least = {n: example[n] for n in schema.required}
    filters: dict[str, anyjson.Object] = {"": {}}
    filters |= {
        f", `{n}`: {short(value, 60)}": {n: value}
        for n, field in schema.properties.items()
        for value in _values(field, n, examples)
    }
    filters |= {
        f", {what}": {n: jobs}
        for n in schema.required
        if schema.properties[n].items
        for what, jobs in _jobs(prober, most_by_default(schema) + 1).items()
    }
    for said, more in filters.items():
        for page in pages:
            case = f"`{name}`, {short(page, 60) if page else 'no numbers'}{said}"
            yield Case(prober.request({**least, **more, **page}, of=oracle), case)


def _jobs(prober: Prober, count: int) -> dict[str, list[str]]:
    """Lists of so many ids: of jobs of the first project, and of both projects if there are two.

    A list names several jobs, because a server may reject one id given many times.
    """
    target = prober.target
    own = [*target.tenant.job_ids, *target.blocked_job_ids]
    own = own if len(own) > 1 else [*own, prober.unknown_job()]
    found = {f"{count} jobs": [own[n % len(own)] for n in range(count)]}
    if target.other:
        jobs = [job for pair in zip(own, itertools.cycle(target.other.job_ids)) for job in pair]
        found["jobs of two projects"] = [jobs[n % len(jobs)] for n in range(count)]
    return found


def numbers(schema: Schema) -> Iterator[anyjson.Object]:
    """Every combination of an object's numbers, and of those of each object in it.

    A number is left out, near its bounds, or near the default.
    """
    near = {
        name: [None, *_near(field)]
        for name, field in schema.properties.items()
        if field.types == ("integer",)
    }
    for values in itertools.product(*near.values()):
        yield {n: v for n, v in zip(near, values, strict=True) if v is not None}
    for name, field in schema.properties.items():
        if field.types == ("object",):
            yield from ({name: inner} for inner in numbers(field))


def _near(field: Schema) -> list[int]:
    """Right values next to each bound of a number and its default."""
    known = [field.node[key] for key in ("minimum", "default", "maximum") if key in field.node]
    near = sorted({value + step for value in known for step in (-1, 0, 1, 2)})
    return [value for value in near if field.accepts(value)]


def most_by_default(schema: Schema) -> int:
    """The largest default of a number of an object, or of an object in it."""
    found = 0
    for field in schema.properties.values():
        default = field.node.get("default", 0) if field.types == ("integer",) else 0
        inner = most_by_default(field) if field.types == ("object",) else 0
        found = max(found, default, inner)
    return found


SCENARIOS: Final = (
    Scenario("optional operations", _optional, required=True),
    Scenario("filters of optional operations", partial(_send, filter_cases), late=1),
    Scenario("pages of optional operations", partial(_send, page_cases), late=2),
)
