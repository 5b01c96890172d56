"""Credentials and projects: missing, wrong, nearly right, and in the wrong place."""

# ruff: noqa: E501 - tables read better in long lines
from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from attrs import evolve

from drs_sync_policy.fuzz.cases.covering import by_turns, in_turn
from drs_sync_policy.fuzz.cases.values import near_misses
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy_contract import RuleId

EXACTLY: Final[RuleId] = "token-is-matched-exactly"
ELSEWHERE: Final[RuleId] = "token-comes-from-its-header"
_IN_FRONT: Final = frozenset({400, 401, 403, 431, 494})
"""Also right for header values that servers may reject before the service sees them."""


def wrong_tokens(prober: Prober) -> Iterator[tuple[str, RuleId, str]]:
    """Tokens that are not valid: the value, the rule that rejects it, what it is."""
    target = prober.target
    wrong: RuleId = "wrong-credentials-are-refused"
    if target.expired_token:
        yield target.expired_token, wrong, "an expired token"
    for value in (
        "x", "0", "null", "undefined", "true", "*", "%", "admin", "' OR '1'='1", "{}", "[]",
        "0123456789abcdef0123456789abcdef", target.tenant.project_id, target.tenant.job_ids[0],
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", "é", "x" * 255, "x" * 1025, "x" * 2000, "x" * 4097,
    ):  # fmt: skip
        yield value, wrong, f"the token {value[:40]!r}, which does not exist"
    for value, what in _variants(target.tenant.token):
        yield value, EXACTLY, f"the right token {what}"


