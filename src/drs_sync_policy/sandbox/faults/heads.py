"""Faults of request heads and sizes: media types, languages, projects, methods, large bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs

from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.faults.fault import Fault, FaultyStore, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import (
    crashes_instead,
    encoded,
    headers,
    skips,
    stages,
    statuses,
)
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import EncodedResponse, Response
from drs_sync_policy.sandbox.http.routing import Match
from drs_sync_policy.sandbox.pipeline import Pipeline, Route, ServedOperation
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.store.records import Principal

_NO_LIMIT: Final = 1 << 40


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


FAULTS: Final[tuple[Fault, ...]] = (
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
         skips("check_path", unless=lambda _request: False)),
        ("long-project",
         "A project id of more than 64 characters gets the 403 of another tenant's project.",
         skips("check_path", unless=lambda r: len(r.path_parameters["project_id"]) <= 64)),
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
