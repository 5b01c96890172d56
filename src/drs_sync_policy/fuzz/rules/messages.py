"""Whether messages are in the language that the request asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drs_sync_policy.anyjson import as_array, as_object, as_text
from drs_sync_policy.fuzz.rules import language
from drs_sync_policy.fuzz.rules.check import Check
from drs_sync_policy.fuzz.rules.problem import Problem, Skip
from drs_sync_policy.fuzz.rules.subject import Subject
from drs_sync_policy.fuzz.rules.words import quoted
from drs_sync_policy.fuzz.target.http import Request

_WRITTEN_BY_THE_SERVICE: Final = frozenset({200, 400, 401, 403, 415, 422})
"""Whose messages heed X-Language; what else there is may come from something in front."""


def in_language(it: Subject) -> Iterator[Problem]:
    wanted = it.exchange.expectation.language
    if wanted is None or it.response.status not in _WRITTEN_BY_THE_SERVICE:
        raise Skip
    if not is_plain(it.exchange.request):
        raise Skip  # the message may quote the request
    messages = _messages(it.value)
    if not messages:
        raise Skip
    for message, where in messages.items():
        problem = language.complaint(message, wanted)
        if problem:
            yield Problem(
                f"{where} in {wanted}",
                f"{quoted(message)}: {problem}",
                fields=("error_msg",),
                place=where,
            )


def is_plain(request: Request) -> bool:
    """Whether a request has no character that is in another script than its language."""
    body = request.body or b""
    path = request.path
    return body.isascii() and b"\\u" not in body and path.isascii() and "%" not in path


def _messages(value: Any) -> dict[str, str]:
    """Each message, and the first place where it is."""
    body = as_object(value)
    found = {as_text(body.get("error_msg")): "error_msg"}
    for position, result in enumerate(as_array(body.get("results"))):
        message = as_text(as_object(result).get("error_msg"))
        found.setdefault(message, f"results[{position}].error_msg")
    found.pop("", None)
    return found


CHECKS: Final = (Check("message-is-in-the-language", alone=in_language),)
