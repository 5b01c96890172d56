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
from drs_sync_policy.runtime.validation import Rules, check, check_models


@frozen(kw_only=True)
class BatchListJobDetailsError:
    """Why nothing was read: as an `ErrorResponse`, or as the list of the jobs that failed.

    Attributes:
        error_code (str | Unset): One of the vendor's error codes. Match on this, never on the
            message.
        error_msg (str | Unset): What went wrong, in the language of `X-Language`.
        request_id (str | Unset): The id of the request, added by a gateway.
        count (int | Unset): How many jobs failed.
        results (list[QueryJobFailure] | Unset): The jobs that failed.
        additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    error_code: str | Unset = UNSET
    error_msg: str | Unset = UNSET
    request_id: str | Unset = UNSET
    count: int | Unset = UNSET
    results: list[QueryJobFailure] | Unset = UNSET
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
            if self.error_code is not unset:
                value = self.error_code
                if not (type(value) is str and value.isascii() and value != ""):
                    return index
            if self.error_msg is not unset:
                value = self.error_msg
                if not (type(value) is str and value.isascii() and value != ""):
                    return index
            if self.request_id is not unset:
                value = self.request_id
                if not (type(value) is str and value.isascii()):
                    return index
            if self.count is not unset:
                return index
            if self.results is not unset:
                return index
        return len(items)

    def problems(self, at: str = "", edition: str | None = None) -> Iterator[Problem]:
        """What of this violates the contract, or its `edition`; `at` is the place of this model."""
        if self.first_doubtful([self]) == 1:
            return
        at = f"{at}." if at else ""
        yield from check(self.error_code, _RULES["error_code"], f"{at}error_code", edition)
        yield from check(self.error_msg, _RULES["error_msg"], f"{at}error_msg", edition)
        yield from check(self.request_id, _RULES["request_id"], f"{at}request_id", edition)
        yield from check(self.count, _RULES["count"], f"{at}count", edition)
        yield from check_models(
            self.results, QueryJobFailure, _RULES["results"], f"{at}results", edition
        )

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


class BatchListJobDetailsErrorWire(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False
):
    """`BatchListJobDetailsError` is read through this class.

    It is faster than msgspec's reading of attrs classes, and does not drop unknown fields.
    """

    error_code: str | Unset = UNSET
    error_msg: str | Unset = UNSET
    request_id: str | Unset = UNSET
    count: int | Unset = UNSET
    results: list[QueryJobFailureWire] | Unset = UNSET

    def as_model(self) -> BatchListJobDetailsError:
        """The model, built slot by slot: a frozen `__init__` takes twice as long."""
        model = object.__new__(BatchListJobDetailsError)
        _SET[0](model, self.error_code)
        _SET[1](model, self.error_msg)
        _SET[2](model, self.request_id)
        _SET[3](model, self.count)
        _SET[4](
            model,
            [item.as_model() for item in self.results] if self.results is not UNSET else UNSET,
        )
        return model


from ..models.query_job_failure import (
    QueryJobFailure,  # noqa: E402
    QueryJobFailureWire,  # noqa: E402
)

_SET: Final = bind(BatchListJobDetailsError, BatchListJobDetailsErrorWire)

_RULES: Final[Mapping[str, Rules]] = {
    "error_code": {"type": "string", "minLength": 1},
    "error_msg": {"type": "string", "minLength": 1},
    "request_id": {"type": "string"},
    "count": {"type": "integer", "minimum": 0},
    "results": {"type": "array", "minItems": 1},
}

__all__ = ["BatchListJobDetailsError"]
