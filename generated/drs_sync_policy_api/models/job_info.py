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
class JobInfo:
    """A job, without its policy.

    Attributes:
        id (str): The job.
        status (str): The state of the job, such as CONFIGURATION.
        name (None | str | Unset): The name of the job.
        engine_type (None | str | Unset): The engines of the job.
        db_use_type (None | str | Unset): What the job is for, such as `sync`.
        task_type (None | str | Unset): Whether the job copies all data, changes, or both.
        additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    id: str
    status: str
    name: None | str | Unset = UNSET
    engine_type: None | str | Unset = UNSET
    db_use_type: None | str | Unset = UNSET
    task_type: None | str | Unset = UNSET
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
            if self.engine_type is not unset:
                return index
            if self.db_use_type is not unset:
                return index
            if self.task_type is not unset:
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
        yield from check(self.engine_type, _RULES["engine_type"], f"{at}engine_type", edition)
        yield from check(self.db_use_type, _RULES["db_use_type"], f"{at}db_use_type", edition)
        yield from check(self.task_type, _RULES["task_type"], f"{at}task_type", edition)

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


class JobInfoWire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """`JobInfo` is read through this class.

    It is faster than msgspec's reading of attrs classes, and does not drop unknown fields.
    """

    id: str
    status: str
    name: Unreadable | Unset = UNSET
    engine_type: Unreadable | Unset = UNSET
    db_use_type: Unreadable | Unset = UNSET
    task_type: Unreadable | Unset = UNSET

    def as_model(self) -> JobInfo:
        """The model, built slot by slot: a frozen `__init__` takes twice as long."""
        model = object.__new__(JobInfo)
        _SET[0](model, self.id)
        _SET[1](model, self.status)
        _SET[2](model, self.name)
        _SET[3](model, self.engine_type)
        _SET[4](model, self.db_use_type)
        _SET[5](model, self.task_type)
        return model


_SET: Final = bind(JobInfo, JobInfoWire)

_RULES: Final[Mapping[str, Rules]] = {
    "id": {"type": "string", "minLength": 1},
    "status": {"type": "string"},
    "name": {"type": ("string", "null")},
    "engine_type": {"type": ("string", "null")},
    "db_use_type": {"type": ("string", "null")},
    "task_type": {"type": ("string", "null")},
}

__all__ = ["JobInfo"]
