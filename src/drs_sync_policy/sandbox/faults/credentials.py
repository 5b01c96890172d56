"""Faults of credentials and tenants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs
from sqlalchemy import Connection, select

from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.faults.fault import Fault, FaultyStore, Seam, of_rule
from drs_sync_policy.sandbox.faults.seams import (
    authenticates_as,
    encoded,
    headers,
    stages,
)
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import EncodedResponse
from drs_sync_policy.sandbox.pipeline import Authenticate, Pipeline
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.seed import TENANTS
from drs_sync_policy.sandbox.store.accounts import digest
from drs_sync_policy.sandbox.store.records import Principal
from drs_sync_policy.sandbox.store.schema import TOKEN


# --- tokens --------------------------------------------------------------------------------------
def _token(request: Request) -> str:
    return request.headers.get("x-auth-token", "")


def _owner_of_path(request: Request) -> Principal:
    return Principal(request.path_parameters.get("project_id", ""))


def _trusts(when: Callable[[Request], bool]) -> Seam:
    def replace(inner: Pipeline) -> Authenticate:
        async def authenticate(request: Request) -> Principal:
            return _owner_of_path(request) if when(request) else await inner.authenticate(request)

        return authenticate

    return stages(authenticate=replace)


def _trusts_any_token(inner: Pipeline) -> Authenticate:
    async def authenticate(request: Request) -> Principal:
        try:
            return await inner.authenticate(request)
        except Rejection:
            if not _token(request):
                raise
            return _owner_of_path(request)

    return authenticate


def _instead_of_401(status: int, *, with_token: bool) -> Seam:
    def send(sent: EncodedResponse, request: Request) -> EncodedResponse:
        hit = sent.status == 401 and bool(_token(request)) == with_token
        return attrs.evolve(sent, status=status) if hit else sent

    return encoded(send)


def _never_expiring(inner: FaultyStore) -> FaultyStore:
    class NeverExpiring(FaultyStore):
        async def principal(self, token: str) -> Principal | None:
            def find(connection: Connection) -> Any:
                return connection.execute(
                    select(TOKEN.c.project_id).where(TOKEN.c.sha256 == digest(token))
                ).scalar()

            project_id = await self.store.database.read(find)
            return None if project_id is None else Principal(project_id)

    return NeverExpiring(inner)


def _same_if(same: Callable[[str, str], bool]) -> Seam:
    # The known tokens are the demo tenants': the store has only digests.
    def edit(given: dict[str, str]) -> dict[str, str]:
        token = given.get("x-auth-token", "")
        for tenant in TENANTS:
            if len(token) > 3 and same(token, tenant.token):
                return {**given, "x-auth-token": tenant.token}
        return given

    return headers(edit)


def _also_from(find: Callable[[Request], str]) -> Seam:
    return authenticates_as(
        lambda request: attrs.evolve(
            request,
            headers={**request.headers, "x-auth-token": _token(request) or find(request)},
        )
    )


def _in_query(request: Request) -> str:
    for pair in request.query.decode("latin-1").split("&"):
        name, _, value = pair.partition("=")
        if name.lower().replace("-", "_") in ("x_auth_token", "token"):
            return value
    return ""


def _in_cookie(request: Request) -> str:
    for pair in request.headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name.lower() == "x-auth-token":
            return value
    return ""


# --- order ---------------------------------------------------------------------------------------
def _schema_first(inner: Pipeline) -> Authenticate:
    async def authenticate(request: Request) -> Principal:
        served = inner.route(request).target
        if served.media_types:
            inner.check_body(served, inner.parse(await inner.read(request)))
        return await inner.authenticate(request)

    return authenticate


def _syntax_first(inner: Pipeline) -> Authenticate:
    async def authenticate(request: Request) -> Principal:
        has_body = inner.route(request).target.media_types
        if has_body and not (await inner.read(request)).lstrip().startswith(b"{"):
            raise rejection.not_i_json("no object")
        return await inner.authenticate(request)

    return authenticate


FAULTS: Final[tuple[Fault, ...]] = (
    *of_rule(
        "missing-credentials-are-refused",
        ("anonymous-allowed",
         "A request without a token is accepted as one of the project in its path.",
         _trusts(lambda request: request.headers.get("x-auth-token") is None)),
        ("empty-token-allowed",
         "A request with an empty token is accepted as one of the project in its path.",
         _trusts(lambda request: request.headers.get("x-auth-token") == "")),
        ("missing-token-as-403", "A request without a token gets 403.",
         _instead_of_401(403, with_token=False)),
        ("missing-token-as-400", "A request without a token gets 400.",
         _instead_of_401(400, with_token=False)),
        ("crashes-without-token", "A request without a token gets 500.",
         _instead_of_401(500, with_token=False)),
    ),
    *of_rule(
        "wrong-credentials-are-refused",
        ("any-token-allowed", "Every token is accepted as one of the project in the path.",
         stages(authenticate=_trusts_any_token)),
        ("expired-token-allowed", "An expired token is accepted.", Seam(store=_never_expiring)),
        ("wrong-token-as-404", "An unknown token gets 404.",
         _instead_of_401(404, with_token=True)),
        ("wrong-token-as-400", "An unknown token gets 400.",
         _instead_of_401(400, with_token=True)),
        ("crashes-on-wrong-token", "An unknown token gets 500.",
         _instead_of_401(500, with_token=True)),
    ),
    *of_rule(
        "token-is-matched-exactly",
        ("token-prefix-allowed", "The beginning of a token is enough.",
         _same_if(lambda given, known: known.startswith(given))),
        ("token-extended-allowed", "What follows a token is ignored.",
         _same_if(lambda given, known: given.startswith(known))),
        ("token-in-any-case", "A token is compared without regard to case.",
         _same_if(lambda given, known: given.lower() == known.lower())),
        ("token-padded-allowed", "Quotes, spaces and `Bearer` around a token are cut off.",
         _same_if(lambda given, known: given.removeprefix("Bearer").strip(" \"'") == known)),
        ("token-first-half-compared", "Only the first half of a token is compared.",
         _same_if(lambda given, known: given[: len(known) // 2] == known[: len(known) // 2])),
    ),
    *of_rule(
        "token-comes-from-its-header",
        ("token-in-query", "A token in the query is accepted.", _also_from(_in_query)),
        ("token-in-cookie", "A token in a cookie is accepted.", _also_from(_in_cookie)),
        ("token-in-authorization", "A token in `Authorization` is accepted.", _also_from(
            lambda request: request.headers.get("authorization", "").removeprefix("Bearer "))),
        ("token-in-subject-header", "A token in `X-Subject-Token` is accepted.",
         _also_from(lambda request: request.headers.get("x-subject-token", ""))),
    ),
    *of_rule(
        "credentials-come-before-the-body",
        ("body-before-credentials", "The body is validated before the token.",
         stages(authenticate=_schema_first)),
        ("syntax-before-credentials",
         "A body that is not an object is rejected before the token is checked.",
         stages(authenticate=_syntax_first)),
    ),
)  # fmt: skip
