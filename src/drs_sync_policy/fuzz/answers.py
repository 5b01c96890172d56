"""The rules about one answer and its request: one check for each, by the rule's id.

A check yields what is wrong, as (expected, received), and nothing where all is well. `Skip` says
that the rule has nothing to say of this exchange.
"""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import jsonschema_rs
from attrs import field, frozen

from drs_sync_policy.fuzz import ijson, language
from drs_sync_policy.fuzz.oracle import CLOSED, Oracle
from drs_sync_policy.fuzz.verdict import Breach, Exchange, Ledger
from drs_sync_policy.fuzz.wire import Answer

Problem = tuple[str, str]
Check = Callable[["Subject"], Iterator[Problem]]

CHECKS: Final[dict[str, Check]] = {}
"""The check of each rule that one answer can break, by the rule's id."""

_IN_FRONT: Final = frozenset({400, 404, 413})
_NO_CHUNKS: Final = frozenset({411, 501})
"""What servers say that take no chunks; the contract does not ask for them."""
_ACCEPTED: Final = "valid-request-is-accepted"
_THEIR_OWN_STATUS: Final = frozenset({"other-methods-are-refused", "valid-request-never-crashes"})
_WRITTEN_BY_THE_SERVICE: Final = frozenset({200, 400, 401, 403, 415, 422})
"""Whose messages heed X-Language; what else there is may come from something in front."""


class Skip(Exception):  # noqa: N818
    """The rule has nothing to say of this exchange."""


@frozen
class Subject:
    """An exchange with everything that several checks need to know of it, worked out once."""

    oracle: Oracle
    exchange: Exchange
    value: Any = field(default=None, repr=False)
    flaw: str = ""
    """Why the body of the answer is not I-JSON; empty where it is."""

    @property
    def answer(self) -> Answer:
        """The answer; `Skip` where there was none."""
        if self.exchange.answer is None:
            raise Skip
        return self.exchange.answer

    @property
    def documented(self) -> bool:
        """Whether the contract describes what such an answer looks like.

        It says nothing of other methods' answers, nor of what stands in front of a service.
        """
        expectation = self.exchange.expectation
        if expectation.front and (expectation.statuses is None or self.answer.status in _IN_FRONT):
            return False
        return self.answer.status in self.oracle.operation.responses

    @property
    def results(self) -> list[Any]:
        """The results of a 200 to a valid body; `Skip` where there are none to judge."""
        expectation = self.exchange.expectation
        if self.answer.status != 200 or not expectation.items or not isinstance(self.value, dict):
            raise Skip
        results = self.value.get("results")
        if not isinstance(results, list):
            raise Skip
        return results

    @property
    def paired(self) -> Iterator[tuple[int, Mapping[str, Any], Mapping[str, Any]]]:
        """Position, item and result, for each item; `Skip` where they do not pair."""
        items, results = self.exchange.expectation.items, self.results
        if len(items) != len(results):
            raise Skip
        for position, (item, result) in enumerate(zip(items, results, strict=True)):
            if isinstance(result, dict) and result.get("id") == item["job_id"]:
                yield position, item, result


def subject(oracle: Oracle, exchange: Exchange) -> Subject:
    """`exchange`, its answer decoded."""
    answer = exchange.answer
    if answer is None or not answer.body:
        return Subject(oracle, exchange, flaw="nothing at all")
    try:
        return Subject(oracle, exchange, value=ijson.loads(answer.body))
    except ijson.NotIJson as error:
        return Subject(oracle, exchange, value=_leniently(answer.body), flaw=str(error))


def _leniently(body: bytes) -> Any:
    import json

    try:
        return json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None


def breaches(
    oracle: Oracle, exchange: Exchange, ledger: Ledger | None = None, *, case: str
) -> list[Breach]:
    """Every promise that one answer breaks."""
    judged = subject(oracle, exchange)
    found: list[Breach] = []
    for rule, check in (*CHECKS.items(), *_status_checks(exchange)):
        try:
            problems = list(check(judged))
        except Skip:
            continue
        if ledger:
            ledger.judged(rule)
        found += [
            Breach(rule, case, expected, received, (exchange,))
            for expected, received in problems[:3]
        ]
    return found


def _status_checks(exchange: Exchange) -> Iterator[tuple[str, Check]]:
    """The rules that the status is a matter of, but for those that see to it themselves."""
    expectation = exchange.expectation
    if expectation.statuses is None or expectation.rule in _THEIR_OWN_STATUS:
        return
    yield expectation.rule, _status
    if expectation.valid and expectation.rule != _ACCEPTED:
        yield _ACCEPTED, _status


