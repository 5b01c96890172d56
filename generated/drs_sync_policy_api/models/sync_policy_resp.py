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

from ..models.sync_policy_status import SyncPolicyStatus


@frozen(kw_only=True)
class SyncPolicyResp:
    """The result of one item. A failed result has `error_code` and `error_msg`. A successful
    result has neither.

        Attributes:
            id (str): The `job_id` of the item, as it was sent.
            status (SyncPolicyStatus): Whether the item was carried out.
            error_code (str | Unset): Why the item failed, as one of the vendor's error codes.
            error_msg (str | Unset): Why the item failed, in the language of `X-Language`.
            additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    id: str
    status: SyncPolicyStatus
    error_code: str | Unset = UNSET
    error_msg: str | Unset = UNSET
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
            if not (value in ("success", "failed")):
                return index
            if self.error_code is not unset:
                value = self.error_code
                if not (type(value) is str and value.isascii() and value != ""):
                    return index
            if self.error_msg is not unset:
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


class SyncPolicyRespWire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """`SyncPolicyResp` is read through this class.

    It is faster than msgspec's reading of attrs classes, and does not drop unknown fields.
    """

    id: str
    status: SyncPolicyStatus
    error_code: str | Unset = UNSET
    error_msg: str | Unset = UNSET

    def as_model(self) -> SyncPolicyResp:
        """The model, built slot by slot: a frozen `__init__` takes twice as long."""
        model = object.__new__(SyncPolicyResp)
        _SET[0](model, self.id)
        _SET[1](model, self.status)
        _SET[2](model, self.error_code)
        _SET[3](model, self.error_msg)
        return model


_SET: Final = bind(SyncPolicyResp, SyncPolicyRespWire)

_RULES: Final[Mapping[str, Rules]] = {
    "id": {"type": "string", "minLength": 1},
    "status": {"type": "string", "enum": ("success", "failed")},
    "error_code": {"type": "string", "minLength": 1},
    "error_msg": {"type": "string", "minLength": 1},
}

__all__ = ["SyncPolicyResp"]
