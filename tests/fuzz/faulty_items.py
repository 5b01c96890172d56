"""Servers that validate the items of a request wrongly."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from tests.fuzz import validity
from tests.fuzz.servers import TOKENS, Handler, Refused

Item = dict[str, Any]


class Tolerant(Handler):
    """Changes the items before they are validated; the base of some bugs below."""

    def parse(self, body: bytes) -> list[Item]:
        items: list[Item]
        try:
            items = super().parse(body)
        except Refused:
            with contextlib.suppress(ValueError, RecursionError):
                changed = self.changed(validity.loads(body))
                if changed is not None:
                    return super().parse(json.dumps(changed).encode())
            raise
        return [self.item(number, item) for number, item in enumerate(items)]

    def changed(self, value: Any) -> Any:
        """What is validated; None for the body as it is."""
        items = value.get("jobs") if isinstance(value, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            return None
        return {**value, "jobs": [self.item(number, item) for number, item in enumerate(items)]}

    def item(self, number: int, item: Item) -> Item:
        """What is validated of an item."""
        return item


class BooleanFromText(Tolerant):
    """Reads "true" as true, in one field."""

    def item(self, number: int, item: Item) -> Item:
        return {**item, "index_trans": True} if item.get("index_trans") == "true" else item


class BooleanFromNumber(Tolerant):
    """Reads 1 as true."""

    def item(self, number: int, item: Item) -> Item:
        value = item.get("ddl_trans")
        return {**item, "ddl_trans": True} if value == 1 and not isinstance(value, bool) else item


class JobFromNumber(Tolerant):
    """Turns a number into a job id."""

    def item(self, number: int, item: Item) -> Item:
        job = item.get("job_id")
        return {**item, "job_id": str(job)} if isinstance(job, int) else item


class JobsFromObject(Tolerant):
    """Takes the values of an object for a list."""

    def changed(self, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("jobs"), dict):
            value = {**value, "jobs": [*value["jobs"].values()]}
        return super().changed(value) or value


class OneJobWithoutList(Tolerant):
    """Takes a bare item for a list of one."""

    def changed(self, value: Any) -> Any:
        if isinstance(value, dict) and "job_id" in value:
            value = {"jobs": [value]}
        return super().changed(value)


class EnumInAnyCase(Tolerant):
    """Compares an enum in lower case."""

    def item(self, number: int, item: Item) -> Item:
        value = item.get("conflict_policy")
        return {**item, "conflict_policy": value.lower()} if isinstance(value, str) else item


class EnumOfTheFirstItem(Tolerant):
    """Validates an enum in the first item only."""

    def item(self, number: int, item: Item) -> Item:
        return (
            {**item, "filter_ddl_policy": "drop_database"}
            if number and item.get("filter_ddl_policy")
            else item
        )


class EnumMayBeEmpty(Tolerant):
    """Takes an empty value of an enum for an absent one."""

    def item(self, number: int, item: Item) -> Item:
        return {k: v for k, v in item.items() if not k.endswith("_policy") or v != ""}


class NullIsAbsent(Tolerant):
    """Takes null for an absent value."""

    def item(self, number: int, item: Item) -> Item:
        return {k: v for k, v in item.items() if v is not None}


class TrimsJobs(Tolerant):
    """Trims white space of a job id."""

    def item(self, number: int, item: Item) -> Item:
        job = item.get("job_id")
        return {**item, "job_id": job.strip() or job} if isinstance(job, str) else item


class SkipsInvalidFarItems(Tolerant):
    """Validates the first 50 items."""

    def changed(self, value: Any) -> Any:
        items = value.get("jobs") if isinstance(value, dict) else None
        if isinstance(items, list) and len(items) > 50:
            return {"jobs": items[:50] + [i for i in items[50:] if isinstance(i, dict) and _ok(i)]}
        return None


class NamesInAnyCase(Handler):
    """Reads the names of fields in any case, as Go's encoding/json does; the last one counts."""

    def parse(self, body: bytes) -> list[Item]:
        with contextlib.suppress(ValueError, RecursionError):
            body = json.dumps(_lower(validity.loads(body))).encode()
        return super().parse(body)


def _lower(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.lower(): _lower(entry) for name, entry in value.items()}
    return [*map(_lower, value)] if isinstance(value, list) else value


class ListsErrors(Handler):
    """Adds a list to the response if several fields are invalid."""

    several = False

    def parse(self, body: bytes) -> list[Item]:
        self.several = False
        with contextlib.suppress(ValueError, RecursionError, TypeError, KeyError):
            wrong = [
                name
                for item in validity.loads(body)["jobs"]
                for name, value in dict(item).items()
                if not validity.is_valid({"job_id": "x", name: value})
            ]
            self.several = len(wrong) > 1
        return super().parse(body)

    def said(self, key: str, **details: str) -> Item:
        found = super().said(key, **details)
        return {**found, "errors": []} if self.several and key == "request" else found


class AppliesBeforeRejecting(Handler):
    """Stores the items that come before an invalid one."""

    def parse(self, body: bytes) -> list[Item]:
        try:
            return super().parse(body)
        except Refused:
            with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
                for item in validity.loads(body)["jobs"]:
                    if not _ok(item):
                        break
                    self.apply(TOKENS[self.headers["X-Auth-Token"].strip()], item, 0)
            raise


def _ok(item: Any) -> bool:
    return validity.is_valid(item)


class IntegersOf64Bits(Tolerant):
    """Reads each integer of an item as one of 64 bits, also of a field that it ignores."""

    def item(self, number: int, item: Item) -> Item:
        integers = [value for value in item.values() if type(value) is int]
        if not all(-(2**63) <= value < 2**63 for value in integers):
            raise Refused(400)
        return item
