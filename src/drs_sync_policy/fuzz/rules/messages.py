"""Whether messages are in the language that the request asked for."""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drs_sync_policy.fuzz.rules import language
from drs_sync_policy.fuzz.rules.problem import Problem, Skip
from drs_sync_policy.fuzz.rules.subject import Subject
from drs_sync_policy.fuzz.rules.words import quoted

_WRITTEN_BY_THE_SERVICE: Final = frozenset({200, 400, 401, 403, 415, 422})
"""Whose messages heed X-Language; what else there is may come from something in front."""


def in_language(it: Subject) -> Iterator[Problem]:
    wanted = it.exchange.expectation.language
    request = it.exchange.request
    if wanted is None or it.response.status not in _WRITTEN_BY_THE_SERVICE:
        raise Skip
    if not _is_plain(request.body) or not request.path.isascii() or "%" in request.path:
        raise Skip  # the message may quote the request
    messages = list(_messages(it.value))
    if not messages:
        raise Skip
    for where, message in messages:
        problem = language.complaint(message, wanted)
        if problem:
            yield Problem(
                f"{where} in {wanted}",
                f"{quoted(message)}: {problem}",
                fields=("error_msg",),
                place=where,
            )


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
