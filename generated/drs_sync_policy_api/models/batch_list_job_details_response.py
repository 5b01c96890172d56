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
class BatchListJobDetailsResponse:
    """One page of details.

    Attributes:
        results (list[QueryJobResp]): The details of each job of the page.
        count (int | Unset): How many jobs there are. The sources disagree on whether it counts
            one page.
        additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    results: list[QueryJobResp]
    count: int | Unset = UNSET
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
            if self.results is not unset:
                return index
            if self.count is not unset:
                return index
        return len(items)

    def problems(self, at: str = "", edition: str | None = None) -> Iterator[Problem]:
        """What of this violates the contract, or its `edition`; `at` is the place of this model."""
        if self.first_doubtful([self]) == 1:
            return
        at = f"{at}." if at else ""
        yield from check_models(
            self.results, QueryJobResp, _RULES["results"], f"{at}results", edition
        )
        yield from check(self.count, _RULES["count"], f"{at}count", edition)

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


class BatchListJobDetailsResponseWire(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False
):
    """`BatchListJobDetailsResponse` is read through this class.

    It is faster than msgspec's reading of attrs classes, and does not drop unknown fields.
    """

    results: list[QueryJobRespWire]
    count: int | Unset = UNSET

    def as_model(self) -> BatchListJobDetailsResponse:
        """The model, built slot by slot: a frozen `__init__` takes twice as long."""
        model = object.__new__(BatchListJobDetailsResponse)
        _SET[0](model, [item.as_model() for item in self.results])
        _SET[1](model, self.count)
        return model


from ..models.query_job_resp import (
    QueryJobResp,  # noqa: E402
    QueryJobRespWire,  # noqa: E402
)

_SET: Final = bind(BatchListJobDetailsResponse, BatchListJobDetailsResponseWire)

_RULES: Final[Mapping[str, Rules]] = {
    "results": {"type": "array"},
    "count": {"type": "integer", "minimum": 0},
}

__all__ = ["BatchListJobDetailsResponse"]
