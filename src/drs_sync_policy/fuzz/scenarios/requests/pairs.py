"""Conditions of a request in pairs: credentials, project, media type, language, body, client.

Servers check them one after the other, and a check that is skipped for another's sake is seen only
where both meet. The oracle says what is allowed for each combination.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import evolve

from drs_sync_policy.fuzz.cases.clients import CLIENTS
from drs_sync_policy.fuzz.cases.covering import InWords, covering
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.scenarios.scenario import Scenario

Choice = tuple[str, Any]
"""A value of a dimension, after what it is; the text is empty for the usual value."""


def _clients(prober: Prober) -> None:
    """Every client alone: a request that succeeds, one that fails and two that are rejected."""
    dimensions = _dimensions(prober)
    usual = {name: values[0] for name, values in dimensions.items()}
    prober.send_all(
        _case(prober, usual | {"body": body, "client": client})
        for body in dimensions["body"][:4]
        for client in dimensions["client"]
    )


def _pairs(prober: Prober, strength: int) -> None:
    prober.send_all(_case(prober, row) for row in covering(_dimensions(prober), strength))


def _dimensions(prober: Prober) -> Mapping[str, Sequence[Choice]]:
    target = prober.target
    return {
        "token": [
            ("", target.tenant.token),
            ("no token", None),
            ("an unknown token", "x" * len(target.tenant.token)),
            *(("the other tenant's token", tenant.token) for tenant in _other(prober)),
            *(("an expired token", token) for token in [target.expired_token] if token),
        ],
        "project": [
            ("", target.tenant.project_id),
            ("an unknown project", "0" * len(target.tenant.project_id)),
            ("a malformed project", f"{target.tenant.project_id}!"),
            *(("the other tenant's project", tenant.project_id) for tenant in _other(prober)),
        ],
        "body": [*_bodies(prober)],
        "media": [
            ("", prober.oracle.media_type),
            ("no media type", None),
            ("the media type text/plain", "text/plain"),
        ],
        "language": [
            ("", None),
            *((language, language) for language in prober.oracle.languages),
            ("an unknown language", "xx-xx"),
        ],
        "client": [*((name if headers else "", headers) for name, headers in CLIENTS.items())],
    }


def _bodies(prober: Prober) -> Iterator[Choice]:
    target, build = prober.target, prober.bodies
    own = target.tenant.job_ids
    yield "", build.body([build.full(own[0], 1)])
    yield "an unknown job", build.body([build.full(prober.unknown_job(), 1)])
    wrong = [entry for entry in build.invalid() if entry.field]
    yield wrong[0].what, wrong[0].body
    yield "not JSON", b"{"
    yield "no body", b""
    items = [build.full(job, 2) for job in (*own[:2], prober.unknown_job())]
    yield "a batch with an unknown job", build.body(items)
    yield from (("a blocked job", build.body([build.full(j)])) for j in target.blocked_job_ids[:1])
    for tenant in _other(prober):
        yield "the other tenant's job", build.body([build.full(tenant.job_ids[0], 1)])
    yield wrong[-1].what, wrong[-1].body


def _other(prober: Prober) -> list[Any]:
    return [prober.target.other] if prober.target.other else []


def _case(prober: Prober, row: Mapping[str, Choice]) -> Case:
    value = {name: choice for name, (_, choice) in row.items()}
    request = prober.request(value["body"], project_id=value["project"])
    request = request.with_header(prober.oracle.operation.security_headers[0], value["token"])
    request = request.with_header("Content-Type", value["media"])
    if value["language"] is not None:
        request = request.with_header("X-Language", value["language"])
    request = evolve(request, headers=(*request.headers, *value["client"]))
    parts = {name: what for name, (what, _) in row.items()}
    if parts["client"]:
        parts["client"] = f"a request as {parts['client']} sends it"
    return Case(request, InWords(parts))


SCENARIOS: Final = (
    Scenario("clients", _clients, required=True),
    Scenario("pairs of conditions", partial(_pairs, strength=2), required=True),
    Scenario("conditions in threes", partial(_pairs, strength=3), deep=True),
)
