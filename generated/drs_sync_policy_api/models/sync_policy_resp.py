from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from msgspec import Struct, field

from ..errors import Problem
from ..models.sync_policy_status import SyncPolicyStatus
from ..types import (
    EXTRA,
    UNSET,
    Rules,
    Unset,
    check,
    from_builtins,
    to_builtins,
)


class SyncPolicyResp(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    repr_omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """What became of one item. A failed one has `error_code` and `error_msg`, a successful one
    has neither.

        Attributes:
            id (str): The `job_id` of the item, as it was sent.
            status (SyncPolicyStatus): Whether an item was carried out.
            error_code (str | Unset): Why the item failed, as one of the vendor's error codes.
            error_msg (str | Unset): Why the item failed, in words of the language that `X-Language`
                chose.
            additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    id: str
    status: SyncPolicyStatus
    error_code: str | Unset = UNSET
    error_msg: str | Unset = UNSET
    additional_properties: dict[str, Any] = field(name=EXTRA, default={})

    def is_sound(self) -> bool:
        """True only if there are no problems; False may also mean "look closer"."""
        unset = UNSET
        value: Any = self.id
        if not (type(value) is str and value.isascii() and value != ""):
            return False
        value = self.status
        if not (value in ("success", "failed")):
            return False
        value = self.error_code
        if value is not unset and not (type(value) is str and value.isascii() and value != ""):
            return False
        value = self.error_msg
        if value is not unset and not (type(value) is str and value.isascii() and value != ""):
            return False
        return True

    def problems(self, at: str = "") -> Iterator[Problem]:
        """What of this breaks the contract, `at` being the place of the whole."""
        if self.is_sound():
            return
        at = f"{at}." if at else ""
        yield from check(self.id, _RULES["id"], f"{at}id")
        yield from check(self.status, _RULES["status"], f"{at}status")
        yield from check(self.error_code, _RULES["error_code"], f"{at}error_code")
        yield from check(self.error_msg, _RULES["error_msg"], f"{at}error_msg")

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, in plain dicts and lists."""
        written: dict[str, Any] = to_builtins(self)
        return written

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """The reverse of `to_dict`; raises `msgspec.ValidationError`, which names the place."""
        return from_builtins(dict(src_dict), cls)


_RULES: Final[Mapping[str, Rules]] = {
    "id": {"type": "string", "minLength": 1},
    "status": {"type": "string", "enum": ("success", "failed")},
    "error_code": {"type": "string", "minLength": 1},
    "error_msg": {"type": "string", "minLength": 1},
}
