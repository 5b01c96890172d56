"""What no generator writes around a body: media types, methods, headers, chunks, sizes."""

# ruff: noqa: E501 - tables read better in long lines
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from attrs import evolve

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.covering import by_turns, in_turn
from drs_sync_policy.fuzz.cases.values import Schema, Value
from drs_sync_policy.fuzz.defects import CLOSED
from drs_sync_policy.fuzz.oracle import OTHER_METHODS
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.request_body import ACCEPTED_BYTES
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.scenarios.requests.raw_bodies import LARGE_SECONDS
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy_contract import RuleId

_SIZE: Final[RuleId] = "batch-size-is-unbounded"
_REFUSED: Final = (
    None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=iso-8859-1",
    "application/ld+json", "application/jsonx", "*/*", "", "text/json", "text/html", "application/xml",
    "text/xml", "application", "json", "application/*", "application/octet-stream",
    "multipart/form-data; boundary=x", "application/json5", "application/problem+json", "application/vnd.api+json", "application/json-patch+json",
    "application/merge-patch+json", "application/x-json", "application/javascript", "application/jso",
    "xapplication/json", "application/x-ndjson", "image/png", "application/graphql", "text/application/json",
    "application/json; charset=latin-1", "application/json; charset=utf-16", "application/json;charset=gbk", "application/json; charset=UTF-7",
    'application/json; charset="utf-16"', "application/json; charset=windows-1252",
    "text/plain; charset=utf-8", "application/json; CHARSET=utf-16", "application/json;charset=x",
)  # fmt: skip
_ACCEPTED: Final = (
    "application/json; charset=utf-8", "Application/JSON", "application/json", "APPLICATION/JSON",
    "application/json;charset=utf-8", "application/json; charset=UTF-8", "Application/Json; Charset=Utf-8", 'application/json; charset="utf-8"',
)  # fmt: skip

_OTHER_LANGUAGES: Final = (
    "en", "zh", "en-us,zh-cn", "en-us;q=0.5", "zh-tw", "zh-hans", "fr-fr", "de-de", "cn", "0",
)  # fmt: skip

_WIDE: Final = "\u00e9\u20ac\U0001f600"
"""Letters of 2, 3 and 4 bytes in UTF-8."""


def _media_types(prober: Prober) -> None:
    prober.send_all(media_type_cases(prober))


def media_type_cases(prober: Prober) -> Iterator[Case]:
    """Media types, those to be rejected and those to be accepted in turn."""
    good = prober.request(prober.bodies.batch(1, 1))
    refused = [other for media in _REFUSED for other in _with_another(media or "")]
    accepted = [other for media in _ACCEPTED for other in _rewritten(media)]
    for media in dict.fromkeys([*by_turns(_REFUSED, _ACCEPTED), *refused, *accepted]):
        yield Case(good.with_header("Content-Type", media), f"the media type {media}")
    utf16 = good.body.decode().encode("utf-16") if good.body else b""
    request = evolve(
        good.with_header("Content-Type", "application/json; charset=utf-16"), body=utf16
    )
    yield Case(request, "a body in UTF-16 with `charset=utf-16`")
    for accept in ("application/json", "*/*", "application/json, text/plain;q=0.5"):
        yield Case(good.with_header("Accept", accept), f"Accept: {accept}")


def _rewritten(media: str) -> Iterator[str]:
    """A media type with its parameter written otherwise: the value quoted, the name in capitals."""
    kind, _, parameter = media.partition(";")
    name, _, value = parameter.strip().partition("=")
    if name:
        bare = value.strip('"')
        others = (f"{name}={bare}", f'{name}="{bare}"', f"{name.upper()}={bare}")
        yield from (text for other in others if (text := f"{kind}; {other}") != media)


def _with_another(media: str) -> Iterator[str]:
    """A media type with its parameter written otherwise, and behind and before another one.

    Only for what is rejected: the contract does not say whether another parameter is accepted.
    """
    yield from (rewritten := [*_rewritten(media)])
    for text in (media, *rewritten) if rewritten else ():
        kind, _, parameter = text.partition(";")
        yield f"{kind}; v=1; {parameter.strip()}"
        yield f"{text}; v=1"


def _parameters(prober: Prober) -> None:
    prober.send_all(header_cases(prober))


