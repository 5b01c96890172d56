"""Faults of the language: texts in the wrong one, and languages that change more than texts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

import attrs

from drs_sync_policy.sandbox.faults.fault import Fault, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import (
    Document,
    Result,
    accepted,
    encoded,
    errors,
    rejects,
    results,
    stages,
)
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import EncodedResponse, Response
from drs_sync_policy.sandbox.pipeline import Execute, Explain, Pipeline, ServedOperation
from drs_sync_policy.sandbox.rejection import Rejection

_EARLY: Final = frozenset({401, 405, 413, 415})
"""The statuses of requests that are rejected before their body is read."""

_ALL: Final = range(400, 600)


def _texts(
    change: Callable[[str | None], str | None], *, of_errors: Collection[int], of_results: bool
) -> Seam:
    """Texts are in the language that `change` makes of the requested one."""

    def changed(request: Request) -> Request:
        kept = {name: value for name, value in request.headers.items() if name != "x-language"}
        language = change(request.headers.get("x-language"))
        headers = kept if language is None else {**kept, "x-language": language}
        return attrs.evolve(request, headers=headers)

    def explaining(inner: Pipeline) -> Explain:
        def explain(rejected: Rejection, request: Request) -> Response:
            return inner.explain(
                rejected, changed(request) if rejected.status in of_errors else request
            )

        return explain

    def executing(inner: Pipeline) -> Execute:
        async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
            return await inner.execute(
                served, changed(request) if of_results else request, document
            )

        return execute

    return stages(explain=explaining, execute=executing)


def _always(language: str) -> Callable[[str | None], str]:
    return lambda _requested: language


def _swapped(requested: str | None) -> str | None:
    return {"zh-cn": "en-us", "en-us": "zh-cn"}.get(requested or "", requested)


# --- more than texts -----------------------------------------------------------------------------
def _is_chinese(request: Request) -> bool:
    return request.headers.get("x-language") == "zh-cn"


def _coded(body: dict[str, Any], request: Request) -> dict[str, Any]:
    chinese = _is_chinese(request) and "error_code" in body
    return {**body, "error_code": body["error_code"] + ".zh"} if chinese else body


def _early_errors(edit: Callable[[Document, Request], Document]) -> Seam:
    def explaining(inner: Pipeline) -> Explain:
        def explain(rejected: Rejection, request: Request) -> Response:
            given = inner.explain(rejected, request)
            if rejected.status not in _EARLY:
                return given
            return attrs.evolve(given, body=edit(given.body, request))

        return explain

    return stages(explain=explaining)


def _unprocessable(sent: EncodedResponse, request: Request) -> EncodedResponse:
    hit = sent.status == 400 and _is_chinese(request)
    return attrs.evolve(sent, status=422) if hit else sent


def _all_failed(body: Document, request: Request) -> Document:
    if not _is_chinese(request):
        return body
    failure: Result = {"error_code": "DRS.M00200", "error_msg": "参数错误。"}
    found: list[Result] = body["results"]
    return {**body, "results": [{**failure, **result, "status": "failed"} for result in found]}


FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "message-is-in-the-language",
        ("always-english", "Every text is English.",
         _texts(_always("en-us"), of_errors=_ALL, of_results=True)),
        ("always-chinese", "Every text is Chinese.",
         _texts(_always("zh-cn"), of_errors=_ALL, of_results=True)),
        ("chinese-by-default", "Without `X-Language`, texts are Chinese.",
         _texts(lambda requested: requested or "zh-cn", of_errors=_ALL, of_results=True)),
        ("errors-in-english", "The texts of errors are English, those of results are not.",
         _texts(_always("en-us"), of_errors=_ALL, of_results=False)),
        ("early-errors-in-english", "The texts of 401, 405, 413 and 415 are English.",
         _texts(_always("en-us"), of_errors=_EARLY, of_results=False)),
        ("results-in-english", "The texts of results are English, those of errors are not.",
         _texts(_always("en-us"), of_errors=(), of_results=True)),
        ("languages-swapped", "English texts are sent for `zh-cn`, and Chinese for `en-us`.",
         _texts(_swapped, of_errors=_ALL, of_results=True)),
    ),
    *of_rule(
        "language-changes-only-messages",
        ("codes-by-language", "Error codes of Chinese errors end in `.zh`.", errors(_coded)),
        ("early-codes-by-language", "Error codes of Chinese 401, 405, 413 and 415 end in `.zh`.",
         _early_errors(_coded)),
        ("result-codes-by-language", "Error codes of Chinese results end in `.zh`.",
         results(lambda found, request: [_coded(result, request) for result in found])),
        ("order-by-language", "Chinese results come in reverse order.",
         results(lambda found, request: found[::-1] if _is_chinese(request) else found)),
        ("status-by-language", "What gets 400 in English gets 422 in Chinese.",
         encoded(_unprocessable)),
        ("batches-in-english-only", "A Chinese batch of several items is rejected.",
         rejects(lambda document, request: _is_chinese(request) and len(document["jobs"]) > 1)),
        ("chinese-fails", "Every item fails if Chinese is requested.", accepted(_all_failed)),
    ),
)  # fmt: skip
