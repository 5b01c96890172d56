from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from msgspec import Struct, field

from ..errors import Problem
from ..types import (
    EXTRA,
    UNSET,
    Rules,
    check_models,
    from_builtins,
    to_builtins,
)


class BatchSetPolicyReq(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    repr_omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """The policies to set, one item for each job.

    Attributes:
        jobs (list[SyncPolicyReq]): One item for each job whose policy is to be set, at least
            one. No upper bound is documented. A job may appear more than once: the later item wins,
            field by field.
        additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    jobs: list[SyncPolicyReq]
    additional_properties: dict[str, Any] = field(name=EXTRA, default={})

    def is_sound(self) -> bool:
        """True only if there are no problems; False may also mean "look closer"."""
        unset = UNSET
        value: Any = self.jobs
        if value is not unset:
            return False
        return True

    def problems(self, at: str = "") -> Iterator[Problem]:
        """What of this breaks the contract, `at` being the place of the whole."""
        if self.is_sound():
            return
        at = f"{at}." if at else ""
        yield from check_models(self.jobs, SyncPolicyReq, _RULES["jobs"], f"{at}jobs")

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, in plain dicts and lists."""
        written: dict[str, Any] = to_builtins(self)
        return written

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """The reverse of `to_dict`; raises `msgspec.ValidationError`, which names the place."""
        return from_builtins(dict(src_dict), cls)


from ..models.sync_policy_req import SyncPolicyReq  # noqa: E402

_RULES: Final[Mapping[str, Rules]] = {
    "jobs": {"type": "array", "minItems": 1},
}
