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

from ..models.db_use_type import DbUseType, DbUseTypeValue


@frozen(kw_only=True)
class QueryJobsReq:
    """Which jobs are listed, and which page of them.

    Attributes:
        db_use_type (DbUseType): What a job is for.
        cur_page (int | Unset): The number of the page, from 1. 0 means all jobs. If `per_page`
            is 0, only 0 and 1 are possible. Default: 1.
        per_page (int | Unset): How many jobs a page has. 0 means all. Default: 10.
        status (str | Unset): Only jobs in this state.
        name (str | Unset): Only jobs with this in their name, or with this id.
        engine_type (str | Unset): Only jobs with these engines.
        additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    db_use_type: DbUseTypeValue
    cur_page: int | Unset = UNSET
    per_page: int | Unset = UNSET
    status: str | Unset = UNSET
    name: str | Unset = UNSET
    engine_type: str | Unset = UNSET
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
            value = self.db_use_type
            if not (value in ("migration", "sync", "cloudDataGuard")):
                return index
            if self.cur_page is not unset:
                return index
            if self.per_page is not unset:
                return index
            if self.status is not unset:
                value = self.status
                if not (type(value) is str and value.isascii()):
                    return index
            if self.name is not unset:
                value = self.name
                if not (type(value) is str and value.isascii()):
                    return index
            if self.engine_type is not unset:
                value = self.engine_type
                if not (type(value) is str and value.isascii()):
                    return index
        return len(items)

    def problems(self, at: str = "", edition: str | None = None) -> Iterator[Problem]:
        """What of this violates the contract, or its `edition`; `at` is the place of this model."""
        if self.first_doubtful([self]) == 1:
            return
        at = f"{at}." if at else ""
        yield from check(self.db_use_type, _RULES["db_use_type"], f"{at}db_use_type", edition)
        yield from check(self.cur_page, _RULES["cur_page"], f"{at}cur_page", edition)
        yield from check(self.per_page, _RULES["per_page"], f"{at}per_page", edition)
        yield from check(self.status, _RULES["status"], f"{at}status", edition)
        yield from check(self.name, _RULES["name"], f"{at}name", edition)
        yield from check(self.engine_type, _RULES["engine_type"], f"{at}engine_type", edition)

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


class QueryJobsReqWire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """`QueryJobsReq` is read through this class.

    It is faster than msgspec's reading of attrs classes, and does not drop unknown fields.
    """

    db_use_type: DbUseType
    cur_page: int | Unset = UNSET
    per_page: int | Unset = UNSET
    status: str | Unset = UNSET
    name: str | Unset = UNSET
    engine_type: str | Unset = UNSET

    def as_model(self) -> QueryJobsReq:
        """The model, built slot by slot: a frozen `__init__` takes twice as long."""
        model = object.__new__(QueryJobsReq)
        _SET[0](model, self.db_use_type)
        _SET[1](model, self.cur_page)
        _SET[2](model, self.per_page)
        _SET[3](model, self.status)
        _SET[4](model, self.name)
        _SET[5](model, self.engine_type)
        return model


_SET: Final = bind(QueryJobsReq, QueryJobsReqWire)

_RULES: Final[Mapping[str, Rules]] = {
    "db_use_type": {"type": "string", "enum": ("migration", "sync", "cloudDataGuard")},
    "cur_page": {"type": "integer", "minimum": 0},
    "per_page": {"type": "integer", "minimum": 0, "maximum": 100},
    "status": {"type": "string"},
    "name": {"type": "string"},
    "engine_type": {"type": "string"},
}

__all__ = ["QueryJobsReq"]
