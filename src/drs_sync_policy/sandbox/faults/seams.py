"""Ways to wrap a collaborator, so that a row of a table says only what differs."""

# A seam replaces a stage by a lambda of the same shape; its parameters have no annotations.
# pyright: reportUnknownLambdaType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from drs_sync_policy.anyjson import as_object, is_array, is_object
from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.faults.fault import Seam
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import EncodedResponse, Response
from drs_sync_policy.sandbox.pipeline import Execute, Explain, Parse, Pipeline, ServedOperation
from drs_sync_policy.sandbox.rejection import Rejection
from drs_sync_policy.sandbox.store.records import Principal

Document = dict[str, Any]
Result = dict[str, Any]
Unwanted = Callable[[Any, Request], bool]


def stages(**replaced: Callable[[Pipeline], Any]) -> Seam:
    """Each named stage is what the function makes of the faultless pipeline."""
    return Seam(
        pipeline=lambda inner, _store: attrs.evolve(
            inner, **{name: replace(inner) for name, replace in replaced.items()}
        )
    )


# --- responses -----------------------------------------------------------------------------------
def accepted(edit: Callable[[Document, Request], Any]) -> Seam:
    """The body of every 200 is what `edit` makes of a copy of it."""

    def replace(inner: Pipeline) -> Execute:
        async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
            given = await inner.execute(served, request, document)
            if given.status != 200:
                return given
            return attrs.evolve(given, body=edit(copy.deepcopy(given.body), request))

        return execute

    return stages(execute=replace)


def results(edit: Callable[[list[Result], Request], list[Result]]) -> Seam:
    """The results of every 200 are what `edit` makes of them; `count` follows."""

    def change(body: Document, request: Request) -> Document:
        changed = edit(body["results"], request)
        return {**body, "results": changed, "count": len(changed)}

    return accepted(change)


def each_result(edit: Callable[[Result], Result]) -> Seam:
    """Every result is what `edit` makes of it."""
    return results(lambda found, _request: [edit(result) for result in found])


def errors(edit: Callable[[Document, Request], Any]) -> Seam:
    """The body of every error is what `edit` makes of it."""

    def replace(inner: Pipeline) -> Explain:
        def explain(rejected: Rejection, request: Request) -> Response:
            given = inner.explain(rejected, request)
            return attrs.evolve(given, body=edit(given.body, request))

        return explain

    return stages(explain=replace)


def statuses(change: Mapping[int, int]) -> Seam:
    """Responses of one status are sent with another."""
    return encoded(lambda sent, _r: attrs.evolve(sent, status=change.get(sent.status, sent.status)))


def encoded(edit: Callable[[EncodedResponse, Request], EncodedResponse]) -> Seam:
    """What is sent is what `edit` makes of it."""

    def replace(inner: Pipeline) -> Any:
        return lambda response, request: edit(inner.encode(response, request), request)

    return stages(encode=replace)


def body_of(status: int, edit: Callable[[bytes], bytes]) -> Seam:
    """The bytes of every body with this status are what `edit` makes of them."""

    def change(sent: EncodedResponse, _request: Request) -> EncodedResponse:
        if sent.status != status:
            return sent
        body = edit(sent.body)
        headers = {**sent.headers, "Content-Length": str(len(body))}
        return attrs.evolve(sent, body=body, headers=headers)

    return encoded(change)