def _variants(token: str) -> Iterator[tuple[str, str]]:
    last = "a" if token[-1] != "a" else "b"
    yield from (
        (token[:-1], "without its last character"),
        (f"{token}x", "with a character behind"),
        (token.upper(), "in upper case"),
        (f'"{token}"', "in quotes"),
        (token[: len(token) // 2] + "z" * (len(token) - len(token) // 2), "with half of it right"),
        (token[1:], "without its first character"),
        (token[: len(token) // 2], "cut in half"),
        (token[:8], "cut to 8 characters"),
        (token[:1], "cut to its first character"),
        (token[:-1] + last, "with another last character"),
        (last + token[1:], "with another first character"),
        (f"x{token}", "with a character in front"),
        (token + token, "twice"),
        (f"{token} {token}", "twice, with a space"),
        (f"{token},{token}", "twice, with a comma"),
        (f"{token};", "with a semicolon behind"),
        (f"{token}%", "with a percent sign behind"),
        (token.lower(), "in lower case"),
        (token.swapcase(), "with upper and lower case exchanged"),
        (token.title(), "in title case"),
        (f"Bearer {token}", "after Bearer"),
        (f"Token {token}", "after Token"),
        (f"token={token}", "after token="),
        (f"{token}\xa0", "with a no-break space behind"),
        (f"\xa0{token}", "with a no-break space in front"),
        ("".join(f"%{ord(c):02X}" for c in token), "percent-encoded"),
        (base64.b64encode(token.encode()).decode(), "in base64"),
        (token.replace("-", "_"), "with `_` for `-`"),
        (token.replace("-", ""), "without `-`"),
        (token[::-1], "backwards"),
        (token[:8] + "z" * max(0, len(token) - 8), "with only its first 8 characters right"),
        (token[:16] + "z" * max(0, len(token) - 16), "with only its first 16 characters right"),
        ("z" * max(0, len(token) - 8) + token[-8:], "with only its last 8 characters right"),
        (token[:-1] + "%", "with a percent sign for its last character"),
        (token[:-1] + "_", "with `_` for its last character"),
        (token[:-1] + "*", "with `*` for its last character"),
        (token + " x", "with another word behind"),
        (f"x {token}", "after another word"),
    )


def token_cases(prober: Prober) -> Iterator[Case]:
    """Tokens that are not valid: those that nobody has, and nearly right ones, in turn."""
    good = prober.request(prober.bodies.batch(1, 1))
    name = prober.oracle.operation.security_headers[0]
    expired = prober.target.expired_token
    known = {tenant.token for tenant in prober.target.tenants}
    for value, rule, what in in_turn(wrong_tokens(prober), lambda entry: entry[1]):
        if value.strip(" \t") not in known and value.strip(" \t"):
            odd = not value.isascii() or len(value) > 1000
            request = good.with_header(name, value, secret=rule == EXACTLY or value == expired)
            yield Case(request, what, rule, _IN_FRONT if odd else None)


def _refused_tokens(prober: Prober) -> None:
    good = prober.request(prober.bodies.batch(1, 1))
    name = prober.oracle.operation.security_headers[0]
    missing: RuleId = "missing-credentials-are-refused"
    wrong: RuleId = "wrong-credentials-are-refused"
    # A valid request first: what an earlier request proved must not last.
    for _ in range(2):
        prober.send(good, case="a valid request")
        prober.send(
            good.with_header(name, None), case="no token, after a valid request", rule=missing
        )
        prober.send(good, case="a valid request")
        prober.send(good.with_header(name, ""), case="an empty token", rule=missing)
    _on_one_connection(prober)
    prober.send(good.with_header(name, "   "), case="a blank token", rule=missing)
    prober.send_all(token_cases(prober))
    for _ in range(2):
        prober.send(good, case="a valid request")
        prober.send(
            good.with_header(name, "x"), case="an unknown token, after a valid request", rule=wrong
        )
    prober.send(
        good.with_header(name.lower(), prober.target.tenant.token, secret=True),
        case="the header's name in lower case",
    )


def _on_one_connection(prober: Prober) -> None:
    """Who sent the first request of a connection says nothing about who sends the next one."""
    good = prober.request(prober.bodies.batch(1, 1))
    name = prober.oracle.operation.security_headers[0]
    cases = [
        (good.with_header(name, None), "no token"),
        (good.with_header(name, "x"), "a wrong token"),
    ]
    if other := prober.target.other:
        theirs = prober.bodies.body([prober.bodies.item(other.job_ids[0])])
        cases += [
            (
                prober.request(theirs, tenant=other),
                "the token of another tenant, for its own project",
            ),
            (good.with_header(name, other.token, secret=True), "the token of another tenant"),
        ]
    for request, what in cases:
        first = prober.send(evolve(good, kept=True), case="a valid request")
        after = prober.ask(request)
        case = (
            f"{what}, on the connection of a request with a right token (curl: both in one, --next)"
        )
        # One rule, whatever else such a response is: only its own header says who sends a request.
        prober.check(ELSEWHERE, Evidence((first, after)), case=case)


def _elsewhere(prober: Prober) -> None:
    prober.send_all(tokens_elsewhere(prober))


def tokens_elsewhere(prober: Prober) -> Iterator[Case]:
    """The right token in every other place, the places in turn."""
    yield from by_turns(_tokens_in_headers(prober), _tokens_in_other_parts(prober))


def _bare(prober: Prober) -> tuple[Request, str, str]:
    """A request without a token, and the token with the header that it should be in."""
    name = prober.oracle.operation.security_headers[0]
    good = prober.request(prober.bodies.batch(1, 1))
    return good.with_header(name, None), name, prober.target.tenant.token


def _tokens_in_headers(prober: Prober) -> Iterator[Case]:
    bare, name, token = _bare(prober)
    # CGI and WSGI make one variable of a name with `-` and one with `_`.
    for other in (
        "Authorization", name.replace("-", "_"), "X-Subject-Token", "X-Token", "X-Security-Token", "X-Api-Key", "Api-Key",
        "X-Auth", "Auth-Token", "Token", "Proxy-Authorization", "X-Auth-Token-2", "X-Forwarded-Auth-Token",
    ):  # fmt: skip
        yield Case(bare.with_header(other, token, secret=True), f"the token in {other}", ELSEWHERE)
    for scheme in ("Bearer", "Token", "Basic"):
        request = bare.with_header("Authorization", f"{scheme} {token}", secret=True)
        yield Case(request, f"the token in Authorization, after {scheme}", ELSEWHERE)


def _tokens_in_other_parts(prober: Prober) -> Iterator[Case]:
    bare, name, token = _bare(prober)
    for key in (
        name,
        name.lower(),
        "token",
        "access_token",
        "auth_token",
        "api_key",
        "x_auth_token",
    ):
        value = quote(token, safe="")
        query = evolve(bare, path=f"{bare.path}?{key}={value}")
        yield Case(query, f"the token in the query as {key}", ELSEWHERE)
        cookie = bare.with_header("Cookie", f"{key}={value}", secret=True)
        yield Case(cookie, f"the token in a cookie {key}", ELSEWHERE)
        wrong = query.with_header(name, "x")
        yield Case(wrong, f"a wrong token, the right one in the query as {key}", ELSEWHERE)
        body = {**prober.bodies.batch(1, 1), key: token}
        request = prober.request(body).with_header(name, None)
        yield Case(request, f"the token in the body as {key}", ELSEWHERE)


def _before_the_body(prober: Prober) -> None:
    prober.send_all(bad_credentials_and_bodies(prober))


def bad_credentials_and_bodies(prober: Prober) -> Iterator[Case]:
    """Requests whose credentials and whose body are wrong."""
    name = prober.oracle.operation.security_headers[0]
    for body, what in (
        (b"", "nothing"), (b"{", "not JSON"), (b"\xff", "not UTF-8"), (b"{}", "an empty object"),
        (b"[]", "a list"), (b'{"jobs": []}', "no items"), (b'{"jobs": [{}]}', "an item without a job"),
        (b'{"jobs": [{"job_id": 1}]}', "a job that is a number"), (b"null", "null"),
    ):  # fmt: skip
        for token, how in ((None, "no token"), ("", "an empty token"), ("x", "an unknown token")):
            request = prober.request(body).with_header(name, token)
            yield Case(request, f"{how}, and the body is {what}")


def _projects(prober: Prober) -> None:
    prober.send_all(project_cases(prober))


def project_cases(prober: Prober) -> Iterator[Case]:
    """Projects that are nearly the tenant's, that are others', and that are outside the pattern."""
    forms = prober.in_both_forms()
    project = prober.target.tenant.project_id
    own = [near.value for near in near_misses(project)]
    foreign = [value for value in own if value.isascii() and value.replace("-", "").isalnum()]
    others = ["0" * 32, "f" * 32, "x", "_", "-", "a" * 64, "admin", "null", "0", project[::-1]]
    if prober.target.other:
        others.append(prober.target.other.project_id)
    known = [
        (v, f"the project {v[:70]!r}, which is not the tenant's", False)
        for v in by_turns(others, foreign)
    ]
    for value, what, raw in by_turns(_malformed(project), known):
        yield Case(evolve(next(forms), path=prober.path(value, raw=raw), fresh=True), what)


def _malformed(project: str) -> Iterator[tuple[str, str, bool]]:
    for value in (
        "a" * 65, "a" * 200, project + "0" * 40, f"{project} ", f" {project}", f"{project}\n", "é",
        f"{project}\0", "\0", " ", "a b", "a.b", "a:b", "a@b", "a$", "a'", 'a"', "a;b", "a,b", "a=b",
        "a+b", "a*", "(a)", "[a]", "{a}", "a|b", "a~", "a&b", "a!", "%", "<a>", "项目", "a\\b",
        "' OR '1'='1", "\U0001f600", "a\tb", f"{project}%00", f"{project}é",
    ):  # fmt: skip
        yield value, f"the project {value[:70]!r}, outside the pattern", False
    twice = f"%25{ord(project[0]):02X}{project[1:]}"
    for raw in (
        "",
        ".",
        "..",
        "%2F",
        "a%2Fb",
        f"{project}%2F",
        f"{project}+",
        f"+{project}",
        twice,
    ):
        yield raw, f"the project {raw!r} in the path as it is", True


def _foreign_project(prober: Prober) -> None:
    other = prober.target.other
    if other is None:
        return
    own = prober.target.tenant
    build = prober.bodies
    for language in (None, *prober.oracle.languages):
        for items in ([build.item(own.job_ids[0])], [build.item(other.job_ids[0])]):
            body = build.body(items)
            theirs = prober.request(body, project_id=other.project_id, language=language)
            prober.send(theirs, case="the own token on the other tenant's project")
            ours = prober.request(body, tenant=other, project_id=own.project_id, language=language)
            prober.send(ours, case="the other tenant's token on the own project")
    prober.send(
        prober.request(build.body([build.item(other.job_ids[0])]), tenant=other),
        case="a valid request of the other tenant",
    )
    prober.send(
        prober.request(build.batch(2)), case="a valid request after one of the other tenant"
    )


SCENARIOS: Final = (
    Scenario("credentials", _refused_tokens, required=True),
    Scenario("credentials elsewhere", _elsewhere, required=True),
    Scenario("credentials before the body", _before_the_body, required=True),
    Scenario("another tenant's project", _foreign_project, needs=("other_tenant",), required=True),
    Scenario("projects", _projects, late=1),
)