def _rule(rule_id: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        CHECKS[rule_id] = check
        return check

    return register


# --- the form of an answer -------------------------------------------------------------------


@_rule("status-is-documented")
def _documented(it: Subject) -> Iterator[Problem]:
    known = {*it.oracle.operation.responses, *it.oracle.operation.tolerated_statuses}
    expectation = it.exchange.expectation
    if expectation.front and (expectation.statuses is None or 300 <= it.answer.status < 400):
        raise Skip
    if it.exchange.call.chunked:
        known |= _NO_CHUNKS
    if it.answer.status not in known:
        yield f"one of {_listed(known)}", f"status {it.answer.status}"


@_rule("media-type-is-json")
def _media_type(it: Subject) -> Iterator[Problem]:
    if not it.documented:
        raise Skip
    given = it.answer.header("Content-Type")
    if (given or "").split(";")[0].strip().lower() != "application/json":
        yield "Content-Type: application/json", f"{_quoted(given)} with {it.answer.status}"


@_rule("answer-matches-schema")
def _schema(it: Subject) -> Iterator[Problem]:
    if not it.documented:
        raise Skip
    status = it.answer.status
    for name, header in it.oracle.operation.responses[status].headers.items():
        if header.get("required") and it.answer.header(name) is None and status != 405:
            yield f"the header {name}", f"no such header with {status}"
    if it.value is None and it.flaw:
        raise Skip
    for error in _validators(it.oracle)[status].iter_errors(it.value):
        where = "/".join(map(str, error.instance_path))
        yield f"a body of the schema for {status}", f"at `/{where}`: {_short(error.message)}"


@functools.lru_cache(maxsize=8)
def _validators(oracle: Oracle) -> dict[int, jsonschema_rs.Validator]:
    return {
        status: jsonschema_rs.validator_for(
            oracle.contract.standalone(next(iter(response.content.values()), {}))
        )
        for status, response in oracle.operation.responses.items()
    }


@_rule("answer-is-i-json")
def _i_json(it: Subject) -> Iterator[Problem]:
    if not it.documented:
        raise Skip
    if it.flaw:
        yield "a body of I-JSON (RFC 7493)", f"{it.flaw}, with {it.answer.status}"


@_rule("status-ties-error-fields")
def _ties(it: Subject) -> Iterator[Problem]:
    for position, result in enumerate(it.results):
        if not isinstance(result, dict):
            continue
        status = result.get("status")
        for name in ("error_code", "error_msg"):
            given = result.get(name)
            if status == "failed" and not (isinstance(given, str) and given):
                yield (
                    f"a failed result has a non-empty `{name}`",
                    f"results[{position}] has {_of(result, name)}",
                )
            if status == "success" and name in result:
                yield (
                    f"a successful result has no `{name}`",
                    f"results[{position}] has {_of(result, name)}",
                )


@_rule("error-body-explains")
def _explains(it: Subject) -> Iterator[Problem]:
    status = it.answer.status
    if status == 200 or not it.documented:
        raise Skip
    body = it.value if isinstance(it.value, dict) else {}
    for name in ("error_code", "error_msg"):
        given = body.get(name)
        if not (isinstance(given, str) and given.strip()):
            yield f"a body with a non-empty `{name}`", f"{status} with {_of(body, name)}"


# --- an answer and its request ---------------------------------------------------------------


@_rule("count-equals-results")
def _count(it: Subject) -> Iterator[Problem]:
    results = it.results
    count = it.value.get("count")
    if not isinstance(count, (int, float)) or isinstance(count, bool):
        raise Skip
    if count != len(results):
        yield f"`count` is {len(results)}, the number of results", f"`count` is {count}"


@_rule("one-result-per-item")
def _one_each(it: Subject) -> Iterator[Problem]:
    items, results = it.exchange.expectation.items, it.results
    if len(items) != len(results):
        yield f"one result for each of the {len(items)} items", f"{len(results)} results"


@_rule("results-in-request-order")
def _order(it: Subject) -> Iterator[Problem]:
    wanted, given = _ids(it)
    if len(wanted) < 2 or len(wanted) != len(given):
        raise Skip
    if wanted != given and sorted(wanted) == sorted(map(str, given)):
        place = next(
            n for n, pair in enumerate(zip(wanted, given, strict=True)) if pair[0] != pair[1]
        )
        yield (
            f"results[{place}] is of {_quoted(wanted[place])}",
            f"it is of {_quoted(given[place])}",
        )


@_rule("result-id-echoes-job-id")
def _echo(it: Subject) -> Iterator[Problem]:
    wanted, given = _ids(it)
    if len(wanted) != len(given):
        raise Skip
    if wanted != given and sorted(wanted) != sorted(map(str, given)):
        place = next(
            n for n, pair in enumerate(zip(wanted, given, strict=True)) if pair[0] != pair[1]
        )
        yield f"the id {_quoted(wanted[place])}, as it was sent", f"the id {_quoted(given[place])}"


def _ids(it: Subject) -> tuple[list[str], list[Any]]:
    given = [result.get("id") if isinstance(result, dict) else None for result in it.results]
    return [item["job_id"] for item in it.exchange.expectation.items], given


@_rule("own-job-succeeds")
def _own(it: Subject) -> Iterator[Problem]:
    yield from _outcomes(it, "success", lambda job: _is_own(it, job))


@_rule("blocked-job-fails-alone")
def _blocked(it: Subject) -> Iterator[Problem]:
    blocked = it.oracle.target.blocked_job_ids
    yield from _outcomes(it, "failed", lambda job: job in blocked and _is_tenants(it))


@_rule("unknown-job-fails-alone")
def _unknown(it: Subject) -> Iterator[Problem]:
    def is_unknown(job: str) -> bool:
        # "1" or "x" may be a job that the profile does not name.
        return it.oracle.owner(job) is None and not (len(job) < 5 and job.isalnum())

    yield from _outcomes(it, "failed", is_unknown)


@_rule("foreign-job-looks-unknown")
def _foreign(it: Subject) -> Iterator[Problem]:
    def is_foreign(job: str) -> bool:
        owner = it.oracle.owner(job)
        return owner is not None and owner is not it.exchange.expectation.tenant

    yield from _outcomes(it, "failed", is_foreign)


def _outcomes(it: Subject, status: str, concerned: Callable[[str], bool]) -> Iterator[Problem]:
    if it.exchange.expectation.defects:
        raise Skip  # it should have been refused as a whole
    seen = False
    for position, item, result in it.paired:
        if not concerned(item["job_id"]):
            continue
        seen = True
        if result.get("status") != status and result.get("status") in ("success", "failed"):
            yield f"results[{position}] is `{status}`", f"it is {_shown(result)}"
    if not seen:
        raise Skip


def _is_own(it: Subject, job_id: str) -> bool:
    tenant = it.exchange.expectation.tenant
    return tenant is not None and job_id in tenant.job_ids


def _is_tenants(it: Subject) -> bool:
    return it.exchange.expectation.tenant is it.oracle.target.tenant


# --- statuses ----------------------------------------------------------------------------------


def _status(it: Subject) -> Iterator[Problem]:
    expectation, answer = it.exchange.expectation, it.exchange.answer
    if expectation.statuses is None:
        raise Skip
    if answer is None:
        if CLOSED not in expectation.statuses:
            yield _listed(expectation.statuses), it.exchange.silence
    elif answer.status not in expectation.statuses:
        yield _listed(expectation.statuses), f"{answer.status} {_said(it.value)}".strip()


@_rule("valid-request-never-crashes")
def _never_crashes(it: Subject) -> Iterator[Problem]:
    expectation, answer = it.exchange.expectation, it.exchange.answer
    if not expectation.valid:
        raise Skip
    if answer is None:
        yield "200", it.exchange.silence
    elif answer.status >= 500:
        yield "200", f"{answer.status} {_said(it.value)}".strip()


@_rule("other-methods-are-refused")
def _allow(it: Subject) -> Iterator[Problem]:
    if it.exchange.expectation.rule != "other-methods-are-refused":
        raise Skip
    yield from _status(it)
    if it.answer.status == 405:
        allow = it.answer.header("Allow")
        methods = {method.strip() for method in (allow or "").split(",")}
        if it.oracle.operation.method not in methods:
            yield f"405 with `Allow: {it.oracle.operation.method}`", f"Allow is {_quoted(allow)}"


# --- language ----------------------------------------------------------------------------------


@_rule("message-is-in-the-language")
def _language(it: Subject) -> Iterator[Problem]:
    wanted = it.exchange.expectation.language
    call = it.exchange.call
    if wanted is None or it.answer.status not in _WRITTEN_BY_THE_SERVICE:
        raise Skip
    if not _is_plain(call.body) or not call.path.isascii() or "%" in call.path:
        raise Skip  # the message may quote the request
    messages = list(_messages(it.value))
    if not messages:
        raise Skip
    for where, message in messages:
        problem = language.complaint(message, wanted)
        if problem:
            yield f"{where} in {wanted}", f"{_quoted(message)}: {problem}"


def _is_plain(body: bytes | None) -> bool:
    return body is None or (body.isascii() and b"\\u" not in body)


def _messages(value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        return
    if isinstance(value.get("error_msg"), str) and value["error_msg"]:
        yield "error_msg", value["error_msg"]
    results = value.get("results")
    for position, result in enumerate(results if isinstance(results, list) else ()):
        message = result.get("error_msg") if isinstance(result, dict) else None
        if isinstance(message, str) and message:
            yield f"results[{position}].error_msg", message


# --- words -------------------------------------------------------------------------------------


def _listed(statuses: Any) -> str:
    names = [
        "a closed connection" if status == CLOSED else str(status) for status in sorted(statuses)
    ]
    return " or ".join(sorted(names)) if len(names) < 4 else ", ".join(names)


def _quoted(value: Any) -> str:
    return "nothing" if value is None else _short(repr(value))


def _short(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else f"{text[: limit - 20]}... ({len(text)} characters)"


def _of(body: Mapping[str, Any], name: str) -> str:
    return f"`{name}`: {_quoted(body[name])}" if name in body else f"no `{name}`"


def _shown(result: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in result.items() if name != "id"}
    return _short(", ".join(f"{name}: {value}" for name, value in kept.items()))


def _said(value: Any) -> str:
    if isinstance(value, dict) and "error_code" in value:
        return _short(f"({value.get('error_code')}: {value.get('error_msg')})")
    if isinstance(value, dict) and isinstance(value.get("results"), Sequence):
        return f"with {len(value['results'])} results"
    return ""
