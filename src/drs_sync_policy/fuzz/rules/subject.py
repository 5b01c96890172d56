"""An exchange with all that checks need to know of it, worked out once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from attrs import field, frozen

from drs_sync_policy import contract
from drs_sync_policy.anyjson import as_object, is_array, is_object, objects
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.oracle import JobKind, Oracle
from drs_sync_policy.fuzz.rules.problem import Skip
from drs_sync_policy.fuzz.target.http import Response

Paired = tuple[int, Mapping[str, Any], Mapping[str, Any]]
"""The position of an item, the item and its result."""
_IN_FRONT: Final = frozenset({400, 404, 413})


def schema_of(documented: contract.Response) -> contract.Json:
    """The schema of a documented response; an empty one if it has no body."""
    return next(iter(documented.content.values()), dict[str, Any]())


@frozen
class Subject:
    """An exchange with everything that several checks need to know of it, worked out once."""

    oracle: Oracle
    exchange: Exchange
    value: Any = field(default=None, repr=False)
    flaw: str = ""
    """Why the body of the response is not I-JSON; empty where it is."""

    @property
    def response(self) -> Response:
        """The response; `Skip` where there was none."""
        if self.exchange.response is None:
            raise Skip
        return self.exchange.response

    @property
    def is_accepted(self) -> bool:
        """Whether the response says that the request was accepted, maybe with a wrong status."""
        return 200 <= self.response.status < 300

    @property
    def documented(self) -> bool:
        """Whether the contract describes what such a response looks like.

        It says nothing of other methods' responses, nor of what stands in front of a service, which
        may write any 413.
        """
        expectation = self.exchange.expectation
        if expectation.front and (
            expectation.statuses is None or self.response.status in _IN_FRONT
        ):
            return False
        return (
            self.response.status in self.oracle.operation.responses and self.response.status != 413
        )

    @cached_property
    def asked(self) -> Mapping[str, Any]:
        """The body of a valid request; `Skip` if it is invalid, or none was responded to."""
        expectation, request = self.exchange.expectation, self.exchange.request
        if expectation.defects or expectation.tenant is None or not request.body:
            raise Skip
        try:
            found: Mapping[str, Any] = ijson.loads(request.body)
            valid = self.oracle.body.is_valid(found)
        except (ijson.NotIJson, ValueError, OverflowError, RecursionError):
            raise Skip from None
        if not valid or request.method != self.oracle.operation.method:
            raise Skip
        return found

    def entries(self, name: str) -> list[Mapping[str, Any]]:
        """The objects in a list of a 200; `Skip` if there is no such list."""
        if self.response.status != 200 or not is_object(self.value):
            raise Skip
        found = self.value.get(name)
        if not is_array(found):
            raise Skip
        return [*objects(found)]

    @property
    def says_json(self) -> bool:
        """Whether the response claims to be JSON."""
        media = (self.response.header("Content-Type") or "").split(";")[0].strip().lower()
        return media == "application/json"

    @property
    def results(self) -> list[Any]:
        """The results of a 2xx to a valid body; `Skip` if there are none to check."""
        expectation = self.exchange.expectation
        if not self.is_accepted or not expectation.items or not is_object(self.value):
            raise Skip
        results = self.value.get("results")
        if not is_array(results):
            raise Skip
        return results

    @cached_property
    def ids(self) -> tuple[list[str], list[Any]]:
        """The job ids of the items, and the ids of the results."""
        given = [as_object(result).get("id") for result in self.results]
        return [item["job_id"] for item in self.exchange.expectation.items], given

    @cached_property
    def by_kind(self) -> dict[JobKind, list[Paired]]:
        """What is paired, by whose the job is."""
        tenant, found = self.exchange.expectation.tenant, dict[JobKind, list[Paired]]()
        for entry in self.paired:
            kind = self.oracle.kind_of(entry[1]["job_id"], tenant)
            found.setdefault(kind, []).append(entry)
        return found

    @cached_property
    def paired(self) -> tuple[Paired, ...]:
        """Position, item and result, for each item; `Skip` where they do not pair."""
        items, results = self.exchange.expectation.items, self.results
        if len(items) != len(results):
            raise Skip
        return tuple(
            (position, item, result)
            for position, (item, result) in enumerate(zip(items, results, strict=True))
            if is_object(result) and result.get("id") == item["job_id"]
        )


def subject(oracle: Oracle, exchange: Exchange) -> Subject:
    """`exchange`, its response decoded."""
    oracle = oracle.of(exchange.request)
    response = exchange.response
    if response is None or not response.body:
        return Subject(oracle, exchange, flaw="nothing at all")
    try:
        return Subject(oracle, exchange, value=ijson.loads(response.body))
    except ijson.NotIJson as error:
        return Subject(oracle, exchange, value=_leniently(response.body), flaw=str(error))


def _leniently(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig", "replace").lstrip()
        # Something may follow an object or a list. A sentence may begin with a number.
        return json.JSONDecoder().raw_decode(text)[0] if text[:1] in "{[" else json.loads(text)
    except (ValueError, RecursionError):
        return None
