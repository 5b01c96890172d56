"""Which rule a violation is about, read from the smallest request that shows it.

A check says which rule it comes `before` if one response violates both. Two tables hold what is
known of particular rules: `FEATURES` what the smallest request needs, `EXPLAINS` which findings
follow from others. A new rule needs no row in them.
"""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import ITEMS, JOB
from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.findings.shrink import WRONG_TOKEN, Plain, document, items
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.oracle import Expectation
from drs_sync_policy.fuzz.request_body import is_extreme
from drs_sync_policy.fuzz.rules.check import Check
from drs_sync_policy.fuzz.rules.registry import REGISTRY
from drs_sync_policy.fuzz.target.http import Request, Response

ACCEPTED: Final[AnyRule] = "valid-request-is-accepted"
CRASHES: Final[AnyRule] = "valid-request-never-crashes"
OWN: Final[AnyRule] = "own-job-succeeds"
_CREDENTIALS: Final = frozenset[AnyRule](
    {"missing-credentials-are-refused", "wrong-credentials-are-refused"}
)

_ECHO: Final[AnyRule] = "result-id-echoes-job-id"
_REJECTING: Final = _CREDENTIALS | frozenset[AnyRule](
    {
        "body-must-be-i-json",
        "foreign-project-is-refused",
        "invalid-body-is-refused",
        "malformed-project-id-is-refused",
        "other-media-types-are-refused",
    }
)

DOCUMENTED: Final[AnyRule] = "status-is-documented"
"""Whatever else is wrong with a response of no known status, it follows from that."""


def in_order(checks: Mapping[AnyRule, Check]) -> Iterator[AnyRule]:
    """The rules in the order in which those that one response violates explain each other.

    It is the order of the contract, but what a check says that it comes `before` comes after it.
    Raises `ValueError` if that is a circle.
    """
    found: dict[AnyRule, None] = {}

    def add(rule: AnyRule, after: tuple[AnyRule, ...] = ()) -> None:
        if rule in after:
            raise ValueError(f"`before` makes a circle: {', '.join((*after, rule))}")
        for check in checks.values():
            if check.before == rule:
                add(check.rule, (*after, rule))
        found[rule] = None

    for rule in checks:
        add(rule)
    return iter(found)


_PLACES: Final = {rule: place for place, rule in enumerate(in_order(REGISTRY))}
FEATURES: Final[tuple[tuple[str, AnyRule, frozenset[AnyRule]], ...]] = (
    ("blocked job", "blocked-job-fails-alone", frozenset({ACCEPTED, CRASHES, OWN})),
    ("unknown job", "unknown-job-fails-alone", frozenset({ACCEPTED, CRASHES, OWN})),
    ("foreign job", "foreign-job-looks-unknown", frozenset({ACCEPTED, CRASHES, OWN})),
    ("job id with an odd form", "job-id-is-opaque", frozenset({ACCEPTED})),
    (
        "unknown field",
        "unknown-fields-are-ignored",
        frozenset({ACCEPTED, OWN, _ECHO, "invalid-body-is-refused"}),
    ),
    ("many items", "batch-size-is-unbounded", frozenset({ACCEPTED})),
    ("large body", "batch-size-is-unbounded", frozenset({ACCEPTED})),
    ("another language", "language-changes-only-messages", _REJECTING),
    ("token in another place", "token-comes-from-its-header", _CREDENTIALS),
    ("token like the right one", "token-is-matched-exactly", _CREDENTIALS),
)
"""What a request needs to show a violation, the rule that speaks of it, and the general rules
in whose place that rule is."""