def without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An edit that leaves out the field `name`."""
    return lambda fields: {key: fields[key] for key in fields if key != name}


# --- requests ------------------------------------------------------------------------------------
def rejects(unwanted: Unwanted) -> Seam:
    """A valid request gets 400 if it is `unwanted`."""
    return _fails(unwanted, bad_parameter)


def crashes(on: Unwanted) -> Seam:
    """A valid request that is like this gets 500."""
    return _fails(on, rejection.service_failed)


def _fails(unwanted: Unwanted, reason: Callable[[], Rejection]) -> Seam:
    def replace(inner: Pipeline) -> Execute:
        async def execute(served: ServedOperation, request: Request, document: Any) -> Response:
            if unwanted(document, request):
                raise reason()
            return await inner.execute(served, request, document)

        return execute

    return stages(execute=replace)


def crashes_instead(stage: str) -> Seam:
    """A request that this synchronous stage rejects gets 500."""

    def replace(inner: Pipeline) -> Callable[..., Any]:
        def crash(*arguments: Any) -> Any:
            try:
                return getattr(inner, stage)(*arguments)
            except Rejection as rejected:
                raise rejection.service_failed() from rejected

        return crash

    return stages(**{stage: replace})


def bad_parameter() -> Rejection:
    """The 400 of a parameter that should have been accepted."""
    return rejection.invalid_parameter("jobs")


def reads(edit: Callable[[bytes], bytes]) -> Seam:
    """The body is parsed after `edit`."""
    return stages(parse=lambda inner: _then(edit, inner.parse))


def documents(edit: Callable[[Any], Any]) -> Seam:
    """The document is validated and executed after `edit`."""
    return stages(parse=lambda inner: _then(inner.parse, edit))


def _then(first: Callable[[bytes], Any], second: Callable[[Any], Any]) -> Parse:
    return lambda body: second(first(body))


def each_item(edit: Callable[[dict[str, Any]], Any]) -> Seam:
    """Every item is validated and executed after `edit`; what is not an object stays."""
    return documents(each_item_of(edit))


def each_item_of(edit: Callable[[dict[str, Any]], Any]) -> Callable[[Any], Any]:
    """An edit of a document that edits each of its items."""

    def change(document: Any) -> Any:
        items = items_of(document)
        if items is None:
            return document
        return {
            **document,
            "jobs": [edit(item) if is_object(item) else item for item in items],
        }

    return change


def field_values(name: str, edit: Callable[[Any], Any]) -> Seam:
    """The value of one field of every item is read as `edit` of it."""
    return each_item(lambda item: {**item, name: edit(item[name])} if name in item else item)


def items_of(document: Any) -> list[Any] | None:
    """The items of a batch, valid or not; None if `jobs` is not a list."""
    items: Any = as_object(document).get("jobs")
    return [*items] if is_array(items) else None


def some_item(unwanted: Callable[[dict[str, Any]], bool]) -> Unwanted:
    """Whether some item of the document is like this."""
    return lambda document, _request: any(unwanted(item) for item in document["jobs"])


def some_text(unwanted: Callable[[str], bool]) -> Unwanted:
    """Whether some text of an item is like this."""
    return some_item(lambda item: any(unwanted(v) for v in item.values() if isinstance(v, str)))


def some_id(unwanted: Callable[[str], bool]) -> Unwanted:
    """Whether the `job_id` of some item is like this."""
    return some_item(lambda item: unwanted(item["job_id"]))


def repeated_job(document: Any, _request: Request) -> bool:
    """Whether a batch names a job twice."""
    ids = [item["job_id"] for item in document["jobs"]]
    return len(set(ids)) < len(ids)


def more_items_than(size: int) -> Unwanted:
    """Whether a batch has more items than this."""
    return lambda document, _request: len(document["jobs"]) > size


def headers(edit: Callable[[dict[str, str]], dict[str, str]]) -> Seam:
    """From authentication on, the headers of a request are what `edit` makes of them."""

    def edited(request: Request) -> Request:
        return attrs.evolve(request, headers=edit(dict(request.headers)))

    def authenticating(inner: Pipeline) -> Any:
        return lambda request: inner.authenticate(edited(request))

    def checking(inner: Pipeline) -> Any:
        return lambda served, request: inner.check_headers(served, edited(request))

    return stages(authenticate=authenticating, check_headers=checking)


def authenticates_as(edit: Callable[[Request], Request]) -> Seam:
    """A request is authenticated after `edit`."""
    return stages(authenticate=lambda inner: lambda request: inner.authenticate(edit(request)))


def skips(stage: str, *, unless: Callable[[Request], bool]) -> Seam:
    """A stage that only checks a request, such as `authorize`, is left out, except where `unless`.

    It gets what it checks by, then the request.
    """

    def replace(inner: Pipeline) -> Any:
        def check(by: ServedOperation | Principal, request: Request) -> None:
            if unless(request):
                getattr(inner, stage)(by, request)

        return check

    return stages(**{stage: replace})
