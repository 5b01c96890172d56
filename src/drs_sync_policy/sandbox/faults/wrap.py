"""Ways to wrap a collaborator, so that each fault says only what it does differently."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import attrs

from drs_sync_policy.contract import Contract
from drs_sync_policy.sandbox import rejection as refusal
from drs_sync_policy.sandbox.faults.fault import Memory
from drs_sync_policy.sandbox.http.response import Answer, Wire
from drs_sync_policy.sandbox.rejection import Refusal
from drs_sync_policy.sandbox.request import Call
from drs_sync_policy.sandbox.steps import Parse, Service, Steps
from drs_sync_policy.sandbox.store.store import Batch, Item, Outcome, Principal

T = TypeVar("T")
Rows = Sequence[tuple[str, str, T]]
"""A table of faults that differ in one thing: name, description, and that thing."""

WrapSteps = Callable[[Steps], Steps]
WrapMemory = Callable[[Memory], Memory]
Body = dict[str, Any]
Result = dict[str, Any]
Unwanted = Callable[[Any, Call], bool]
EditResults = Callable[[list[Result], Call], list[Result]]
EditOutcomes = Callable[[Batch, list[Outcome]], list[Outcome]]


# --- answers -------------------------------------------------------------------------------------
def answers(edit: Callable[[Body, Call], Any]) -> WrapSteps:
    """The body of every 200 is what `edit` makes of a copy of it."""

    def wrap(steps: Steps) -> Steps:
        async def carry_out(service: Service, call: Call, document: Any) -> Answer:
            given = await steps.carry_out(service, call, document)
            return attrs.evolve(given, body=edit(copy.deepcopy(given.body), call))

        return attrs.evolve(steps, carry_out=carry_out)

    return wrap


def results(edit: EditResults) -> WrapSteps:
    """The results of every 200 are what `edit` makes of them; `count` follows."""

    def change(body: Body, call: Call) -> Body:
        changed = edit(body["results"], call)
        return {**body, "results": changed, "count": len(changed)}

    return answers(change)


def each_result(edit: Callable[[Result], Result]) -> WrapSteps:
    """Every result is what `edit` makes of it."""
    return results(lambda all_results, _call: [edit(result) for result in all_results])


def errors(edit: Callable[[Body, Call], Any]) -> WrapSteps:
    """The body of every error is what `edit` makes of it."""

    def wrap(steps: Steps) -> Steps:
        def explain(refused: Refusal, call: Call) -> Answer:
            given = steps.explain(refused, call)
            return attrs.evolve(given, body=edit(given.body, call))

        return attrs.evolve(steps, explain=explain)

    return wrap


def statuses(change: Mapping[int, int]) -> WrapSteps:
    """Answers of one status are sent with another."""

    def send(wire: Wire, _call: Call) -> Wire:
        return attrs.evolve(wire, status=change.get(wire.status, wire.status))

    return wires(send)


def wires(edit: Callable[[Wire, Call], Wire]) -> WrapSteps:
    """What goes over the wire is what `edit` makes of it."""

    def wrap(steps: Steps) -> Steps:
        def render(answer: Answer, call: Call) -> Wire:
            return edit(steps.render(answer, call), call)

        return attrs.evolve(steps, render=render)

    return wrap


def with_body(wire: Wire, body: bytes) -> Wire:
    """The answer with another body."""
    return attrs.evolve(wire, body=body, headers={**wire.headers, "Content-Length": str(len(body))})


# --- requests ------------------------------------------------------------------------------------
def refuses(unwanted: Unwanted, reason: Callable[[], Refusal]) -> WrapSteps:
    """A valid document is refused where it is `unwanted`."""

    def wrap(steps: Steps) -> Steps:
        async def carry_out(service: Service, call: Call, document: Any) -> Answer:
            if unwanted(document, call):
                raise reason()
            return await steps.carry_out(service, call, document)

        return attrs.evolve(steps, carry_out=carry_out)

    return wrap


def crashes(on: Unwanted) -> WrapSteps:
    """A valid document that is like this gets 500."""
    return refuses(on, refusal.service_failed)


def bad_parameter() -> Refusal:
    """The 400 of a parameter that need not have been refused."""
    return refusal.invalid_parameter("jobs")


def _then(first: Callable[[bytes], Any], second: Callable[[Any], Any]) -> Parse:
    return lambda body: second(first(body))


def reads(edit: Callable[[bytes], bytes]) -> WrapSteps:
    """The body is parsed after `edit`."""

    def wrap(steps: Steps) -> Steps:
        return attrs.evolve(steps, parse=_then(edit, steps.parse))

    return wrap


def documents(edit: Callable[[Any], Any]) -> WrapSteps:
    """The document is judged and carried out after `edit`."""

    def wrap(steps: Steps) -> Steps:
        return attrs.evolve(steps, parse=_then(steps.parse, edit))

    return wrap


def each_item(edit: Callable[[dict[str, Any]], Any]) -> WrapSteps:
    """Every item is judged and carried out after `edit`; what is no object is left alone."""
    return documents(each_item_of(edit))


def each_item_of(edit: Callable[[dict[str, Any]], Any]) -> Callable[[Any], Any]:
    """A document with every item after `edit`."""

    def change(document: Any) -> Any:
        items = items_of(document)
        if items is None:
            return document
        return {
            **document,
            "jobs": [edit(as_object(i)) if isinstance(i, dict) else i for i in items],
        }

    return change


def field_values(name: str, edit: Callable[[Any], Any]) -> WrapSteps:
    """The value of one field of every item is read as `edit` of it."""
    return each_item(lambda item: {**item, name: edit(item[name])} if name in item else item)


def items_of(document: Any) -> list[Any] | None:
    """The items of a batch, valid or not; None where there is no list of them."""
    items: Any = as_object(document).get("jobs")
    return _list(items) if isinstance(items, list) else None


def _list(items: Any) -> list[Any]:
    return list(items)


def as_object(document: Any) -> dict[str, Any]:
    """The document where it is an object, else an empty one."""
    return cast(dict[str, Any], document) if isinstance(document, dict) else {}


def texts_of(document: Any) -> list[str]:
    """Every text in a valid document's items."""
    return [value for item in document["jobs"] for value in item.values() if isinstance(value, str)]