_STATE: Final[tuple[AnyRule, ...]] = (
    "accepted-policy-is-stored",
    "omitted-field-keeps-its-value",
    "later-items-win",
    "later-calls-win",
    "repeating-is-harmless",
)
_ALSO_OF_STATE: Final[tuple[AnyRule, ...]] = (
    "concurrent-calls-take-turns",
    "blocked-job-fails-alone",
    "language-changes-only-messages",
    "refused-request-changes-nothing",
    "tenants-are-isolated",
    "unknown-fields-are-ignored",
    "unknown-job-fails-alone",
)
EXPLAINS: Final[tuple[tuple[AnyRule, AnyRule, str], ...]] = (
    ("body-must-be-i-json", "extremes-in-ignored-fields-are-survived", "response"),
    ("body-must-be-i-json", "invalid-body-is-refused", "crash of the parser"),
    ("extremes-in-ignored-fields-are-survived", "invalid-body-is-refused", "crash of the parser"),
    ("extremes-in-ignored-fields-are-survived", CRASHES, "crash of the parser"),
    ("missing-credentials-are-refused", "credentials-come-before-the-body", "any"),
    ("wrong-credentials-are-refused", "credentials-come-before-the-body", "any"),
    ("repeating-is-harmless", OWN, "not alone"),
    ("repeating-is-harmless", OWN, "last response"),
    ("repeating-is-harmless", "language-changes-only-messages", "last response"),
    ("repeating-is-harmless", "unknown-fields-are-ignored", "field"),
    ("repeating-is-harmless", "unknown-job-fails-alone", "field"),
    ("repeating-is-harmless", "blocked-job-fails-alone", "field"),
    ("unknown-job-fails-alone", "foreign-job-looks-unknown", "response"),
    ("unknown-job-fails-alone", "items-are-independent", "any"),
    ("blocked-job-fails-alone", "items-are-independent", "any"),
    ("later-calls-win", "accepted-policy-is-stored", "field"),
    ("refused-request-changes-nothing", "tenants-are-isolated", "rejected"),
    *((rule, "concurrent-calls-take-turns", "set") for rule in _STATE),
    *((_STATE[0], rule, "late") for rule in (*_STATE[1:], *_ALSO_OF_STATE)),
)
"""A finding of the first rule takes in violations of the second: all of them, those whose responses
say the same (or whose last one does, or, of crashes, those on bodies that are hard to parse), those
with the same field, those whose requests set it, those that are not seen alone, those of requests
that were rejected, or, if a write becomes visible late, those of what is stored."""

_REJECTED: Final = frozenset(range(400, 500))
_HARD_LEVELS: Final = 32
_HARD_NUMBER: Final = 2.0**64
_MANY_DIGITS: Final = re.compile(rb"[:\[,\s]-?[0-9.]{300}")
"""Beyond these, parsers fail that do not fail on everyday bodies."""
_TOO_LARGE: Final = 413
_MANY: Final = 3
_LARGE: Final = 4096


def general(
    rules: Collection[AnyRule], expectation: Expectation, response: Response | None
) -> AnyRule:
    """Of the `rules` that one response violates, the one that explains the others."""
    if DOCUMENTED in rules:
        return DOCUMENTED
    status: list[AnyRule] = [rule for rule in rules if REGISTRY[rule].about == "status"]
    if not status:
        return min(rules, key=_PLACES.__getitem__)
    if expectation.valid:
        return CRASHES if is_crash(response) and CRASHES in status else ACCEPTED
    about: list[AnyRule] = [rule for rule in status if rule == expectation.rule]
    return (about or status)[0]


def is_content(rule: AnyRule) -> bool:
    """Whether the rule is about what one response says, apart from its status."""
    check = REGISTRY[rule]
    return check.alone is not None and check.about != "status"


def is_of_status(rule: AnyRule) -> bool:
    """Whether the rule is about the status of a response."""
    return rule == DOCUMENTED or REGISTRY[rule].about == "status"


def is_accepted_otherwise(exchange: Exchange) -> bool:
    """Whether a valid request was accepted with another status than 200.

    The status has nothing to do with what the response says of the items then.
    """
    response = exchange.response
    has_results = exchange.expectation.valid and bool(exchange.listed)
    return has_results and response is not None and response.status != 200


def is_form(rule: AnyRule) -> bool:
    """Whether a response that violates the rule still says clearly what became of each item."""
    return is_content(rule) and REGISTRY[rule].about == "form"


def is_crash(response: Response | None) -> bool:
    """Whether the server failed: with a status for that, or without a response."""
    return response is None or response.status >= 500