def header_cases(prober: Prober) -> Iterator[Case]:
    """Right and wrong values of each parameter that is a header, in turn."""
    build = prober.bodies
    own, unknown = prober.target.tenant.job_ids[0], prober.unknown_job()
    good = prober.request(build.body([build.item(own), build.item(unknown)]))
    for parameter in prober.oracle.operation.parameters:
        if parameter.location != "header":
            continue
        schema = Schema(prober.oracle.contract, parameter.schema)
        right = [
            Case(good.with_header(name, _text(value)), f"{name}: {value}")
            for value in schema.valid()
            for name in (parameter.name, parameter.name.lower())
        ]
        forms = prober.in_both_forms()
        texts = [_text(value.value) for value in in_turn(schema.invalid(), _is_near)]
        wrong = [
            Case(next(forms).with_header(parameter.name, text), f"{parameter.name}: {text!r}")
            for text in dict.fromkeys(["", *by_turns(texts, _OTHER_LANGUAGES)])
            if _fits_a_header(text)
        ]
        remaining = iter(wrong)
        yield from by_turns(remaining, remaining, remaining, right)


def _is_near(value: Value) -> bool:
    """Whether a value is a right one carelessly written, not one of another kind."""
    return value.kind == "near"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _fits_a_header(text: str) -> bool:
    fits = len(text) < 200 and text.isascii() and text == text.strip()
    return fits and (not text or text.isprintable())


def _behind_refusals(prober: Prober) -> None:
    """What a server leaves unread of a rejected request must not be read as the next one."""
    build = prober.bodies
    plain = prober.request(build.batch(1, 1))
    padded = evolve(plain, body=(plain.body or b"") + b" " * 20_000)
    token = prober.oracle.operation.security_headers[0]
    for good in (plain, padded):
        for refused, what in (
            (good.with_header(token, None), "no token"),
            (good.with_header(token, "x"), "a wrong token"),
            (good.with_header("Content-Type", "text/plain"), "another media type"),
            (good.with_header("X-Language", "xx"), "an unknown language"),
            (evolve(good, path=prober.path("x" * 65)), "a malformed project"),
            (evolve(good, method="PUT"), "another method"),
        ):
            first = prober.send(evolve(refused, kept=True), case=what)
            after = prober.ask(plain)
            case = (
                f"a valid request behind one with {what}, on the same connection, where the body of "
                "the first has to be read (curl: both in one, --next)"
            )
            # One rule, whatever else such a response is: it does not belong to this request.
            prober.check("valid-request-is-accepted", Evidence((first, after)), case=case)


def _methods(prober: Prober) -> None:
    prober.send_all(method_cases(prober))


def method_cases(prober: Prober) -> Iterator[Case]:
    """Requests with other methods."""
    good = prober.request(prober.bodies.batch(1, 1))
    for method in OTHER_METHODS:
        bare = evolve(good, method=method, body=None, fresh=True).with_header("Content-Type", None)
        yield Case(bare, f"{method} without a body")
        if method in ("PUT", "PATCH"):
            yield Case(evolve(good, method=method, fresh=True), f"{method} with a valid body")


# --- sizes ------------------------------------------------------------------------------------------


def _large_bodies(prober: Prober) -> None:
    build = prober.bodies
    own = prober.target.tenant.job_ids[0]
    item = build.item(own)
    limit = min(ACCEPTED_BYTES, prober.target.max_body_bytes or ACCEPTED_BYTES)
    for size in (16_384, 65_536, 65_537, 102_401, 131_072, 262_145, 524_289, limit):
        if size > limit:
            continue
        small = ijson.dumps(build.body([item]))
        prober.send(
            prober.request(small + b" " * (size - len(small))), case=f"{size} bytes, most of them white space",
            rule=_SIZE, timeout=LARGE_SECONDS,
        )  # fmt: skip
        filled = ijson.dumps({**build.body([item]), "x_unknown": ""})
        padded = filled.replace(b'""', b'"' + b"x" * (size - len(filled)) + b'"')
        prober.send(
            prober.request(padded), case=f"{size} bytes, most of them an ignored field",
            rule=_SIZE, timeout=LARGE_SECONDS,
        )  # fmt: skip


