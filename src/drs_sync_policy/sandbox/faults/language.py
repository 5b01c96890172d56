"""Faults of the language: texts in the wrong one, and languages that change more than texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import attrs

from drs_sync_policy.sandbox.faults.fault import Fault
from drs_sync_policy.sandbox.faults.wrap import (
    WrapSteps,
    answers,
    errors,
    refuses,
    results,
    wires,
)
from drs_sync_policy.sandbox.http.response import Answer, Wire
from drs_sync_policy.sandbox.rejection import Refusal, invalid_parameter
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.steps import Service, Steps

_EARLY: Final = frozenset({401, 405, 413, 415})


def faults() -> Iterator[Fault]:
    """All of them."""
    yield from _texts()
    yield from _more()


def _spoken(change: Callable[[str | None], str | None], *, where: str) -> WrapSteps:
    """Errors, results or both speak the language that `change` makes of the asked one."""

    def heard(call: Call) -> Call:
        headers = {name: value for name, value in call.headers.items() if name != "x-language"}
        language = change(call.headers.get("x-language"))
        return attrs.evolve(
            call, headers=headers if language is None else {**headers, "x-language": language}
        )

    def wrap(steps: Steps) -> Steps:
        def explain(refused: Refusal, call: Call) -> Answer:
            deaf = where == "early" and refused.status not in _EARLY
            return steps.explain(refused, call if deaf else heard(call))

        async def carry_out(service: Service, call: Call, document: Any) -> Answer:
            return await steps.carry_out(service, heard(call), document)

        return attrs.evolve(
            steps,
            explain=steps.explain if where == "results" else explain,
            carry_out=carry_out if where in ("results", "both") else steps.carry_out,
        )

    return wrap


def _texts() -> Iterator[Fault]:
    rule = "message-is-in-the-language"
    change_table: Sequence[tuple[str, str, Callable[[str | None], str | None], str]] = (
        ("always-english", "Every text is English.", lambda _asked: "en-us", "both"),
        ("always-chinese", "Every text is Chinese.", lambda _asked: "zh-cn", "both"),
        ("chinese-by-default", "Without `X-Language`, texts are Chinese.",
         lambda asked: asked or "zh-cn", "both"),
        ("errors-in-english", "The texts of errors are English, those of results are not.",
         lambda _asked: "en-us", "errors"),
        ("early-errors-in-english", "The texts of 401, 405, 413 and 415 are English.",
         lambda _asked: "en-us", "early"),
        ("results-in-english", "The texts of results are English, those of errors are not.",
         lambda _asked: "en-us", "results"),
        ("languages-swapped", "English texts are sent for `zh-cn`, and Chinese for `en-us`.",
         lambda asked: {"zh-cn": "en-us", "en-us": "zh-cn"}.get(asked or "", asked), "both"),
    )  # fmt: skip
    for name, description, change, where in change_table:
        steps = _spoken(change, where=where)
        yield Fault(name, description, rule, "language", steps=steps)


def _chinese(call: Call) -> bool:
    return call.headers.get("x-language") == "zh-cn"


def _early(edit: Callable[[Any, Call], Any]) -> WrapSteps:
    """The body of what is refused before the body of the call is looked at."""

    def wrap(steps: Steps) -> Steps:
        def explain(refused: Refusal, call: Call) -> Answer:
            given = steps.explain(refused, call)
            early = refused.status in _EARLY
            return attrs.evolve(given, body=edit(given.body, call)) if early else given

        return attrs.evolve(steps, explain=explain)

    return wrap


def _more() -> Iterator[Fault]:
    def coded(body: Any, call: Call) -> Any:
        return {**body, "error_code": body["error_code"] + ".zh"} if _chinese(call) else body

    def results_coded(found: list[dict[str, Any]], call: Call) -> list[dict[str, Any]]:
        return [coded(result, call) if "error_code" in result else result for result in found]

    def turned(found: list[dict[str, Any]], call: Call) -> list[dict[str, Any]]:
        return found[::-1] if _chinese(call) else found

    def unprocessable(wire: Wire, call: Call) -> Wire:
        refused = wire.status == 400 and _chinese(call)
        return attrs.evolve(wire, status=422) if refused else wire

    def failing(document: Any, call: Call) -> bool:
        return _chinese(call) and len(document["jobs"]) > 1

    def translated(body: Any, call: Call) -> Any:
        words = {"success": "failed", "failed": "failed"}
        if not _chinese(call):
            return body
        changed: Sequence[Any] = [
            {**r, "status": words[r["status"]], "error_code": r.get("error_code", "DRS.M00200"),
             "error_msg": r.get("error_msg", "参数错误。")}
            for r in body["results"]
        ]  # fmt: skip
        return {**body, "results": changed}

    rule = "language-changes-only-messages"
    for name, description, steps in (
        ("codes-by-language", "Error codes of Chinese errors end in `.zh`.", errors(coded)),
        ("early-codes-by-language", "Error codes of Chinese 401, 405, 413 and 415 end in `.zh`.",
         _early(coded)),
        ("result-codes-by-language", "Error codes of Chinese results end in `.zh`.",
         results(results_coded)),
        ("order-by-language", "Chinese results come in reverse order.", results(turned)),
        ("status-by-language", "What is 400 in English is 422 in Chinese.", wires(unprocessable)),
        ("batches-in-english-only", "A Chinese batch of several items is refused.",
         refuses(failing, lambda: invalid_parameter("jobs"))),
        ("chinese-fails", "In Chinese, every item fails.", answers(translated)),
    ):  # fmt: skip
        yield Fault(name, description, rule, "language", steps=steps)