def is_crash_of_parser(exchange: Exchange) -> bool:
    """Whether the server failed on a body that is hard to parse, whatever its schema says."""
    if not is_crash(exchange.response):
        return False
    sent = exchange.request.body or b""
    try:
        is_hard = is_extreme(ijson.loads(sent), levels=_HARD_LEVELS, largest=_HARD_NUMBER)
        return is_hard or _MANY_DIGITS.search(sent) is not None
    except ijson.NotIJson:
        return True


def leaves_clear(rules: Collection[AnyRule], exchange: Exchange) -> bool:
    """Whether a response that violates `rules` says clearly what became of each item.

    Or that none was carried out. What is stored otherwise has a cause of its own then. An invalid
    request that is rejected was not carried out, also if its status is not the right one.
    """
    items, results = exchange.expectation.items, exchange.results
    if exchange.expectation.defects and exchange.response:
        return exchange.response.status in _REJECTED
    unclear: set[AnyRule] = {rule for rule in rules if not is_form(rule)}
    if results and not any("id" in result for result in results):
        unclear.discard(_ECHO)
    if is_accepted_otherwise(exchange):
        unclear = {rule for rule in unclear if not is_of_status(rule)}
    if unclear or not exchange.response:
        return False
    if results is None:
        allowed = exchange.expectation.statuses or frozenset()
        return exchange.response.status in _REJECTED & allowed
    said = [
        (result.get("id", item[JOB]), result.get("status") in ("success", "failed"))
        for item, result in zip(items, results, strict=False)
    ]
    return len(results) == len(items) and said == [(item[JOB], True) for item in items]


def special(rule: AnyRule, exchange: Exchange, plain: Plain) -> tuple[AnyRule, str]:
    """The rule that speaks of what the smallest request needs, and what that is."""
    needs = set(features(exchange.request, plain))
    if exchange.response and exchange.response.status == _TOO_LARGE:
        needs &= {"many items", "large body"}  # whatever fills it
    for feature, instead, of in FEATURES:
        if feature in needs and rule in of:
            return instead, feature
    return rule, ""


def features(request: Request, plain: Plain) -> Iterator[str]:
    """What makes a request other than plain, as far as a rule speaks of it."""
    found = [item for item in items(request) if isinstance(item, dict)]
    yield from (_job(item.get(JOB), plain) for item in found)
    if has_unknown_fields(request, plain):
        yield "unknown field"
    if request.header("X-Language"):
        yield "another language"
    if len(found) >= _MANY or len({str(item.get(JOB)) for item in found}) > 1:
        yield "many items"
    if len(request.body or b"") > _LARGE:
        yield "large body"
    yield from _credentials(request, plain)


def _job(job: Any, plain: Plain) -> str:
    if not isinstance(job, str):
        return ""
    target = plain.oracle.target
    if job in target.blocked_job_ids:
        return "blocked job"
    owner = plain.oracle.owner(job)
    if owner is not None:
        return "foreign job" if owner is not target.tenant else ""
    return "unknown job" if job == plain.unknown else "job id with an odd form"


def has_unknown_fields(request: Request, plain: Plain) -> bool:
    """Whether the body has a field that the contract does not describe."""
    body = document(request)
    others: Collection[str] = body if isinstance(body, dict) else ()
    found = [item for item in items(request) if isinstance(item, dict)]
    return any(name not in plain.build.root.properties for name in others if name != ITEMS) or any(
        name not in plain.build.item_schema.properties for item in found for name in item
    )


def _credentials(request: Request, plain: Plain) -> Iterator[str]:
    given = request.header(plain.token_header)
    elsewhere = [
        request.path,
        *(value for name, value in request.headers if name.lower() != plain.token_header.lower()),
        (request.body or b"").decode("latin-1"),
    ]
    if any(plain.token in text or plain.token in unquote(text) for text in elsewhere):
        yield "token in another place"
    expired = plain.oracle.target.expired_token
    if given and given[0].strip() and given[0] not in (plain.token, WRONG_TOKEN, expired):
        yield "token like the right one"
