from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Self

from attrs import frozen
from msgspec import UNSET, Struct

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
class ShowJobListResponse:
    """One page of the jobs that match.

    Attributes:
        total_record (int): How many jobs match, on all pages.
        jobs (list[JobInfo]): The jobs of the page.
        additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    total_record: int
    jobs: list[JobInfo]
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
            if self.total_record is not unset:
                return index
            if self.jobs is not unset:
                return index
        return len(items)

    def problems(self, at: str = "", edition: str | None = None) -> Iterator[Problem]:
        """What of this violates the contract, or its `edition`; `at` is the place of this model."""
        if self.first_doubtful([self]) == 1:
            return
        at = f"{at}." if at else ""
        yield from check(self.total_record, _RULES["total_record"], f"{at}total_record", edition)
        yield from check_models(self.jobs, JobInfo, _RULES["jobs"], f"{at}jobs", edition)

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


class ShowJobListResponseWire(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False
):
    """`ShowJobListResponse` is read through this class.

    It is faster than msgspec's reading of attrs classes, and does not drop unknown fields.
    """

    total_record: int
    jobs: list[JobInfoWire]

    def as_model(self) -> ShowJobListResponse:
        """The model, built slot by slot: a frozen `__init__` takes twice as long."""
        model = object.__new__(ShowJobListResponse)
        _SET[0](model, self.total_record)
        _SET[1](model, [item.as_model() for item in self.jobs])
        return model


from ..models.job_info import (
    JobInfo,  # noqa: E402
    JobInfoWire,  # noqa: E402
)

_SET: Final = bind(ShowJobListResponse, ShowJobListResponseWire)

_RULES: Final[Mapping[str, Rules]] = {
    "total_record": {"type": "integer", "minimum": 0},
    "jobs": {"type": "array"},
}

__all__ = ["ShowJobListResponse"]
