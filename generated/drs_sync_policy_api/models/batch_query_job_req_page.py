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
from drs_sync_policy.runtime.validation import Rules, check, check_model


@frozen(kw_only=True)
class BatchQueryJobReqPage:
    """The jobs whose details are read, and the page of them.

    Attributes:
        jobs (list[str]): The ids of the jobs, at least one.
        page_req (PageReq | Unset): Which page of the named jobs is read.
        additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    jobs: list[str]
    page_req: PageReq | Unset = UNSET
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
            if self.jobs is not unset:
                return index
            if self.page_req is not unset:
                return index
        return len(items)

    def problems(self, at: str = "", edition: str | None = None) -> Iterator[Problem]:
        """What of this violates the contract, or its `edition`; `at` is the place of this model."""
        if self.first_doubtful([self]) == 1:
            return
        at = f"{at}." if at else ""
        yield from check(self.jobs, _RULES["jobs"], f"{at}jobs", edition)
        yield from check_model(self.page_req, PageReq, f"{at}page_req", edition)

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


class BatchQueryJobReqPageWire(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False
):
    """`BatchQueryJobReqPage` is read through this class.

    It is faster than msgspec's reading of attrs classes, and does not drop unknown fields.
    """

    jobs: list[str]
    page_req: PageReqWire | Unset = UNSET

    def as_model(self) -> BatchQueryJobReqPage:
        """The model, built slot by slot: a frozen `__init__` takes twice as long."""
        model = object.__new__(BatchQueryJobReqPage)
        _SET[0](model, self.jobs)
        _SET[1](model, self.page_req.as_model() if self.page_req else UNSET)
        return model


from ..models.page_req import (
    PageReq,  # noqa: E402
    PageReqWire,  # noqa: E402
)

_SET: Final = bind(BatchQueryJobReqPage, BatchQueryJobReqPageWire)

_RULES: Final[Mapping[str, Rules]] = {
    "jobs": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
    "page_req": {"type": "object"},
}

__all__ = ["BatchQueryJobReqPage"]