def any_text(unwanted: Callable[[str], bool]) -> Unwanted:
    """Whether some text of the document is like this."""
    return lambda document, _call: any(unwanted(text) for text in texts_of(document))


def any_item(unwanted: Callable[[dict[str, Any]], bool]) -> Unwanted:
    """Whether some item of the document is like this."""
    return lambda document, _call: any(unwanted(item) for item in document["jobs"])


def any_id(unwanted: Callable[[str], bool]) -> Unwanted:
    """Whether the `job_id` of some item is like this."""
    return any_item(lambda item: unwanted(item["job_id"]))


def more_items_than(size: int) -> Unwanted:
    """Whether a batch has more items than this."""
    return lambda document, _call: len(document["jobs"]) > size


def header(edit: Callable[[dict[str, str]], dict[str, str]]) -> WrapSteps:
    """From the credentials on, the headers of a call are what `edit` makes of them."""

    def wrap(steps: Steps) -> Steps:
        async def authenticate(call: Call) -> Principal:
            return await steps.authenticate(attrs.evolve(call, headers=edit(dict(call.headers))))

        def check_headers(service: Service, call: Call) -> None:
            steps.check_headers(service, attrs.evolve(call, headers=edit(dict(call.headers))))

        return attrs.evolve(steps, authenticate=authenticate, check_headers=check_headers)

    return wrap


def lets_projects_pass(unless: Callable[[Call], bool]) -> WrapSteps:
    """No malformed project is refused, except where `unless`."""

    def wrap(steps: Steps) -> Steps:
        def check_path(service: Service, call: Call) -> None:
            if unless(call):
                steps.check_path(service, call)

        return attrs.evolve(steps, check_path=check_path)

    return wrap


def lets_foreigners_pass(unless: Callable[[Call], bool]) -> WrapSteps:
    """No project is refused to anybody, except where `unless`."""

    def wrap(steps: Steps) -> Steps:
        def authorize(principal: Principal, call: Call) -> None:
            if unless(call):
                steps.authorize(principal, call)

        return attrs.evolve(steps, authorize=authorize)

    return wrap


# --- the contract --------------------------------------------------------------------------------
def schemas(edit: Callable[[dict[str, Any]], None]) -> Callable[[Contract], Contract]:
    """The sandbox validates by `components.schemas` after `edit`."""

    def wrap(contract: Contract) -> Contract:
        document = copy.deepcopy(dict(contract.document))
        edit(document["components"]["schemas"])
        return Contract(document, contract.edition)

    return wrap


def field_schema(name: str, edit: Callable[[Any], Any]) -> Callable[[Contract], Contract]:
    """The sandbox validates one field of an item by what `edit` makes of its schema."""

    def change(known: dict[str, Any]) -> None:
        fields = known["SyncPolicyReq"]["properties"]
        fields[name] = edit(fields[name])

    return schemas(change)


# --- the store -----------------------------------------------------------------------------------
def applies(change: Callable[[Memory, Batch], Awaitable[Sequence[Outcome]]]) -> WrapMemory:
    """A batch is applied by `change`, which is given the faultless store."""

    def wrap(inner: Memory) -> Memory:
        class Wrapped(Memory):
            async def apply(self, batch: Batch) -> Sequence[Outcome]:
                return await change(inner, batch)

            async def principal(self, token: str) -> Principal | None:
                return await inner.principal(token)

        return Wrapped(inner.store)

    return wrap


def stores(edit: Callable[[Item], Item]) -> WrapMemory:
    """Every item is stored as `edit` makes it."""

    async def change(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        return await inner.apply(Batch(batch.project_id, tuple(edit(item) for item in batch.items)))

    return applies(change)


def stores_fields(edit: Callable[[dict[str, Any]], dict[str, Any]]) -> WrapMemory:
    """The fields of every item are stored as `edit` makes them."""
    return stores(lambda item: Item(item.job_id, edit(dict(item.fields))))


def without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An edit that leaves out the field `name`."""
    return lambda fields: {key: fields[key] for key in fields if key != name}


def outcomes(edit: EditOutcomes) -> WrapMemory:
    """The outcomes that are answered are what `edit` makes of the true ones."""

    async def change(inner: Memory, batch: Batch) -> Sequence[Outcome]:
        return edit(batch, list(await inner.apply(batch)))

    return applies(change)


def looked_up(batch: Batch) -> Batch:
    """The same items without fields: applied, it changes nothing and tells the outcomes."""
    return Batch(batch.project_id, tuple(Item(item.job_id, {}) for item in batch.items))
