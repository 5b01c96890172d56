"""The registry: for each rule of the contract the one check that decides whether it holds.

A check looks at evidence of three kinds: one exchange alone, several exchanges compared, or also
what was stored before and after them. What it cannot look at says nothing about its rule. Scenarios
send requests and hand the evidence over; nothing else decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from drs_sync_policy.contract import Operation
from drs_sync_policy.fuzz.defects import PARAMETERS_RULE, AnyRule
from drs_sync_policy.fuzz.ledger import Kind
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.rules import (
    form,
    messages,
    pairing,
    reading,
    relations,
    state,
    status,
)
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.rules.problem import Problem, Skip
from drs_sync_policy.fuzz.rules.state import State
from drs_sync_policy.fuzz.rules.subject import Subject, subject
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.text import listed

_MOST: Final = 3
"""Of one check and one evidence so many problems are reported."""


@frozen
class Check:
    """What decides whether a rule holds. Each part yields problems, or raises `Skip`."""

    rule: AnyRule
    alone: Callable[[Subject], Iterator[Problem]] | None = None
    """Checks one exchange."""
    compared: Callable[[Sequence[Subject]], Iterator[Problem]] | None = None
    """Checks several exchanges against each other."""
    stored: Callable[[State], Iterator[Problem]] | None = None
    """Checks what is stored."""
    by_status: bool = False
    """Whether `alone` looks at the status, not at the form of a response."""

    @property
    def kind(self) -> Kind:
        """The most that the check can look at."""
        if self.stored:
            return "state"
        return "relation" if self.compared else "response"

    def problems(self, oracle: Oracle, evidence: Evidence) -> list[Problem] | None:
        """What is wrong; None if the evidence says nothing about the rule."""
        kind = evidence.kind
        try:
            if kind == "state" and self.stored:
                return list(self.stored(State(oracle, evidence)))[:_MOST]
            subjects = [subject(oracle, exchange) for exchange in evidence.exchanges]
            if any(self.rule not in it.oracle.rules for it in subjects):
                return None
            if kind == "relation" and self.compared:
                return list(self.compared(subjects))[:_MOST]
            if kind == "response" and self.alone:
                return list(self.alone(subjects[0]))[:_MOST]
        except Skip:
            pass
        return None


def _by_status(
    rule: AnyRule, *, stored: Callable[[State], Iterator[Problem]] | None = None
) -> Check:
    """A check of the status of the requests that the rule is about."""
    return Check(rule, alone=status.of(rule), stored=stored, by_status=True)


def _each(
    *parts: Callable[[Subject], Iterator[Problem]],
) -> Callable[[Subject], Iterator[Problem]]:
    """Several views of one exchange as one check; it skips only if all of them do."""

    def check(it: Subject) -> Iterator[Problem]:
        skipped = 0
        for part in parts:
            try:
                yield from part(it)
            except Skip:
                skipped += 1
        if skipped == len(parts):
            raise Skip

    return check


CHECKS: Final[tuple[Check, ...]] = (
    Check("status-is-documented", alone=form.documented_status),
    Check("media-type-is-json", alone=form.media_type),
    Check("answer-matches-schema", alone=form.schema),
    Check("answer-is-i-json", alone=form.i_json),
    Check("status-ties-error-fields", alone=form.error_fields_follow_status),
    Check("error-body-explains", alone=form.error_explains),
    Check("count-equals-results", alone=pairing.count),
    Check("one-result-per-item", alone=pairing.one_result_each),
    Check("results-in-request-order", alone=pairing.order),
    Check("result-id-echoes-job-id", alone=pairing.ids),
    Check("own-job-succeeds", alone=pairing.own_job),
    Check(
        "valid-request-is-accepted",
        alone=status.accepted,
        compared=relations.accepted_after_rejected,
        by_status=True,
    ),
    Check("valid-request-never-crashes", alone=status.never_crashes, by_status=True),
    _by_status("job-id-is-opaque"),
    _by_status("unknown-fields-are-ignored", stored=state.unknown_fields_store_nothing),
    _by_status("batch-size-is-unbounded"),
    _by_status("extremes-in-ignored-fields-are-survived"),
    _by_status("invalid-body-is-refused"),
    _by_status("body-must-be-i-json"),
    _by_status("other-media-types-are-refused"),
    _by_status("unknown-language-is-refused"),
    _by_status("malformed-project-id-is-refused"),
    _by_status("oversized-body-is-refused"),
    Check("other-methods-are-refused", alone=status.other_methods, by_status=True),
    Check("refused-request-changes-nothing", stored=state.rejected_changes_nothing),
    _by_status("missing-credentials-are-refused"),
    _by_status("wrong-credentials-are-refused"),
    _by_status("token-is-matched-exactly"),
    _by_status("token-comes-from-its-header"),
    _by_status("credentials-come-before-the-body"),
    _by_status("foreign-project-is-refused"),
    Check(
        "foreign-job-looks-unknown",
        alone=_each(status.of("foreign-job-looks-unknown"), pairing.foreign_job),
        compared=relations.looks_unknown,
    ),
    Check("tenants-are-isolated", stored=state.other_tenants_change_nothing),
    Check(
        "unknown-job-fails-alone",
        alone=_each(
            status.of("unknown-job-fails-alone"),
            pairing.unknown_job,
            relations.shortened_ids_are_others,
        ),
        stored=state.others_are_carried_out,
    ),
    Check(
        "blocked-job-fails-alone",
        alone=_each(status.of("blocked-job-fails-alone"), pairing.blocked_job),
        stored=state.others_are_carried_out,
    ),
    Check("items-are-independent", compared=relations.independent),
    Check("accepted-policy-is-stored", stored=state.stored_as_sent),
    Check("omitted-field-keeps-its-value", stored=state.rest_is_kept),
    Check("later-items-win", stored=state.items_in_order),
    Check("later-calls-win", stored=state.last_request_wins),
    Check(
        "repeating-is-harmless",
        compared=relations.same_again,
        stored=state.same_state_again,
    ),
    Check("concurrent-calls-take-turns", stored=state.some_order_explains),
    Check("message-is-in-the-language", alone=messages.in_language),
    Check(
        "language-changes-only-messages",
        compared=relations.same_with_any_language,
        stored=state.stored_as_sent,
    ),
    Check("own-job-is-shown", alone=reading.own_job, by_status=True),
    Check("details-are-of-jobs-asked-for", alone=reading.asked_for),
    Check("details-fit-their-page", alone=reading.details_fit),
    Check("foreign-job-has-no-details", alone=reading.foreign_details),
    Check("first-page-of-jobs-is-shown", alone=reading.first_page, by_status=True),
    Check("list-fits-its-page", alone=reading.list_fits),
    Check("list-has-what-was-asked-for", alone=reading.filtered),
    Check("list-has-own-jobs-only", alone=reading.own_jobs_only),
    _by_status(PARAMETERS_RULE),
)
"""The check of each rule, in the order of the contract."""

REGISTRY: Final[dict[AnyRule, Check]] = {check.rule: check for check in CHECKS}
"""The check of each rule, by the rule's id."""


def hidden_from(target: Target, fields: Iterable[str]) -> dict[str, str]:
    """What cannot be read of these fields, for each rule about what is stored."""
    names = target.hidden(fields)
    said = f"`[readback]` does not read {listed(names, last='and')}"
    return {check.rule: said for check in CHECKS if names and check.stored}


_ALONE: Final[tuple[tuple[AnyRule, Callable[[Subject], Iterator[Problem]]], ...]] = tuple(
    (check.rule, check.alone) for check in CHECKS if check.alone
)


def own_rules(operation: Operation) -> Iterator[AnyRule]:
    """The rules of an operation that have a check."""
    known = {rule.id for rule in operation.rules}
    return (check.rule for check in CHECKS if check.rule in known)


def of_response(checked: Subject) -> Iterator[tuple[AnyRule, list[Problem]]]:
    """Every rule that one exchange says something about, with what is wrong."""
    for rule, check in _ALONE:
        if rule not in checked.oracle.rules:
            continue
        try:
            yield rule, list(check(checked))[:_MOST]
        except Skip:
            continue
