"""Findings as a pytest module that needs only httpx: one test for each finding.

A test sends the requests and asserts what was expected. It passes once the finding is fixed.
"""

from __future__ import annotations

import itertools
import json
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.ledger import Exchange, Violation
from drs_sync_policy.fuzz.replay import was_throttled
from drs_sync_policy.fuzz.report.secrets import Part, Redactor
from drs_sync_policy.fuzz.target.profile import Readback
from drs_sync_policy.fuzz.verdict import Verdict

_PARALLEL: Final = "concurrent-calls-take-turns"
_CHECKS: Final[Mapping[str, str]] = {
    "media-type-is-json": "is_json(last)",
    "answer-is-i-json": "i_json(last) is not None",
    "error-body-explains": "explains(last)",
    "count-equals-results": 'last.json()["count"] == len(results(last))',
    "one-result-per-item": "len(results(last)) == $count",
    "results-in-request-order": "[entry['id'] for entry in results(last)] == $jobs",
    "result-id-echoes-job-id": "[entry['id'] for entry in results(last)] == $jobs",
    "status-ties-error-fields": "all(map(error_fields_follow_status, results(last)))",
    "own-job-succeeds": "results(last)[$place]['status'] == 'success'",
    "blocked-job-fails-alone": "results(last)[$place]['status'] == 'failed'",
    "unknown-job-fails-alone": "results(last)[$place]['status'] == 'failed'",
    "foreign-job-looks-unknown": "results(last)[$place]['status'] == 'failed'",
}
"""What the last response of an example has to be, by the rule that it violates."""


def module(verdict: Verdict) -> str:
    """The text of the module."""
    target, redact = verdict.target, Redactor(verdict.target)
    source = files("drs_sync_policy.fuzz.report").joinpath("exported.py").read_text("utf-8")
    _, _, helpers = source.partition("from __future__ import annotations\n")
    lines = [f"Findings of drs-sync-policy on {target.url}, as tests that need httpx and pytest."]
    lines += [f"Set {name} to {what}." for name, what in target.variables.items()]
    head = '"""' + "\n\n".join([lines[0], "\n".join(lines[1:])]).strip() + '\n"""\n\n'
    tests = ["\n".join(_test(verdict, redact, finding)) for finding in verdict.findings]
    return (
        "\n\n\n".join(
            [
                head + "from __future__ import annotations\n\nimport pytest\n" + helpers.rstrip(),
                *tests,
            ]
        )
        + "\n"
    )


def _test(verdict: Verdict, redact: Redactor, finding: Finding) -> Iterator[str]:
    example = finding.example
    rule = verdict.ledger.rules[finding.rule]
    name = re.sub(r"[^0-9a-z]+", "_", finding.id.lower())
    if finding.rule == _PARALLEL:
        yield '@pytest.mark.skip(reason="it shows with requests at the same time only")'
    elif was_throttled(example):
        yield '@pytest.mark.skip(reason="it shows with a request that is throttled only")'
    elif example.stored and finding.label == "not reproduced":
        yield '@pytest.mark.skip(reason="what was stored before it cannot be brought back")'
    yield f"def test_{name}() -> None:"
    yield f"    {json.dumps(' '.join(rule.statement.split()))}"
    yield f"    # {json.dumps(redact.text(example.case))[1:-1]}"
    for number, exchange in enumerate(example.exchanges):
        last = number == len(example.exchanges) - 1
        yield from _request(verdict, redact, exchange, "last" if last else f"response_{number}")
    yield f"    # received: {json.dumps(redact.text(example.received))[1:-1]}"
    yield f"    assert {_expected(verdict, redact, example)}"


def _request(verdict: Verdict, redact: Redactor, exchange: Exchange, name: str) -> Iterator[str]:
    request = exchange.request
    yield f"    {name} = send("
    yield f"        {verdict.target.origin!r},"
    yield f"        {request.method!r},"
    yield f"        {_expression(redact.parts(request.path))},"
    yield "        ["
    for header, value in request.headers:
        parts = redact.header(value, secret=header.lower() in request.secret)
        yield f"            ({header!r}, {_expression(parts)}),"
    yield "        ],"
    if request.body is not None:
        parts = redact.parts(request.body.decode("latin-1"))
        yield f"        ({_expression(parts)}).encode('latin-1'),"
        if request.chunked:
            yield f"        cuts={[*itertools.accumulate(map(len, request.chunks[:-1]))]},"
    yield "    )"


def _expression(parts: Iterable[Part]) -> str:
    """A Python expression for a text; what was made of a secret is made of its variable."""
    words = [
        repr(part)
        if isinstance(part, str)
        else f"secret({part.name!r}, {part.form!r}, {part.start}, {part.stop})"
        for part in parts
    ]
    return " + ".join(words) or "''"


def _expected(verdict: Verdict, redact: Redactor, example: Violation) -> str:
    """What has to be true once the finding is fixed."""
    last = example.exchanges[-1]
    if example.stored:
        stored, readback = example.stored, verdict.target.readback or Readback("")
        wanted = {name: stored.wanted.get(name, "not there") for name in stored.fields}
        how = (
            readback.policy_pointer,
            stored.job,
            {name: readback.pointer(name) for name in stored.fields},
            [*readback.absent],
        )
        return f"stored(last, {', '.join(map(repr, how))}) == {wanted!r}"
    if example.received_status is not None:
        return f"last.status_code in {sorted(example.expected_statuses)!r}"
    if example.kind == "relation":
        return _same(example)
    if example.rule in _CHECKS:
        jobs = [item["job_id"] for item in last.expectation.items]
        place = re.search(r"\d+", example.place)
        return string.Template(_CHECKS[example.rule]).substitute(
            count=len(jobs), jobs=repr(jobs), place=place[0] if place else "0"
        )
    return _other(redact, last)


def _same(example: Violation) -> str:
    """That the responses say the same, about the job that they share or about everything."""
    if example.rule == "foreign-job-looks-unknown":
        foreign, unknown = (_strange_job(entry) for entry in example.exchanges[:2])
        return f"outcome_of(response_0, {foreign!r}) == outcome_of(response_1, {unknown!r})"
    if example.rule == "items-are-independent":
        job = example.exchanges[0].expectation.items[0]["job_id"]
        return f"outcome_of(response_0, {job!r})[0] in outcome_of(last, {job!r})"
    return "outcome(response_0) == outcome(last)"


def _strange_job(exchange: Exchange) -> str:
    tenant = exchange.expectation.tenant
    own = tenant.job_ids if tenant else ()
    jobs = [str(item["job_id"]) for item in exchange.expectation.items]
    return next((job for job in jobs if job not in own), "")


def _other(redact: Redactor, exchange: Exchange) -> str:
    """That the body does not have the form that it had: httpx alone knows no schema."""
    from drs_sync_policy.fuzz.report import exported

    response = exchange.response
    body = redact.body(response.body) if response else b""
    try:
        return f"shape(last.json()) != {exported.shape(ijson.loads(body))!r}"
    except ValueError:
        return f"last.content != {body!r}"