def _oversize(prober: Prober) -> None:
    limit = prober.target.max_body_bytes or 0
    build = prober.bodies
    small = ijson.dumps(build.body([build.item(prober.target.tenant.job_ids[0])]))
    for size in (limit + 1, limit + limit // 4 + 1000):
        if size > 64 * 1024 * 1024:
            continue
        request = evolve(prober.request(small + b" " * (size - len(small))), fresh=True)
        prober.send(request, case=f"{size} bytes, the limit is {limit}", timeout=LARGE_SECONDS)
        wide = prober.request(
            {
                **build.body([build.item(prober.target.tenant.job_ids[0])]),
                "x_unknown": "é" * (size // 2),
            }
        )
        prober.send(
            evolve(wide, fresh=True), case=f"{len(wide.body or b'')} bytes in half as many characters, the limit is {limit}",
            timeout=LARGE_SECONDS,
        )  # fmt: skip
        prober.send(
            evolve(request, chunked=True),
            case=f"{size} bytes in chunks, the limit is {limit}",
            statuses={413, 400, 411, 501, CLOSED},
            timeout=LARGE_SECONDS,
        )


def _is_older(prober: Prober) -> bool:
    """Whether the server speaks only HTTP/1.0, which has no chunks and no expectations."""
    probe = prober.ask(prober.request(prober.bodies.batch(1)))
    return not prober.unsent and (probe.response is None or probe.response.version < 11)


def _chunked(prober: Prober) -> None:
    if _is_older(prober):
        return
    # Not every server takes chunks: then 400, 411 or 501 is right, and 200 only for a valid body.
    build = prober.bodies
    jobs = (prober.target.tenant.job_ids[0], f"{prober.unknown_job()}-{_WIDE}")
    body = ijson.dumps(build.body([build.full(job) for job in jobs]))
    request = evolve(prober.request(body), chunked=True, cuts=(len(body),), fresh=True)
    statuses = {200, 400, 411, 501}
    first = prober.send(request, case="a valid body in one chunk", statuses=statuses)
    if prober.unsent or (first.response is not None and first.response.status == 200):
        # It takes chunks, so it has to take them wherever the body is cut.
        prober.send_all(
            Case(evolve(request, cuts=cuts), f"a valid body in {what}; in one chunk, it gets 200")
            for cuts, what in _cuts(body)
        )
    for body, what in ((b"{", "not JSON"), (b'{"jobs": []}', "without items"), (b"", "empty")):
        bad = evolve(prober.request(body), chunked=True, fresh=True)
        prober.send(bad, case=f"a body in chunks: {what}", statuses={400, 411, 422, 501})


def _cuts(body: bytes) -> Iterator[tuple[tuple[int, ...], str]]:
    """Where a body is cut into chunks, with what that is."""
    size = len(body)
    yield (size // 2,), "two chunks"
    yield (1,), "two chunks, the first of one byte"
    yield (size - 1,), "two chunks, the last of one byte"
    yield (size // 3, size // 2, size - size // 3), "four chunks"
    yield tuple(range(1, size)), "chunks of one byte"
    for letter in _WIDE:
        encoded = letter.encode()
        start = body.index(encoded)
        for place in range(1, len(encoded)):
            what = f"two chunks, cut inside the {len(encoded)} bytes of {letter!a}"
            yield (start + place,), what


def _expecting(prober: Prober) -> None:
    """A valid request that asks whether its body is wanted, as curl does with larger bodies."""
    if _is_older(prober):
        return
    # 417 only says that a server, or what stands in front of it, supports no expectations.
    small = prober.bodies.batch(1, 1)
    for body in (small, {**small, "x_unknown": "x" * 2000}):
        request = evolve(prober.request(body), fresh=True).with_header("Expect", "100-continue")
        prober.send(request, case="Expect: 100-continue", statuses={200, 417})


SCENARIOS: Final = (
    Scenario("media types", _media_types, required=True),
    Scenario("methods", _methods, required=True),
    Scenario("headers", _parameters, required=True),
    Scenario("requests after rejected ones", _behind_refusals),
    Scenario("chunks", _chunked),
    Scenario("Expect", _expecting),
    Scenario("large bodies", _large_bodies),
    Scenario("oversize bodies", _oversize, needs=("max_body_bytes",)),
)
