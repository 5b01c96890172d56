from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Self

from attrs import frozen
from msgspec import Struct

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
class QueryJobFailure:
    """A job that cannot be read, and why.

    Attributes:
        id (str): The job, as it was sent.
        status (str): Always `failed`.
        error_code (str): Why, as one of the vendor's error codes; `DRS.M00289` and `DRS.M05004`
            were seen.
        error_msg (str): Why, in the language of `X-Language`.
        additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    id: str
    status: str
    error_code: str
    error_msg: str
    additional_properties: dict[str, Any] = NO_EXTRA

    @classmethod
    def first_doubtful(cls, items: Sequence[Any], start: int = 0) -> int:
        """The first index from `start` on whose item needs a close check, else `len(items)`.

        All items before it are valid; that item may be valid, too. One loop for all items: a
        function call for each costs more.
        """
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
            value = self.error_code
            if not (type(value) is str and value.isascii() and value != ""):
                return index
            value = self.error_msg
            if not (type(value) is str and value.isascii() and value != ""):
                return index
        return len(items)

    def problems(self, at: str = "", edition: str | None = None) -> Iterator[Problem]:
        """What of this violates the contract, or its `edition`; `at` is the place of this model."""
        if self.first_doubtful([self]) == 1:
            return
        at = f"{at}." if at else ""
        yield from check(self.id, _RULES["id"], f"{at}id", edition)
        yield from check(self.status, _RULES["status"], f"{at}status", edition)
        yield from check(self.error_code, _RULES["error_code"], f"{at}error_code", edition)
        yield from check(self.error_msg, _RULES["error_msg"], f"{at}error_msg", edition)

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


class QueryJobFailureWire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """`QueryJobFailure` is read through this class.

    It is faster than msgspec's reading of attrs classes, and does not drop unknown fields.
    """

    id: str
    status: str
    error_code: str
    error_msg: str

    def as_model(self) -> QueryJobFailure:
        """The model, built slot by slot: a frozen `__init__` takes twice as long."""
        model = object.__new__(QueryJobFailure)
        _SET[0](model, self.id)
        _SET[1](model, self.status)
        _SET[2](model, self.error_code)
        _SET[3](model, self.error_msg)
        return model


_SET: Final = bind(QueryJobFailure, QueryJobFailureWire)

_RULES: Final[Mapping[str, Rules]] = {
    "id": {"type": "string", "minLength": 1},
    "status": {"type": "string"},
    "error_code": {"type": "string", "minLength": 1},
    "error_msg": {"type": "string", "minLength": 1},
}

__all__ = ["QueryJobFailure"]
