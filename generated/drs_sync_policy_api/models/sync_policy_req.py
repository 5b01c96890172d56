from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from msgspec import Struct, field

from ..errors import Problem
from ..models.conflict_policy import ConflictPolicyValue
from ..models.filter_ddl_policy import FilterDdlPolicyValue
from ..types import (
    EXTRA,
    UNSET,
    Rules,
    Unset,
    check,
    from_builtins,
    to_builtins,
)


class SyncPolicyReq(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    repr_omit_defaults=True,
    forbid_unknown_fields=True,
):
    """The synchronization policy of one job. A field that is left out keeps its stored value;
    `null` is not a value of any field. Booleans are the booleans of JSON, and the values of
    enums are compared with case.

        Attributes:
            job_id (str): The job (the vendor also says task). An opaque string: the ids look like
                UUIDs and are none.
            conflict_policy (ConflictPolicy | Unset): What happens when a row already exists in the
                destination with other values.
            filter_ddl_policy (FilterDdlPolicy | Unset): Which DDL is kept from the destination. No
                value means "none": leave the field out instead.
            ddl_trans (bool | Unset): Whether DDL is synchronized during incremental
                synchronization.
            index_trans (bool | Unset): Whether indexes are synchronized during incremental
                synchronization.
            slot_name (str | Unset): The name of the replication slot.
            additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    job_id: str
    conflict_policy: ConflictPolicyValue | Unset = UNSET
    filter_ddl_policy: FilterDdlPolicyValue | Unset = UNSET
    ddl_trans: bool | Unset = UNSET
    index_trans: bool | Unset = UNSET
    slot_name: str | Unset = UNSET
    additional_properties: dict[str, Any] = field(name=EXTRA, default={})

    def is_sound(self) -> bool:
        """True only if there are no problems; False may also mean "look closer"."""
        value: Any = self.job_id
        if not (type(value) is str and value.isascii() and value != ""):
            return False
        value = self.conflict_policy
        if not (value is UNSET or value in ("ignore", "overwrite", "stop")):
            return False
        value = self.filter_ddl_policy
        if not (value is UNSET or value in ("drop_database",)):
            return False
        value = self.ddl_trans
        if not (value is UNSET or value is True or value is False):
            return False
        value = self.index_trans
        if not (value is UNSET or value is True or value is False):
            return False
        value = self.slot_name
        if not (value is UNSET or (type(value) is str and value.isascii())):
            return False
        return True

    def problems(self, at: str = "") -> Iterator[Problem]:
        """What of this breaks the contract, `at` being the place of the whole."""
        if self.is_sound():
            return
        at = f"{at}." if at else ""
        yield from check(self.job_id, _RULES["job_id"], f"{at}job_id")
        yield from check(self.conflict_policy, _RULES["conflict_policy"], f"{at}conflict_policy")
        yield from check(
            self.filter_ddl_policy, _RULES["filter_ddl_policy"], f"{at}filter_ddl_policy"
        )
        yield from check(self.ddl_trans, _RULES["ddl_trans"], f"{at}ddl_trans")
        yield from check(self.index_trans, _RULES["index_trans"], f"{at}index_trans")
        yield from check(self.slot_name, _RULES["slot_name"], f"{at}slot_name")

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, in plain dicts and lists."""
        written: dict[str, Any] = to_builtins(self)
        return written

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """The reverse of `to_dict`; raises `msgspec.ValidationError`, which names the place."""
        return from_builtins(dict(src_dict), cls)


_RULES: Final[Mapping[str, Rules]] = {
    "job_id": {"type": "string", "minLength": 1},
    "conflict_policy": {"type": "string", "enum": ("ignore", "overwrite", "stop")},
    "filter_ddl_policy": {"type": "string", "enum": ("drop_database",)},
    "ddl_trans": {"type": "boolean"},
    "index_trans": {"type": "boolean"},
    "slot_name": {"type": "string"},
}
