from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Self

from attrs import frozen
from msgspec import UNSET, Struct
from msgspec import UnsetType as Unset

from drs_sync_policy.runtime.errors import Problem
from drs_sync_policy.runtime.serialization import (
    NO_EXTRA,
    Unreadable,
    bind,
    from_builtins,
    shown,
    to_builtins,
)
from drs_sync_policy.runtime.validation import Rules, check


@frozen(kw_only=True)
class QueryJobResp:
    """The details of one job, without most of the vendor's fields. A policy field that is empty or
    null is not set. `ddl_trans` and `slot_name` are never here.

        Attributes:
            id (str): The job.
            status (str): The state of the job, such as CONFIGURATION; `failed` if it cannot be
                read.
            name (None | str | Unset): The name of the job.
            db_use_type (None | str | Unset): What the job is for, such as `sync`.
            task_type (None | str | Unset): Whether the job copies all data, changes, or both.
            error_code (None | str | Unset): Why the job, or the reading of it, failed.
            error_message (None | str | Unset): Why the job failed, in words.
            conflict_policy (None | str | Unset): The conflict policy that is set; a value of
                `ConflictPolicy`.
            filter_ddl_policy (None | str | Unset): The DDL filter that is set; empty for none.
                Besides the values of `FilterDdlPolicy` the vendor names `drop_databasefilter_all`.
                Default: ''.
            index_trans (bool | None | Unset): Whether indexes are synchronized.
            additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    id: str
    status: str
    name: None | str | Unset = UNSET
    db_use_type: None | str | Unset = UNSET
    task_type: None | str | Unset = UNSET
    error_code: None | str | Unset = UNSET
    error_message: None | str | Unset = UNSET
    conflict_policy: None | str | Unset = UNSET
    filter_ddl_policy: None | str | Unset = UNSET
    index_trans: bool | None | Unset = UNSET
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
            value = self.id
            if not (type(value) is str and value.isascii() and value != ""):
                return index
            value = self.status
            if not (type(value) is str and value.isascii()):
                return index
            if self.name is not unset:
                return index
            if self.db_use_type is not unset:
                return index
            if self.task_type is not unset:
                return index
            if self.error_code is not unset:
                return index
            if self.error_message is not unset:
                return index
            if self.conflict_policy is not unset:
                return index
            if self.filter_ddl_policy is not unset:
                return index
            if self.index_trans is not unset:
                return index
        return len(items)

    def problems(self, at: str = "", edition: str | None = None) -> Iterator[Problem]:
        """What of this violates the contract, or its `edition`; `at` is the place of this model."""
        if self.first_doubtful([self]) == 1:
            return
        at = f"{at}." if at else ""
        yield from check(self.id, _RULES["id"], f"{at}id", edition)
        yield from check(self.status, _RULES["status"], f"{at}status", edition)
        yield from check(self.name, _RULES["name"], f"{at}name", edition)
        yield from check(self.db_use_type, _RULES["db_use_type"], f"{at}db_use_type", edition)
        yield from check(self.task_type, _RULES["task_type"], f"{at}task_type", edition)
        yield from check(self.error_code, _RULES["error_code"], f"{at}error_code", edition)
        yield from check(self.error_message, _RULES["error_message"], f"{at}error_message", edition)
        yield from check(
            self.conflict_policy, _RULES["conflict_policy"], f"{at}conflict_policy", edition
        )
        yield from check(
            self.filter_ddl_policy, _RULES["filter_ddl_policy"], f"{at}filter_ddl_policy", edition
        )
        yield from check(self.index_trans, _RULES["index_trans"], f"{at}index_trans", edition)

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


class QueryJobRespWire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """`QueryJobResp` is read through this class.

    It is faster than msgspec's reading of attrs classes, and does not drop unknown fields.
    """

    id: str
    status: str
    name: Unreadable | Unset = UNSET
    db_use_type: Unreadable | Unset = UNSET
    task_type: Unreadable | Unset = UNSET
    error_code: Unreadable | Unset = UNSET
    error_message: Unreadable | Unset = UNSET
    conflict_policy: Unreadable | Unset = UNSET
    filter_ddl_policy: Unreadable | Unset = UNSET
    index_trans: Unreadable | Unset = UNSET

    def as_model(self) -> QueryJobResp:
        """The model, built slot by slot: a frozen `__init__` takes twice as long."""
        model = object.__new__(QueryJobResp)
        _SET[0](model, self.id)
        _SET[1](model, self.status)
        _SET[2](model, self.name)
        _SET[3](model, self.db_use_type)
        _SET[4](model, self.task_type)
        _SET[5](model, self.error_code)
        _SET[6](model, self.error_message)
        _SET[7](model, self.conflict_policy)
        _SET[8](model, self.filter_ddl_policy)
        _SET[9](model, self.index_trans)
        return model


_SET: Final = bind(QueryJobResp, QueryJobRespWire)

_RULES: Final[Mapping[str, Rules]] = {
    "id": {"type": "string", "minLength": 1},
    "status": {"type": "string"},
    "name": {"type": ("string", "null")},
    "db_use_type": {"type": ("string", "null")},
    "task_type": {"type": ("string", "null")},
    "error_code": {"type": ("string", "null")},
    "error_message": {"type": ("string", "null")},
    "conflict_policy": {"type": ("string", "null")},
    "filter_ddl_policy": {"type": ("string", "null")},
    "index_trans": {"type": ("boolean", "null")},
}

__all__ = ["QueryJobResp"]
