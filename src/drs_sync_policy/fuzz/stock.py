"""Schemathesis's own phases, in process, with our rules among its checks.

Credentials come from its configuration: given as a request header they would repair the very
request that was meant to lack them. Only those of its own checks run that cannot be unfair to a
correct server; our oracle says what is allowed as the response to a request, from its bytes.
"""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import ast
import copy
import functools
import textwrap
import threading
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final

from requests import RequestException
from schemathesis import openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import Status, StopReason, from_schema
from schemathesis.engine.events import (
    EngineFinished,
    FatalError,
    NonFatalError,
    ScenarioFinished,
)

from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz import hooks
from drs_sync_policy.fuzz.cases.examples import with_jobs
from drs_sync_policy.fuzz.crash import is_ours
from drs_sync_policy.fuzz.ledger import Exchange, Violation
from drs_sync_policy.fuzz.oracle import OTHER_METHODS
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.rules.checking import check_response
from drs_sync_policy.fuzz.target.adapter import over
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy_contract import RuleId

_FORM: Final[tuple[RuleId, ...]] = (
    "status-is-documented",
    "media-type-is-json",
    "answer-matches-schema",
    "answer-is-i-json",
    "status-ties-error-fields",
    "error-body-explains",
)
"""The rules about the form of a response."""
THEIR_CHECKS: Final[dict[str, tuple[RuleId, str]]] = {
    "response_schema_conformance": ("answer-matches-schema", "a body of the schema for {status}"),
    "response_headers_conformance": ("answer-matches-schema", "the headers of {status}"),
    "ignored_auth": ("wrong-credentials-are-refused", "401 or 403"),
}
"""The checks of schemathesis that run, with the rule that each speaks of, and what it expects."""
_NOT_AN_RESPONSE: Final = frozenset({429, 502, 503, 504})


def config(
    target: Target, contract: Contract, checks: list[str], *, seed: int, seconds: int, workers: int
) -> SchemathesisConfig:
    """Schemathesis's configuration for a run of so many seconds against `target`."""
    scheme = next(iter(contract.document["components"]["securitySchemes"]))
    settings: dict[str, Any] = {
        "seed": seed,
        "max-time": max(1, seconds),
        "base-url": target.url,
        "workers": workers,
        "max-redirects": 0,
        "continue-on-failure": True,
        "warnings": False,
        "cache": {"enabled": False},
        "suppress-health-check": ["all"],
        "auth": {"openapi": {scheme: {"api_key": target.tenant.token}}},
        "dictionaries": {"jobs": {"values": list(target.tenant.job_ids)}},
        "parameters": {
            "path.project_id": target.tenant.project_id,
            "body.jobs[*].job_id": {"dictionary": "jobs", "probability": 0.5},
        },
        "checks": {"enabled": False, **{name: {"enabled": True} for name in checks}},
        "generation": {"database": "none", "allow-x00": True, "unique-inputs": True},
        "phases": {
            "stateful": {"enabled": False},
            "coverage": {"unexpected-methods": list(OTHER_METHODS)},
        },
    }
    if target.headers:
        settings["headers"] = dict(target.headers)
    return SchemathesisConfig.from_dict(settings)


def run(prober: Prober, *, seconds: float) -> int:
    """The number of cases that schemathesis sent within `seconds`; violations go on the record."""
    target, contract = prober.target, prober.oracle.contract
    sent = 0

    def on_checked(seen: Exchange, found: list[Violation]) -> None:
        prober.ledger.count_request(seen.response.status if seen.response else 0)
        for violation in found:
            prober.note(violation)

    with (
        hooks.registered(
            target, against=contract, on_checked=on_checked, ledger=prober.ledger
        ) as ours,
        over(prober.wire),
        one_parse_at_a_time(),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        settings = config(
            target,
            contract,
            [*ours, *THEIR_CHECKS],
            seed=prober.seed,
            seconds=int(seconds),
            workers=prober.workers,
        )
        schema = openapi.from_dict(_document(contract, target), config=settings)
        for event in from_schema(schema).execute():
            if isinstance(event, ScenarioFinished):
                sent += len(event.recorder.interactions)
                for violation in _their_failures(event, prober):
                    prober.note(violation)
            elif isinstance(event, EngineFinished) and event.stop_reason is StopReason.INTERRUPTED:
                raise KeyboardInterrupt  # it was swallowed there
            elif isinstance(event, FatalError):
                raise event.exception
            elif isinstance(event, NonFatalError):
                # The wire raises those of `requests`, for a server that closes the connection.
                if is_ours(event.value) and not isinstance(event.value, RequestException):
                    raise event.value
                prober.ledger.not_checked(
                    "schemathesis", f"{event.info.title}: {event.info.message}"
                )
    return sent


@contextmanager
def one_parse_at_a_time() -> Generator[None]:
    """Threads take turns in `ast.parse`, which Hypothesis and schemathesis call in each of them.

    CPython counts the depth of a syntax tree in one place for all threads. If the garbage collector
    calls Python code meanwhile, another thread may run, and `ast.parse` raises `SystemError`: "AST
    constructor recursion depth mismatch" (seen with CPython 3.11.7).
    """
    parse, lock = ast.parse, threading.RLock()

    @functools.wraps(parse)
    def in_turn(*args: Any, **options: Any) -> Any:
        with lock:
            return parse(*args, **options)

    ast.parse = in_turn
    try:
        yield
    finally:
        ast.parse = parse


def _document(contract: Contract, target: Target) -> dict[str, Any]:
    """The operations that the target is checked on, with its own jobs in their examples."""
    document = copy.deepcopy(dict(contract.document))
    checked = {(entry.path, entry.method.lower()) for entry in contract.checked(target.operations)}
    for path, item in document["paths"].items():
        for method in [name for name in item if isinstance(item[name], dict)]:
            if (path, method) not in checked:
                del item[method]
                continue
            body = item[method].get("requestBody", {})
            for media in body.get("content", {}).values():
                for example in media.get("examples", {}).values():
                    example["value"] = with_jobs(contract, example["value"], target.tenant.job_ids)
    return document


def _their_failures(event: ScenarioFinished, prober: Prober) -> Iterator[Violation]:
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.status != Status.FAILURE or check.name not in THEIR_CHECKS:
                continue
            failure = check.failure_info.failure if check.failure_info else None
            if failure is None:
                continue
            seen = event.recorder.interactions.get(failure.case_id or case_id)
            if (
                seen is None
                or seen.response is None
                or seen.response.status_code in _NOT_AN_RESPONSE
            ):
                continue
            rule, expected = THEIR_CHECKS[check.name]
            checked = hooks.exchange(seen.response, prober.oracle)
            if _is_known(checked, rule, prober):
                continue
            yield Violation(
                rule=rule,
                case=f"generated by schemathesis, its check {check.name}",
                expected=expected.format(status=seen.response.status_code),
                received=_described(failure),
                exchanges=(checked,),
                generated=True,
            )


def _is_known(checked: Exchange, rule: RuleId, prober: Prober) -> bool:
    """Whether our own checks find this response out of form, or this rule broken by it."""
    ours = check_response(prober.oracle, checked, case="")
    return any(violation.rule in {rule, *_FORM} for violation in ours)


def _described(failure: Failure) -> str:
    """What schemathesis says of a failure, without the schema and the value that it adds."""
    words = failure.message.split("\n\n")[0]
    return textwrap.shorten(f"{failure.title}: {words}", 300, placeholder=" ...")
