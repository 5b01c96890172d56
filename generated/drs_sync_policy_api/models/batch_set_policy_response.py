from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from msgspec import Struct, field

from ..errors import Problem
from ..types import (
    EXTRA,
    UNSET,
    Rules,
    check,
    check_models,
    from_builtins,
    to_builtins,
)


class BatchSetPolicyResponse(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    repr_omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """What became of each item of the request.

    Attributes:
        count (int): The number of results.
        results (list[SyncPolicyResp]): One result for each item of the request, in its order.
        additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    count: int
    results: list[SyncPolicyResp]
    additional_properties: dict[str, Any] = field(name=EXTRA, default={})

    def is_sound(self) -> bool:
        """True only if there are no problems; False may also mean "look closer"."""
        unset = UNSET
        value: Any = self.count
        if value is not unset:
            return False
        value = self.results
        if value is not unset:
            return False
        return True

    def problems(self, at: str = "") -> Iterator[Problem]:
        """What of this breaks the contract, `at` being the place of the whole."""
        if self.is_sound():
            return
        at = f"{at}." if at else ""
        yield from check(self.count, _RULES["count"], f"{at}count")
        yield from check_models(self.results, SyncPolicyResp, _RULES["results"], f"{at}results")

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, in plain dicts and lists."""
        written: dict[str, Any] = to_builtins(self)
        return written

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """The reverse of `to_dict`; raises `msgspec.ValidationError`, which names the place."""
        return from_builtins(dict(src_dict), cls)


from ..models.sync_policy_resp import SyncPolicyResp  # noqa: E402

_RULES: Final[Mapping[str, Rules]] = {
    "count": {"type": "integer", "minimum": 1},
    "results": {"type": "array", "minItems": 1},
}
