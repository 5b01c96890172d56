"""Faults of credentials and tenants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
from sqlalchemy import Connection, select

from drs_sync_policy.sandbox import rejection as refusal
from drs_sync_policy.sandbox.faults.fault import Fault, Memory
from drs_sync_policy.sandbox.faults.wrap import (
    Rows,
    WrapMemory,
    WrapSteps,
    applies,
    header,
    lets_foreigners_pass,
    wires,
)
from drs_sync_policy.sandbox.http.response import Answer, Wire
from drs_sync_policy.sandbox.rejection import Refusal
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.seed import TENANTS
from drs_sync_policy.sandbox.steps import Steps
from drs_sync_policy.sandbox.store.schema import JOB, TOKEN
from drs_sync_policy.sandbox.store.store import (
    UNKNOWN_JOB,
    Batch,
    Item,
    Outcome,
    Principal,
    digest,
)


def faults() -> Iterator[Fault]:
    """All of them."""
    yield from _missing()
    yield from _wrong()
    yield from _inexact()
    yield from _elsewhere()
    yield from _order()
    yield from _projects()
    yield from _jobs()


def _missing() -> Iterator[Fault]:
    rule = "missing-credentials-are-refused"

    def known(token: str | None) -> bool:
        return bool(token)

    yield Fault(
        "anonymous-allowed",
        "A request without a token is one of the project in its path.",
        rule,
        "credentials",
        steps=_trusting(lambda call: call.headers.get("x-auth-token") is None),
    )
    yield Fault(
        "empty-token-allowed",
        "A request with an empty token is one of the project in its path.",
        rule,
        "credentials",
        steps=_trusting(lambda call: call.headers.get("x-auth-token") == ""),
    )
    for name, description, status in (
        ("missing-token-as-403", "A request without a token gets 403.", 403),
        ("missing-token-as-400", "A request without a token gets 400.", 400),
        ("crashes-without-token", "A request without a token gets 500.", 500),
    ):
        missing = _answered(status, lambda call: not known(call.headers.get("x-auth-token")))
        yield Fault(name, description, rule, "credentials", steps=missing)


def _answered(status: int, when: Callable[[Call], bool]) -> WrapSteps:
    def send(wire: Wire, call: Call) -> Wire:
        return attrs.evolve(wire, status=status) if wire.status == 401 and when(call) else wire

    return wires(send)


def _trusting(when: Callable[[Call], bool]) -> WrapSteps:
    def wrap(steps: Steps) -> Steps:
        async def authenticate(call: Call) -> Principal:
            if when(call):
                return Principal(call.path_parameters.get("project_id", ""))
            return await steps.authenticate(call)

        return attrs.evolve(steps, authenticate=authenticate)

    return wrap


def _wrong() -> Iterator[Fault]:
    rule = "wrong-credentials-are-refused"

    def given(call: Call) -> str:
        return call.headers.get("x-auth-token", "")

    def fallback(steps: Steps) -> Steps:
        async def authenticate(call: Call) -> Principal:
            try:
                return await steps.authenticate(call)
            except Refusal:
                if not given(call):
                    raise
                return Principal(call.path_parameters.get("project_id", ""))

        return attrs.evolve(steps, authenticate=authenticate)

    yield Fault(
        "any-token-allowed",
        "Every token is one of the project in the path.",
        rule,
        "credentials",
        steps=fallback,
    )
    yield Fault(
        "expired-token-allowed",
        "A token that has expired is still good.",
        rule,
        "credentials",
        policies=_everlasting,
    )
    for name, description, status in (
        ("wrong-token-as-404", "A token that is not known gets 404.", 404),
        ("wrong-token-as-400", "A token that is not known gets 400.", 400),
        ("crashes-on-wrong-token", "A token that is not known gets 500.", 500),
    ):
        wrong = _answered(status, lambda call: bool(given(call)))
        yield Fault(name, description, rule, "credentials", steps=wrong)


def _everlasting(inner: Memory) -> Memory:
    class Everlasting(Memory):
        async def principal(self, token: str) -> Principal | None:
            def find(connection: Connection) -> Any:
                return connection.execute(
                    select(TOKEN.c.project_id).where(TOKEN.c.sha256 == digest(token))
                ).scalar()

            project_id = await inner.store.database.read(find)
            return None if project_id is None else Principal(project_id)

        async def apply(self, batch: Batch) -> Sequence[Outcome]:
            return await inner.apply(batch)

    return Everlasting(inner.store)


def _inexact() -> Iterator[Fault]:
    def like(same: Callable[[str, str], bool]) -> WrapSteps:
        # The known tokens are the demo tenants': only digests are stored.
        def edit(headers: dict[str, str]) -> dict[str, str]:
            given = headers.get("x-auth-token", "")
            for tenant in TENANTS:
                if len(given) > 3 and same(given, tenant.token):
                    return {**headers, "x-auth-token": tenant.token}
            return headers

        return header(edit)

    same_table: Rows[Callable[[str, str], bool]] = (
        ("token-prefix-allowed", "The beginning of a token is enough.",
         lambda given, known: known.startswith(given)),
        ("token-extended-allowed", "What follows a token is not looked at.",
         lambda given, known: given.startswith(known)),
        ("token-in-any-case", "A token is compared without regard to case.",
         lambda given, known: given.lower() == known.lower()),
        ("token-padded-allowed", "Quotes, blanks and `Bearer` around a token are cut off.",
         lambda given, known: given.removeprefix("Bearer").strip(" \"'") == known),
        ("token-first-half-compared", "Of a token, the first half is compared.",
         lambda given, known: given[: len(known) // 2] == known[: len(known) // 2]),
    )  # fmt: skip
    for name, description, same in same_table:
        yield Fault(name, description, "token-is-matched-exactly", "credentials", steps=like(same))


def _elsewhere() -> Iterator[Fault]:
    def found(find: Callable[[Call], str]) -> WrapSteps:
        def wrap(steps: Steps) -> Steps:
            async def authenticate(call: Call) -> Principal:
                token = call.headers.get("x-auth-token") or find(call)
                headers = {**call.headers, "x-auth-token": token}
                return await steps.authenticate(attrs.evolve(call, headers=headers))

            return attrs.evolve(steps, authenticate=authenticate)

        return wrap

    def in_query(call: Call) -> str:
        for pair in call.query.decode("latin-1").split("&"):
            name, _, value = pair.partition("=")
            if name.lower().replace("-", "_") in ("x_auth_token", "token"):
                return value
        return ""

    def in_cookie(call: Call) -> str:
        for pair in call.headers.get("cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            if name.lower() == "x-auth-token":
                return value
        return ""

    find_table: Rows[Callable[[Call], str]] = (
        ("token-in-query", "A token is taken from the query.", in_query),
        ("token-in-cookie", "A token is taken from a cookie.", in_cookie),
        ("token-in-authorization", "A token is taken from `Authorization`.",
         lambda call: call.headers.get("authorization", "").removeprefix("Bearer ")),
        ("token-in-subject-header", "A token is taken from `X-Subject-Token`.",
         lambda call: call.headers.get("x-subject-token", "")),
    )  # fmt: skip
    for name, description, find in find_table:
        yield Fault(
            name, description, "token-comes-from-its-header", "credentials", steps=found(find)
        )


def _order() -> Iterator[Fault]:
    rule = "credentials-come-before-the-body"

    def schema_first(steps: Steps) -> Steps:
        async def authenticate(call: Call) -> Principal:
            service = steps.route(call).target
            if service.media_types:
                steps.check_body(service, steps.parse(await steps.read(call)))
            return await steps.authenticate(call)

        return attrs.evolve(steps, authenticate=authenticate)

    def headers_first(steps: Steps) -> Steps:
        async def authenticate(call: Call) -> Principal:
            takes_body = steps.route(call).target.media_types
            if takes_body and not (await steps.read(call)).lstrip().startswith(b"{"):
                raise refusal.not_i_json("no object")
            return await steps.authenticate(call)

        return attrs.evolve(steps, authenticate=authenticate)

    yield Fault(
        "body-before-credentials",
        "The body is validated before the token is looked at.",
        rule,
        "credentials",
        steps=schema_first,
    )
    yield Fault(
        "syntax-before-credentials",
        "A body that is no object is refused before the token is looked at.",
        rule,
        "credentials",
        steps=headers_first,
    )


def _projects() -> Iterator[Fault]:
    rule = "foreign-project-is-refused"

    def own_project(steps: Steps) -> Steps:
        def authorize(_principal: Principal, _call: Call) -> None:
            return

        return attrs.evolve(steps, authorize=authorize)

    def not_found(steps: Steps) -> Steps:
        def authorize(principal: Principal, call: Call) -> None:
            try:
                steps.authorize(principal, call)
            except Refusal as refused:
                raise refusal.no_such_path() from refused

        return attrs.evolve(steps, authorize=authorize)

    yield Fault(
        "any-project-allowed",
        "A token opens every project.",
        rule,
        "credentials",
        steps=own_project,
    )
    yield Fault(
        "unknown-project-allowed",
        "A token opens every project but that of another tenant.",
        rule,
        "credentials",
        steps=lets_foreigners_pass(unless=_is_tenant),
    )
    yield Fault(
        "foreign-project-as-404",
        "A project that is not the caller's gets 404.",
        rule,
        "credentials",
        steps=not_found,
    )


def _is_tenant(call: Call) -> bool:
    return call.path_parameters["project_id"] in {tenant.project_id for tenant in TENANTS}


async def _owner(memory: Memory, item: Item) -> str | None:
    def find(connection: Connection) -> Any:
        return connection.execute(
            select(JOB.c.project_id).where(JOB.c.job_id == item.job_id)
        ).scalar()

    owner: str | None = await memory.store.database.read(find)
    return owner


def _jobs() -> Iterator[Fault]:
    def foreign(outcome: Outcome) -> WrapMemory:
        async def change(inner: Memory, batch: Batch) -> Sequence[Outcome]:
            true = await inner.apply(batch)
            return [
                outcome if found == UNKNOWN_JOB and await _owner(inner, item) else found
                for item, found in zip(batch.items, true, strict=True)
            ]

        return applies(change)

    for name, description, outcome in (
        ("foreign-job-forbidden", "A job of another project fails with `DRS.M00102`.",
         "DRS.M00102"),
        ("foreign-job-deleted", "A job of another project fails with `DRS.M05004`.", "DRS.M05004"),
        ("foreign-job-succeeds", "A job of another project succeeds, and nothing is stored.", None),
    ):  # fmt: skip
        yield Fault(
            name, description, "foreign-job-looks-unknown", "credentials", policies=foreign(outcome)
        )

    yield Fault(
        "foreign-job-in-other-words",
        "A job of another project fails with a message of its own.",
        "foreign-job-looks-unknown",
        "credentials",
        storing=_telling,
    )
    for name, description, silent in (
        ("foreign-jobs-changed", "A job of another project is changed like an own one.", False),
        ("foreign-jobs-changed-silently",
         "A job of another project is changed, and said to be unknown.", True),
    ):  # fmt: skip
        yield Fault(
            name, description, "tenants-are-isolated", "credentials", policies=_crossing(silent)
        )


def _crossing(silent: bool) -> WrapMemory:
    async def change(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        true = await inner.apply(batch)
        said: list[Outcome] = []
        for item, found in zip(batch.items, true, strict=True):
            owner = await _owner(inner, item) if found == UNKNOWN_JOB else None
            crossed = None if owner is None else await inner.apply(Batch(owner, (item,)))
            said.append(found if crossed is None or silent else crossed[0])
        return said

    return applies(change)


def _telling(steps: Steps, memory: Memory) -> Steps:
    async def carry_out(service: Any, call: Call, document: Any) -> Answer:
        given = await steps.carry_out(service, call, document)
        told = [
            {**result, "error_msg": result["error_msg"] + " (other project)"}
            if result.get("error_code") == UNKNOWN_JOB
            and await _owner(memory, Item(result["id"], {}))
            else result
            for result in given.body["results"]
        ]
        return attrs.evolve(given, body={**given.body, "results": told})

    return attrs.evolve(steps, carry_out=carry_out)
