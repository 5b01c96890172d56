from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Self

from attrs import frozen
from msgspec import UNSET, Struct
from msgspec import UnsetType as Unset

from drs_sync_policy.runtime.errors import Problem
from drs_sync_policy.runtime.serialization import (
    NO_EXTRA,
    bind,
    from_builtins,
    shown,
    to_builtins,
)
from drs_sync_policy.runtime.validation import Rules, check


@frozen(kw_only=True)
class PageReq:
    """Which page of the named jobs is read.

    Attributes:
        cur_page (int | Unset): The number of the page, from 1. 0 means all jobs. If `per_page`
            is 0, only 0 and 1 are possible. Default: 1.
        per_page (int | Unset): How many jobs a page has. 0 means all. Default: 5.
        additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    cur_page: int | Unset = UNSET
    per_page: int | Unset = UNSET
    additional_properties: dict[str, Any] = NO_EXTRA

    @classmethod
    def first_doubtful(cls, items: Sequence[Any], start: int = 0) -> int:
        """The first index from `start` on whose item needs a close check, else `len(items)`.

        All items before it are valid; that item may be valid, too. One loop for all items: a
        function call for each costs more.
        """
        unset = UNSET
        model: Any = cls
        for index in range(start, len(items)):
            self: Any = items[index]
            if type(self) is not model:
                return index
            if self.cur_page is not unset:
                return index
            if self.per_page is not unset:
                return index
        return len(items)

    def problems(self, at: str = "", edition: str | None = None) -> Iterator[Problem]:
        """What of this violates the contract, or its `edition`; `at` is the place of this model."""
        if self.first_doubtful([self]) == 1:
            return
        at = f"{at}." if at else ""
        yield from check(self.cur_page, _RULES["cur_page"], f"{at}cur_page", edition)
        yield from check(self.per_page, _RULES["per_page"], f"{at}per_page", edition)

    def to_dict(self) -> dict[str, Any]:
        """The JSON of this, in plain dicts and lists."""
        written: dict[str, Any] = to_builtins(self)
        return written

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """The reverse of `to_dict`; raises `msgspec.ValidationError`, which names the place."""
        return from_builtins(dict(src_dict), cls)

    def __repr__(self) -> str:
        return shown(self)


class PageReqWire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """`PageReq` is read through this class.

    It is faster than msgspec's reading of attrs classes, and does not drop unknown fields.
    """

    cur_page: int | Unset = UNSET
    per_page: int | Unset = UNSET

    def as_model(self) -> PageReq:
        """The model, built slot by slot: a frozen `__init__` takes twice as long."""
        model = object.__new__(PageReq)
        _SET[0](model, self.cur_page)
        _SET[1](model, self.per_page)
        return model


_SET: Final = bind(PageReq, PageReqWire)

_RULES: Final[Mapping[str, Rules]] = {
    "cur_page": {"type": "integer", "minimum": 0},
    "per_page": {"type": "integer", "minimum": 0, "maximum": 100},
}

__all__ = ["PageReq"]
