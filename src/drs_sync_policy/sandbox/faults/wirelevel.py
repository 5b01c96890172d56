"""Gaps before the schema: bodies that are no I-JSON, media types, languages, paths, methods."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs

from drs_sync_policy.sandbox import rejection as refusal
from drs_sync_policy.sandbox.faults.fault import Fault, Memory
from drs_sync_policy.sandbox.faults.wrap import (
    Rows,
    WrapSteps,
    header,
    lets_projects_pass,
    reads,
    wires,
)
from drs_sync_policy.sandbox.http.response import Answer, Wire
from drs_sync_policy.sandbox.http.routing import Match
from drs_sync_policy.sandbox.rejection import Refusal
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.steps import Service, Steps
from drs_sync_policy.sandbox.store.store import Principal

_NO_LIMIT: Final = 1 << 40


def faults() -> Iterator[Fault]:
    """All of them."""
    yield from _bodies()
    yield from _media_types()
    yield from _languages()
    yield from _projects()
    yield from _oversize()
    yield from _methods()


def _bodies() -> Iterator[Fault]:
    rule = "body-must-be-i-json"

    def gap(name: str, description: str, steps: WrapSteps) -> Fault:
        return Fault(name, description, rule, "validation", steps=steps)

    def utf_16(body: bytes) -> bytes:
        marks = (b"\xff\xfe", b"\xfe\xff")
        return body.decode("utf-16").encode() if body[:2] in marks else body

    yield gap("bom-skipped", "A byte order mark is skipped.", reads(
        lambda body: body.removeprefix(b"\xef\xbb\xbf")))  # fmt: skip
    yield gap("utf-16-read", "A body in UTF-16 is read.", reads(utf_16))
    yield gap("invalid-utf-8-replaced", "Bytes that are no UTF-8 are replaced.", reads(
        lambda body: body.decode("utf-8", "replace").encode()))  # fmt: skip
    yield gap("trailing-commas-read", "A comma before a closing bracket is skipped.", reads(
        lambda body: re.sub(rb",(\s*[\]}])", rb"\1", body)))  # fmt: skip
    yield gap("comments-read", "Comments are skipped.", reads(
        lambda body: re.sub(rb"/\*.*?\*/|//[^\n\"]*\n?", b"", body)))  # fmt: skip
    yield gap("trailing-data-read", "What follows the document is skipped.", _lenient(_first_value))
    yield gap("doubled-keys-read", "Of a key that is there twice, the last is taken.", _lenient(
        lambda body: json.loads(body, parse_constant=_no_constant)))  # fmt: skip
    yield gap("nan-read", "`NaN` and `Infinity` are read.", _lenient(
        lambda body: json.loads(body, object_pairs_hook=_no_doubles)))  # fmt: skip
    yield gap("lone-surrogates-replaced", "Lone surrogates are replaced.", reads(
        lambda body: re.sub(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", rb"\\ufffd", body)))  # fmt: skip
    yield Fault(
        "crashes-on-malformed-json",
        "A body that is no JSON gets 500.",
        rule,
        "crash",
        steps=_crashing,
    )


def _lenient(parse: Callable[[bytes], Any]) -> WrapSteps:
    def wrap(steps: Steps) -> Steps:
        def lenient(body: bytes) -> Any:
            try:
                return steps.parse(body)
            except Refusal:
                return _parsed(parse, body)

        return attrs.evolve(steps, parse=lenient)

    return wrap


def _parsed(parse: Callable[[bytes], Any], body: bytes) -> Any:
    try:
        value = parse(body)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise refusal.not_i_json("not even nearly") from error
    return value


def _first_value(body: bytes) -> Any:
    decoder = json.JSONDecoder(object_pairs_hook=_no_doubles, parse_constant=_no_constant)
    return decoder.raw_decode(body.decode())[0]


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key appears twice")
    return dict(pairs)


def _crashing(steps: Steps) -> Steps:
    def parse(body: bytes) -> Any:
        try:
            return steps.parse(body)
        except Refusal as refused:
            raise refusal.service_failed() from refused

    return attrs.evolve(steps, parse=parse)


def _media_types() -> Iterator[Fault]:
    def taken(same: Callable[[str], bool]) -> WrapSteps:
        def edit(headers: dict[str, str]) -> dict[str, str]:
            if same(headers.get("content-type", "").lower()):
                headers["content-type"] = "application/json"
            return headers

        return header(edit)

    same_table: Rows[Callable[[str], bool]] = (
        ("any-media-type", "Every media type is taken for JSON.", lambda given: given != ""),
        ("no-media-type", "A body without `Content-Type` is taken for JSON.",
         lambda given: given == ""),
        ("text-media-type", "`text/plain` is taken for JSON.",
         lambda given: given.startswith("text/plain")),
        ("json-suffix", "A media type that ends in `+json` is taken for JSON.",
         lambda given: given.partition(";")[0].strip().endswith("+json")),
        ("json-prefix", "A media type that begins like JSON's is taken for it.",
         lambda given: given.startswith("application/json") and ";" not in given),
        ("any-charset", "The charset of a body is not looked at.",
         lambda given: given.startswith("application/json;")),
    )  # fmt: skip
    for name, description, same in same_table:
        yield Fault(
            name, description, "other-media-types-are-refused", "validation", steps=taken(same)
        )

    def answered_400(wire: Wire, _call: Call) -> Wire:
        return attrs.evolve(wire, status=400) if wire.status == 415 else wire

    yield Fault(
        "media-type-as-400",
        "A wrong media type gets 400.",
        "other-media-types-are-refused",
        "status",
        steps=wires(answered_400),
    )


def _languages() -> Iterator[Fault]:
    def taken(edit: Callable[[str], str | None]) -> WrapSteps:
        def change(headers: dict[str, str]) -> dict[str, str]:
            if "x-language" not in headers:
                return headers
            language = edit(headers.pop("x-language"))
            return headers if language is None else {**headers, "x-language": language}

        return header(change)

    known = ("en-us", "zh-cn")
    edit_table: Rows[Callable[[str], str | None]] = (
        ("any-language", "An unknown language is taken for English.",
         lambda given: given if given in known else "en-us"),
        ("language-in-any-case", "The language is compared without regard to case.", str.lower),
        ("empty-language", "An empty language is taken for none.", lambda given: given or None),
        ("language-prefix", "`en` and `zh` are languages.",
         lambda given: {"en": "en-us", "zh": "zh-cn"}.get(given, given)),
        ("language-list", "Of a list of languages, the first is taken.",
         lambda given: given.partition(",")[0]),
        ("language-with-underscore", "`en_us` is a language.",
         lambda given: given.replace("_", "-")),
    )  # fmt: skip
    for name, description, edit in edit_table:
        yield Fault(
            name, description, "unknown-language-is-refused", "validation", steps=taken(edit)
        )


def _projects() -> Iterator[Fault]:
    rule = "malformed-project-id-is-refused"

    def long(call: Call) -> bool:
        return len(call.path_parameters["project_id"]) <= 64

    def crashing(steps: Steps) -> Steps:
        def check_path(service: Service, call: Call) -> None:
            try:
                steps.check_path(service, call)
            except Refusal as refused:
                raise refusal.service_failed() from refused

        return attrs.evolve(steps, check_path=check_path)

    yield Fault(
        "any-project",
        "A malformed project is one that belongs to somebody else: 403.",
        rule,
        "validation",
        steps=lets_projects_pass(unless=lambda _call: False),
    )
    yield Fault(
        "long-project",
        "A project of more than 64 characters is one that belongs to somebody else: 403.",
        rule,
        "validation",
        steps=lets_projects_pass(unless=long),
    )
    yield Fault(
        "malformed-project-ignored",
        "A malformed project is taken for the caller's own.",
        rule,
        "validation",
        storing=_ignoring_project,
    )
    yield Fault(
        "crashes-on-malformed-project",
        "A malformed project gets 500.",
        rule,
        "crash",
        steps=crashing,
    )


def _ignoring_project(steps: Steps, memory: Memory) -> Steps:
    def malformed(service: Service, call: Call) -> bool:
        try:
            steps.check_path(service, call)
        except Refusal:
            return True
        return False

    def authorize(principal: Principal, call: Call) -> None:
        if not malformed(steps.route(call).target, call):
            steps.authorize(principal, call)

    async def carry_out(service: Service, call: Call, document: Any) -> Answer:
        if malformed(service, call):
            caller = await memory.principal(call.headers["x-auth-token"])
            if caller is not None:
                own = {**call.path_parameters, "project_id": caller.project_id}
                call = attrs.evolve(call, path_parameters=own)
        return await steps.carry_out(service, call, document)

    def check_path(_service: Service, _call: Call) -> None:
        return

    return attrs.evolve(steps, check_path=check_path, authorize=authorize, carry_out=carry_out)


def _oversize() -> Iterator[Fault]:
    def answered(status: int) -> WrapSteps:
        def send(wire: Wire, _call: Call) -> Wire:
            return attrs.evolve(wire, status=status) if wire.status == 413 else wire

        return wires(send)

    def unlimited(steps: Steps) -> Steps:
        async def read(call: Call) -> bytes:
            return await call.body.read(limit=_NO_LIMIT)

        return attrs.evolve(steps, read=read)

    def characters(steps: Steps) -> Steps:
        async def read(call: Call) -> bytes:
            body = await call.body.read(limit=_NO_LIMIT)
            if len(body.decode("utf-8", "replace")) > call.body.limit:
                raise refusal.body_too_large()
            return body

        return attrs.evolve(steps, read=read)

    yield Fault(
        "oversize-read",
        "A body above the limit is read like any other.",
        "oversized-body-is-refused",
        "validation",
        steps=unlimited,
    )
    for name, description, status in (
        ("oversize-as-400", "A body above the limit gets 400.", 400),
        ("crashes-on-oversize", "A body above the limit gets 500.", 500),
    ):
        yield Fault(
            name, description, "oversized-body-is-refused", "status", steps=answered(status)
        )
    yield Fault(
        "limit-in-characters",
        "The limit of a body is one of characters, not of bytes.",
        "oversized-body-is-refused",
        "validation",
        steps=characters,
    )


def _methods() -> Iterator[Fault]:
    rule = "other-methods-are-refused"

    def allow(value: str | None) -> WrapSteps:
        def send(wire: Wire, _call: Call) -> Wire:
            headers = {name: wire.headers[name] for name in wire.headers if name != "Allow"}
            if value is not None and wire.status == 405:
                headers["Allow"] = value
            return attrs.evolve(wire, headers=headers)

        return wires(send)

    def taken(*methods: str) -> WrapSteps:
        def wrap(steps: Steps) -> Steps:
            def route(call: Call) -> Match[Service]:
                try:
                    return steps.route(call)
                except Refusal as refused:
                    if refused.status != 405 or call.method not in methods:
                        raise
                return steps.route(attrs.evolve(call, method="POST"))

            return attrs.evolve(steps, route=route)

        return wrap

    yield Fault("no-allow", "A 405 has no `Allow`.", rule, "status", steps=allow(None))
    yield Fault(
        "wrong-allow",
        "The `Allow` of a 405 lists GET and not POST.",
        rule,
        "status",
        steps=allow("GET"),
    )
    yield Fault(
        "put-is-post", "PUT does what POST does.", rule, "validation", steps=taken("PUT", "PATCH")
    )
    yield Fault(
        "get-is-judged",
        "GET and DELETE are asked for credentials and a body instead of being refused.",
        rule,
        "status",
        steps=taken("GET", "DELETE"),
    )
