"""Faults of whole requests: valid ones that fail, and invalid heads or sizes that pass."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any, Final

import attrs

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.faults.fault import Fault, FaultyStore, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import (
    Unwanted,
    crashes,
    crashes_instead,
    encoded,
    field_schema,
    headers,
    more_items_than,
    policy_fields,
    rejects,
    repeated_job,
    skips_path_check,
    some_id,
    some_item,
    some_text,
    stages,
    statuses,
)
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import EncodedResponse, Response
from drs_sync_policy.sandbox.http.routing import Match
from drs_sync_policy.sandbox.pipeline import Pipeline, Read, Route, ServedOperation
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.store.records import Principal

_NO_LIMIT: Final = 1 << 40
_VENDOR_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{7,8}jb[0-9a-z]{2,3}")


def faults(contract: Contract) -> tuple[Fault, ...]:
    """All of them, one for each optional field of `contract` among them."""
    fields = policy_fields(contract)
    return (
        *of_rule(
            "valid-request-is-accepted",
            *(
                (f"refuses-{name.replace('_', '-')}", f"An item that has `{name}` is rejected.",
                 field_schema(name, False))
                for name in fields
            ),
        ),
        *of_rule(
            "valid-request-never-crashes",
            ("crashes-on-full-item", "An item that has every field gets 500.",
             crashes(some_item(lambda item: fields.keys() < item.keys()))),
        ),
        *_FAULTS,
    )  # fmt: skip


# --- valid requests ------------------------------------------------------------------------------
def _item_with(name: str, value: Any) -> Unwanted:
    return some_item(lambda item: name in item and item[name] == value)


def _is_not_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return True
    return False


def _limited(limit: int) -> Seam:
    def replace(inner: Pipeline) -> Read:
        async def read(request: Request) -> bytes:
            body = await inner.read(request)
            if len(body) > limit:
                raise rejection.body_too_large()
            return body

        return read

    return stages(read=replace)


def _parser_crashes(on: Callable[[bytes], bool]) -> Seam:
    def replace(inner: Pipeline) -> Callable[[bytes], Any]:
        def parse(body: bytes) -> Any:
            if on(body):
                raise rejection.service_failed()
            return inner.parse(body)

        return parse

    return stages(parse=replace)


# --- headers, methods, projects, sizes -----------------------------------------------------------
def _json_if(same: Callable[[str], bool]) -> Seam:
    def edit(given: dict[str, str]) -> dict[str, str]:
        if same(given.get("content-type", "").lower()):
            given["content-type"] = "application/json"
        return given

    return headers(edit)


def _language_read_as(edit: Callable[[str], str | None]) -> Seam:
    def change(given: dict[str, str]) -> dict[str, str]:
        if "x-language" not in given:
            return given
        language = edit(given.pop("x-language"))
        return given if language is None else {**given, "x-language": language}

    return headers(change)


def _taken_for_own(inner: Pipeline, store: FaultyStore) -> Pipeline:
    def malformed(served: ServedOperation, request: Request) -> bool:
        try:
            inner.check_path(served, request)
        except Rejection:
            return True
        return False

    def authorize(principal: Principal, request: Request) -> None:
        if not malformed(inner.route(request).target, request):
            inner.authorize(principal, request)

    async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
        if malformed(served, request):
            caller = await store.principal(request.headers["x-auth-token"])
            if caller is not None:
                own = {**request.path_parameters, "project_id": caller.project_id}
                request = attrs.evolve(request, path_parameters=own)
        return await inner.execute(served, request, document)

    def check_path(_served: ServedOperation, _request: Request) -> None:
        return

    return attrs.evolve(inner, check_path=check_path, authorize=authorize, execute=execute)


async def _read_all(request: Request) -> bytes:
    return await request.body.read(limit=_NO_LIMIT)


async def _read_characters(request: Request) -> bytes:
    body = await request.body.read(limit=_NO_LIMIT)
    if len(body.decode("utf-8", "replace")) > request.body.limit:
        raise rejection.body_too_large()
    return body


def _allow(value: str | None) -> Seam:
    def send(sent: EncodedResponse, _request: Request) -> EncodedResponse:
        kept = {name: sent.headers[name] for name in sent.headers if name != "Allow"}
        if value is not None and sent.status == 405:
            kept["Allow"] = value
        return attrs.evolve(sent, headers=kept)

    return encoded(send)


def _treated_as_post(*methods: str) -> Seam:
    def replace(inner: Pipeline) -> Route:
        def route(request: Request) -> Match[ServedOperation]:
            try:
                return inner.route(request)
            except Rejection as rejected:
                if rejected.status != 405 or request.method not in methods:
                    raise
            return inner.route(attrs.evolve(request, method="POST"))

        return route

    return stages(route=replace)


_FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "valid-request-is-accepted",
        ("refuses-ignore", "The conflict policy `ignore` is rejected.",
         rejects(_item_with("conflict_policy", "ignore"))),
        ("refuses-false", "`ddl_trans: false` is rejected.",
         rejects(_item_with("ddl_trans", False))),
        ("refuses-empty-slot", "An empty `slot_name` is rejected.",
         rejects(_item_with("slot_name", ""))),
        ("refuses-chinese", "A request for Chinese texts is rejected.",
         rejects(lambda _document, request: request.headers.get("x-language") == "zh-cn")),
        ("refuses-duplicates", "A batch that names a job twice is rejected.",
         rejects(repeated_job)),
        ("refuses-charset", "A `Content-Type` with a parameter is rejected.",
         rejects(lambda _document, request: ";" in request.headers.get("content-type", ""))),
        ("refuses-bare-item", "An item without a policy field is rejected.",
         rejects(some_item(lambda item: len(item) == 1))),
        ("refuses-pair", "`ddl_trans` without `index_trans` is rejected.",
         rejects(some_item(
             lambda item: item.get("ddl_trans") is True and item.get("index_trans") is False))),
    ),
    *of_rule(
        "valid-request-never-crashes",
        ("crashes-on-nul", "A NUL in a text gets 500.",
         crashes(some_text(lambda text: "\0" in text))),
        ("crashes-on-nul-slot", "A NUL in `slot_name` gets 500.",
         crashes(some_item(lambda item: "\0" in item.get("slot_name", "")))),
        ("crashes-on-astral", "A character beyond the basic plane gets 500.",
         crashes(some_text(lambda text: any(ord(character) > 0xFFFF for character in text)))),
        ("crashes-on-non-ascii", "A text that is not ASCII gets 500.",
         crashes(some_text(lambda text: not text.isascii()))),
        ("crashes-on-quote", "A single quote in a text gets 500.",
         crashes(some_text(lambda text: "'" in text))),
        ("crashes-on-percent", "A percent sign gets 500.",
         crashes(some_text(lambda text: "%" in text))),
        ("crashes-on-backslash", "A backslash gets 500.",
         crashes(some_text(lambda text: "\\" in text))),
        ("crashes-on-braces", "A format directive in braces gets 500.",
         crashes(some_text(lambda text: "{" in text))),
        ("crashes-on-long-text", "A text of more than 255 characters gets 500.",
         crashes(some_text(lambda text: len(text) > 255))),
        ("crashes-on-very-long-text", "A text of more than 65535 characters gets 500.",
         crashes(some_text(lambda text: len(text) > 65_535))),
        ("crashes-on-empty-text", "An empty text gets 500.",
         crashes(some_text(lambda text: text == ""))),
        ("crashes-on-duplicates", "A job that is named twice gets 500.", crashes(repeated_job)),
        ("crashes-on-100-items", "A batch of 100 items or more gets 500.",
         crashes(more_items_than(99))),
        ("crashes-on-1000-items", "A batch of 1000 items or more gets 500.",
         crashes(more_items_than(999))),
        ("crashes-on-pair", "`stop` together with `index_trans: false` gets 500.",
         crashes(some_item(lambda item: item.get("conflict_policy") == "stop"
                           and item.get("index_trans") is False))),
    ),
    *of_rule(
        "job-id-is-opaque",
        ("ids-must-be-uuids", "A `job_id` that is not a UUID is rejected.",
         rejects(some_id(_is_not_uuid))),
        ("ids-must-have-the-vendor-shape",
         "A `job_id` that does not look like the vendor's is rejected.",
         rejects(some_id(lambda text: _VENDOR_ID.fullmatch(text) is None))),
        ("ids-of-64-at-most", "A `job_id` of more than 64 characters is rejected.",
         rejects(some_id(lambda text: len(text) > 64))),
        ("ids-without-blanks", "A `job_id` with white space in it is rejected.",
         rejects(some_id(lambda text: any(character.isspace() for character in text)))),
        ("ids-in-ascii", "A `job_id` that is not ASCII is rejected.",
         rejects(some_id(lambda text: not text.isascii()))),
        ("ids-without-slashes", "A `job_id` with a slash in it is rejected.",
         rejects(some_id(lambda text: "/" in text))),
    ),
    *of_rule(
        "batch-size-is-unbounded",
        *((f"batches-of-{size}-at-most", f"A batch of more than {size} items is rejected.",
           rejects(more_items_than(size))) for size in (10, 100, 1000)),
        *((f"bodies-of-{size}-kb-at-most", f"A body above {size} KB gets 413.",
           _limited(size * 1024)) for size in (64, 512)),
    ),
    *of_rule(
        "extremes-in-ignored-fields-are-survived",
        ("crashes-on-nesting", "Nesting beyond 64 levels gets 500.", _parser_crashes(
            lambda body: re.search(rb"(?:\[\s*|\{[^{}\[\]]*:\s*){65}", body) is not None)),
        ("crashes-on-huge-integer", "An integer of more than 300 digits gets 500.",
         _parser_crashes(lambda body: re.search(rb"\d{301}", body) is not None)),
        ("crashes-on-huge-exponent", "A number whose exponent is 300 or more gets 500.",
         _parser_crashes(lambda body: re.search(rb"\d[eE]\+?[3-9]\d\d", body) is not None)),
    ),
    *of_rule(
        "other-media-types-are-refused",
        ("any-media-type", "Every media type is read as JSON.",
         _json_if(lambda given: given != "")),
        ("no-media-type", "A body without `Content-Type` is read as JSON.",
         _json_if(lambda given: given == "")),
        ("text-media-type", "`text/plain` is read as JSON.",
         _json_if(lambda given: given.startswith("text/plain"))),
        ("json-suffix", "A media type that ends in `+json` is read as JSON.",
         _json_if(lambda given: given.partition(";")[0].strip().endswith("+json"))),
        ("json-prefix", "A media type that begins with `application/json` is read as JSON.",
         _json_if(lambda given: given.startswith("application/json") and ";" not in given)),
        ("any-charset", "The charset of a body is ignored.",
         _json_if(lambda given: given.startswith("application/json;"))),
        ("media-type-as-400", "A wrong media type gets 400.", statuses({415: 400})),
    ),
    *of_rule(
        "unknown-language-is-refused",
        ("any-language", "An unknown language is read as English.", _language_read_as(
            lambda given: given if given in ("en-us", "zh-cn") else "en-us")),
        ("language-in-any-case", "The language is compared without regard to case.",
         _language_read_as(str.lower)),
        ("empty-language", "An empty language is read as a missing one.",
         _language_read_as(lambda given: given or None)),
        ("language-prefix", "`en` and `zh` are languages.",
         _language_read_as(lambda given: {"en": "en-us", "zh": "zh-cn"}.get(given, given))),
        ("language-list", "The first language of a list is used.",
         _language_read_as(lambda given: given.partition(",")[0])),
        ("language-with-underscore", "`en_us` is a language.",
         _language_read_as(lambda given: given.replace("_", "-"))),
    ),
    *of_rule(
        "malformed-project-id-is-refused",
        ("any-project", "A malformed project id gets the 403 of another tenant's project.",
         skips_path_check(unless=lambda _request: False)),
        ("long-project",
         "A project id of more than 64 characters gets the 403 of another tenant's project.",
         skips_path_check(unless=lambda r: len(r.path_parameters["project_id"]) <= 64)),
        ("malformed-project-ignored", "A malformed project id is read as the caller's own.",
         Seam(pipeline=_taken_for_own)),
        ("crashes-on-malformed-project", "A malformed project id gets 500.",
         crashes_instead("check_path")),
    ),
    *of_rule(
        "oversized-body-is-refused",
        ("oversize-read", "A body above the limit is accepted like any other.",
         stages(read=lambda _inner: _read_all)),
        ("oversize-as-400", "A body above the limit gets 400.", statuses({413: 400})),
        ("crashes-on-oversize", "A body above the limit gets 500.", statuses({413: 500})),
        ("limit-in-characters", "The limit of a body counts characters, not bytes.",
         stages(read=lambda _inner: _read_characters)),
    ),
    *of_rule(
        "other-methods-are-refused",
        ("no-allow", "A 405 has no `Allow`.", _allow(None)),
        ("wrong-allow", "The `Allow` of a 405 lists GET and not POST.", _allow("GET")),
        ("put-is-post", "PUT does what POST does.", _treated_as_post("PUT", "PATCH")),
        ("get-is-judged", "GET and DELETE are handled like POST instead of being rejected.",
         _treated_as_post("GET", "DELETE")),
    ),
)  # fmt: skip
