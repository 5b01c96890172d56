"""Bodies built from the contract's schema: right ones, and right ones with one thing wrong."""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownLambdaType=false
from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.cases.covering import covering
from drs_sync_policy.fuzz.cases.values import Schema, Value
from drs_sync_policy.text import counted

ITEMS: Final = "jobs"
JOB: Final = "job_id"
"""The names that the rules of the contract speak of."""

_ALONE: Final = ("alone in its request", 1, 0)
_POSITIONS: Final = (
    ("the first of 3", 3, 0),
    ("the middle one of 3", 3, 1),
    ("the last of 3", 3, 2),
)
_FAR: Final = (
    ("the last of 12", 12, 11),
    ("the last of 60", 60, 59),
    ("the last of 120", 120, 119),
)
_FARTHEST: Final = ("the last of 1100", 1100, 1099)


@frozen
class InvalidBody:
    """A body with defects, and what they are. `field` is the field that has the only one."""

    body: Any
    what: str
    field: str = ""


class Bodies:
    """Builds bodies for the operation's request schema."""

    def __init__(
        self, contract: Contract, schema: Mapping[str, Any], job_ids: Sequence[str]
    ) -> None:
        self.root: Schema = Schema(contract, schema)
        items = self.root.properties[ITEMS].items
        if items is None:
            raise ValueError(f"the request schema's `{ITEMS}` has no `items`")
        self.item_schema = items
        self.fields: dict[str, Schema] = {
            k: v for k, v in self.item_schema.properties.items() if k != JOB
        }
        self.job_ids: tuple[str, ...] = tuple(job_ids)
        self._policies: dict[int, dict[str, Any]] = {}

    # --- right -----------------------------------------------------------------------------------

    def item(self, job_id: str, **fields: Any) -> dict[str, Any]:
        """An item with just these fields."""
        return {JOB: job_id, **fields}

    def full(self, job_id: str, variant: int = 0) -> dict[str, Any]:
        """An item with every field; another `variant`, other values wherever there are others."""
        return {JOB: job_id, **self.policy(variant)}

    def policy(self, variant: int = 0) -> dict[str, Any]:
        """A value for every field."""
        if variant not in self._policies:
            self._policies[variant] = dict(self._chosen(variant))
        return copy.copy(self._policies[variant])

    def _chosen(self, variant: int) -> Iterator[tuple[str, Any]]:
        for name, schema in self.fields.items():
            right = schema.valid()
            text = f"fuzz_{variant}" if schema.is_free_text else None
            yield name, right[variant % len(right)] if text is None else text

    def body(self, items: Sequence[Any]) -> dict[str, Any]:
        """A body with these items, and with whatever else the schema requires."""
        filled = {
            name: copy.deepcopy(self.root.properties[name].valid()[0])
            for name in self.root.required
            if name != ITEMS
        }
        return {ITEMS: list(items), **filled}

    def batch(self, size: int, variant: int = 0) -> dict[str, Any]:
        """A body of so many full items, for the tenant's jobs in turn; a job's items are one."""
        items = [self.full(job, variant) for job in self.job_ids[:size]]
        return self.body([items[n % len(items)] for n in range(size)])

    @property
    def marker(self) -> str | None:
        """A field that takes any text, so that stored policies can be distinguished."""
        return next((name for name, schema in self.fields.items() if schema.is_free_text), None)

    def combinations(self, strength: int = 3, limit: int = 300) -> list[dict[str, Any]]:
        """Policies in which all values of any `strength` fields meet, absent ones included.

        Where all combinations are at most `limit`, all of them.
        """
        choices = {
            name: [_ABSENT, *(["", "fuzz"] if schema.is_free_text else schema.valid())]
            for name, schema in self.fields.items()
        }
        total = 1
        for values in choices.values():
            total *= len(values)
        found = _product(choices) if total <= limit else covering(choices, strength)
        return [{k: v for k, v in entry.items() if v is not _ABSENT} for entry in found]

    # --- wrong -----------------------------------------------------------------------------------

    def invalid(self) -> Iterator[InvalidBody]:
        """Every body with one defect, then bodies with several."""
        yield from self._odd_roots()
        yield from self._invalid_root_fields()
        yield from self._invalid_items()
        yield from self._invalid_fields()
        yield from self._several_defects()

    def typical(self) -> Iterator[InvalidBody]:
        """A few bodies for each field and for the root: what servers often accept.

        The likeliest of each field, then the root, then the next ones of each field.
        """
        wrong = {
            name: [*_ranked(schema.invalid(), 5)]
            for name, schema in self.item_schema.properties.items()
        }
        for rank in range(5):
            for name, values in wrong.items():
                for value in (value for place, value in values if place == rank):
                    yield self._with(_ALONE, name, value, bare=True)
            if not rank:
                yield from self._odd_roots()
                yield from self._invalid_root_fields(each=5)

    def _odd_roots(self) -> Iterator[InvalidBody]:
        good = self.batch(1, 1)
        roots: tuple[tuple[Any, str], ...] = (
            (None, "null"), ([], "an empty list"), ("", "an empty string"), ("x", "a string"),
            (0, "a number"), (True, "true"), ([good], "the right body in a list"),
            (good[ITEMS], "the list of items without its object"), (good[ITEMS][0], "a bare item"),
            ({}, "an empty object"),
        )  # fmt: skip
        for value, what in roots:
            if not self.root.accepts(value):
                yield InvalidBody(value, f"the body is {what}")
        yield InvalidBody(
            {**good, ITEMS: {"0": good[ITEMS][0]}}, f"`{ITEMS}` is an object of items"
        )
        yield InvalidBody({**good, ITEMS: good[ITEMS][0]}, f"`{ITEMS}` is a bare item")

    def _invalid_root_fields(self, each: int | None = None) -> Iterator[InvalidBody]:
        good = self.batch(1, 1)
        for name, schema in self.root.properties.items():
            wrong = schema.invalid()
            for value in _representative(wrong, each or len(wrong)):
                yield InvalidBody({**good, name: value.value}, f"`{name}` is {value.what}", name)
            if name in self.root.required:
                yield from self._missing(good, name, lambda body: body)

    def _invalid_items(self) -> Iterator[InvalidBody]:
        items: tuple[tuple[Any, str], ...] = (
            (None, "null"), ("x", "a string"), (self.job_ids[0], "a bare job id"), (1, "a number"),
            (True, "true"), ([], "a list"), ([self.full(self.job_ids[0], 1)], "an item in a list"),
            ({}, "an empty object"), ({**self.policy(1)}, "an item without its job"),
        )  # fmt: skip
        for place in (_ALONE, *_POSITIONS, *_FAR):
            for value, what in items:
                if not self.item_schema.accepts(value):
                    yield self._placed(place, lambda _, value=value: value, f"an item is {what}")

    def _invalid_fields(self) -> Iterator[InvalidBody]:
        for name, schema in self.item_schema.properties.items():
            wrong = schema.invalid()
            for value in wrong:
                yield self._with(_ALONE, name, value, bare=True)
            for value in wrong:
                yield self._with(_ALONE, name, value)
            for place in _POSITIONS:
                for value in _representative(wrong, 2):
                    yield self._with(place, name, value)
            for value in wrong[:1]:
                yield self._with(_FARTHEST, name, value)
            for place in _FAR:
                for value in _representative(wrong, 1):
                    yield self._with(place, name, value)
            if name in self.item_schema.required:
                for place in (_ALONE, *_POSITIONS, *_FAR):
                    yield from self._missing_in_item(place, name)

    def _several_defects(self) -> Iterator[InvalidBody]:
        """Any two fields wrong in one item, fields that follow each other in two items, and all."""
        wrong = {
            name: value
            for name, schema in self.item_schema.properties.items()
            for value in schema.invalid()[:1]
        }
        job = self.job_ids[0]
        for one, other in itertools.combinations(wrong, 2):
            item = {**self.full(job, 1), **_values(wrong, one, other)}
            what = f"{_wrong(wrong, one)} and {_wrong(wrong, other)}"
            yield InvalidBody(self.body([item]), f"{what}, in an item that is wrong in two fields")
        for one, other in itertools.pairwise(wrong):
            items = [{**self.full(job, 1), **_values(wrong, name)} for name in (one, other)]
            what = f"{_wrong(wrong, one)} in the first item and {_wrong(wrong, other)} in the last"
            yield InvalidBody(self.body(items), what)
        for size in (1, 3):
            items = [_values(wrong, *wrong) for _ in range(size)]
            yield InvalidBody(self.body(items), f"every field is wrong, {counted(size, 'item')}")

    def invalid_items_of(self, job_id: str, whose: str) -> Iterator[InvalidBody]:
        """Bodies of one item, of a job that is not the tenant's to set, with one wrong field."""
        for name, schema in self.fields.items():
            for value in _representative(schema.invalid(), 1):
                item = {**self.full(job_id, 1), name: copy.deepcopy(value.value)}
                yield InvalidBody(
                    self.body([item]), f"`{name}` is {value.what}, in an item of {whose}", name
                )

    def _with(
        self, place: tuple[str, int, int], name: str, value: Value, *, bare: bool = False
    ) -> InvalidBody:
        def change(item: dict[str, Any]) -> Any:
            kept = {JOB: item[JOB]} if bare else item
            return {**kept, name: copy.deepcopy(value.value)}

        return self._placed(place, change, f"`{name}` is {value.what}", name)

    def _placed(
        self, place: tuple[str, int, int], change: Any, what: str, field: str = ""
    ) -> InvalidBody:
        where, size, position = place
        body = self.batch(size, 1)
        body[ITEMS][position] = change(body[ITEMS][position])
        return InvalidBody(body, f"{what}, in an item that is {where}", field)

    def _missing_in_item(self, place: tuple[str, int, int], name: str) -> Iterator[InvalidBody]:
        where, size, position = place
        for spelling in ("", *_key_spellings(name)):
            body = self.batch(size, 1)
            item = body[ITEMS][position] = dict(body[ITEMS][position])
            value = item.pop(name)
            if spelling:
                item[spelling] = value
            what = f"`{name}` is missing" + (f", `{spelling}` is there instead" if spelling else "")
            yield InvalidBody(body, f"{what}, in an item that is {where}", name)

    def _missing(self, good: dict[str, Any], name: str, wrap: Any) -> Iterator[InvalidBody]:
        for spelling in ("", *_key_spellings(name)):
            body = {k: v for k, v in good.items() if k != name}
            if spelling:
                body[spelling] = good[name]
            what = f"`{name}` is missing" + (f", `{spelling}` is there instead" if spelling else "")
            yield InvalidBody(wrap(body), what, name)


_ABSENT: Final = object()


def _values(wrong: Mapping[str, Value], *names: str) -> dict[str, Any]:
    return {name: copy.deepcopy(wrong[name].value) for name in names}


def _wrong(wrong: Mapping[str, Value], name: str) -> str:
    return f"`{name}` is {wrong[name].what}"


def _key_spellings(name: str) -> list[str]:
    first, *rest = name.split("_")
    camel = first + "".join(part.capitalize() for part in rest)
    found = [name.upper(), name.capitalize(), camel, name.replace("_", "-"), f"{name} ", f" {name}"]
    return [entry for entry in dict.fromkeys(found) if entry != name]


def _representative(values: Sequence[Value], each: int) -> Iterator[Value]:
    """So many of each class."""
    return (value for _, value in _ranked(values, each))


def _ranked(values: Sequence[Value], each: int) -> Iterator[tuple[int, Value]]:
    """So many of each class, each with its place in its class."""
    seen: dict[str, int] = {}
    for value in values:
        place = seen.get(value.kind, 0)
        seen[value.kind] = place + 1
        if place < each:
            yield place, value


def _product(choices: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{}]
    for name, values in choices.items():
        found = [{**entry, name: value} for entry in found for value in values]
    return found
