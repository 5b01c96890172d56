"""Whether a server did not notice what is wrong in the head of a request, whatever it responds.

A server that takes a wrong token for the right one need not respond with 200: another bug may
reject what it takes for a right request. So its status alone does not show which bug it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import evolve

from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.findings.shrink import WRONG_TOKEN, Plain
from drs_sync_policy.fuzz.oracle import OTHER_METHODS, Expectation
from drs_sync_policy.fuzz.target.http import Request

Variant = Callable[[Request, Plain], Request]


def variants(
    request: Request, expectation: Expectation, plain: Plain
) -> tuple[Request, Request] | None:
    """The request with the plainest defect of its kind, and the request without that defect.

    If the first is rejected as it should be, and the second gets what the request itself gets, the
    server noticed nothing. None if the defect is the plainest already, or the head has none.
    """
    if expectation.defects and (found := _VARIANTS.get(expectation.defects[0].rule)):
        plainest, without = (change(request, plain) for change in found)
        return (plainest, without) if plainest != request else None
    return None


def _plain_token(request: Request, plain: Plain) -> Request:
    """A token that nobody has, for one that is like the right one or is in another place."""
    given = request.header(plain.token_header)
    bare = request.with_header(plain.token_header, None)
    headers = tuple((name, _without_token(value, plain)) for name, value in bare.headers)
    body = request.body and request.body.replace(plain.token.encode(), WRONG_TOKEN.encode())
    found = evolve(bare, path=_without_token(request.path, plain), headers=headers, body=body)
    is_there = bool(given) and bool(given[0].strip())
    return _as_before(
        request, found.with_header(plain.token_header, WRONG_TOKEN) if is_there else found
    )


def _as_before(request: Request, found: Request) -> Request:
    """`request` itself, if only the order of its headers differs."""
    same = sorted(request.headers) == sorted(found.headers)
    return request if same and evolve(request, headers=found.headers) == found else found


def _without_token(text: str, plain: Plain) -> str:
    return text.replace(plain.token, WRONG_TOKEN)


def _right_token(request: Request, plain: Plain) -> Request:
    return request.with_header(plain.token_header, plain.token)


def _unknown_project(request: Request, plain: Plain) -> Request:
    return evolve(request, path=plain.foreign_path)


def _own_project(request: Request, plain: Plain) -> Request:
    return evolve(request, path=plain.path)


def _text(request: Request, _: Plain) -> Request:
    return request.with_header("Content-Type", "text/plain")


def _right_media(request: Request, plain: Plain) -> Request:
    return request.with_header("Content-Type", plain.oracle.media_type)


def _other_method(request: Request, _: Plain) -> Request:
    return evolve(request, method=next(m for m in OTHER_METHODS if m != request.method))


def _right_method(request: Request, plain: Plain) -> Request:
    return evolve(request, method=plain.oracle.operation.method)


_TOKENS: Final[tuple[Variant, Variant]] = (_plain_token, _right_token)
_VARIANTS: Final[dict[AnyRule, tuple[Variant, Variant]]] = {
    "missing-credentials-are-refused": _TOKENS,
    "wrong-credentials-are-refused": _TOKENS,
    "foreign-project-is-refused": (_unknown_project, _own_project),
    "other-media-types-are-refused": (_text, _right_media),
    "other-methods-are-refused": (_other_method, _right_method),
}
"""By the rule of a defect: what makes a request the plainest with it, and one without it."""
