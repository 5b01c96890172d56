from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.conflict_policy import ConflictPolicy
from ..models.filter_ddl_policy import FilterDdlPolicy
from ..types import UNSET, Unset

T = TypeVar("T", bound="SyncPolicyReq")


@_attrs_define
class SyncPolicyReq:
    """The synchronization policy of one job. A field that is left out keeps its stored value;
    `null` is not a value of any field. Booleans are the booleans of JSON, and the values of
    enums are compared with case.

        Attributes:
            job_id (str): The job (the vendor also says task). An opaque string: the ids look like UUIDs and are
                none.
            conflict_policy (ConflictPolicy | Unset): What happens when a row already exists in the destination with other
                values.
            filter_ddl_policy (FilterDdlPolicy | Unset): Which DDL is kept from the destination. No value means "none":
                leave the field out instead.
            ddl_trans (bool | Unset): Whether DDL is synchronized during incremental synchronization.
            index_trans (bool | Unset): Whether indexes are synchronized during incremental synchronization.
            slot_name (str | Unset): The name of the replication slot.
    """

    job_id: str
    conflict_policy: ConflictPolicy | Unset = UNSET
    filter_ddl_policy: FilterDdlPolicy | Unset = UNSET
    ddl_trans: bool | Unset = UNSET
    index_trans: bool | Unset = UNSET
    slot_name: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        job_id = self.job_id

        conflict_policy: str | Unset = UNSET
        if not isinstance(self.conflict_policy, Unset):
            conflict_policy = self.conflict_policy.value

        filter_ddl_policy: str | Unset = UNSET
        if not isinstance(self.filter_ddl_policy, Unset):
            filter_ddl_policy = self.filter_ddl_policy.value

        ddl_trans = self.ddl_trans

        index_trans = self.index_trans

        slot_name = self.slot_name

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "job_id": job_id,
            }
        )
        if conflict_policy is not UNSET:
            field_dict["conflict_policy"] = conflict_policy
        if filter_ddl_policy is not UNSET:
            field_dict["filter_ddl_policy"] = filter_ddl_policy
        if ddl_trans is not UNSET:
            field_dict["ddl_trans"] = ddl_trans
        if index_trans is not UNSET:
            field_dict["index_trans"] = index_trans
        if slot_name is not UNSET:
            field_dict["slot_name"] = slot_name

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        job_id = d.pop("job_id")

        _conflict_policy = d.pop("conflict_policy", UNSET)
        conflict_policy: ConflictPolicy | Unset
        if isinstance(_conflict_policy, Unset):
            conflict_policy = UNSET
        else:
            conflict_policy = ConflictPolicy(_conflict_policy)

        _filter_ddl_policy = d.pop("filter_ddl_policy", UNSET)
        filter_ddl_policy: FilterDdlPolicy | Unset
        if isinstance(_filter_ddl_policy, Unset):
            filter_ddl_policy = UNSET
        else:
            filter_ddl_policy = FilterDdlPolicy(_filter_ddl_policy)

        ddl_trans = d.pop("ddl_trans", UNSET)

        index_trans = d.pop("index_trans", UNSET)

        slot_name = d.pop("slot_name", UNSET)

        sync_policy_req = cls(
            job_id=job_id,
            conflict_policy=conflict_policy,
            filter_ddl_policy=filter_ddl_policy,
            ddl_trans=ddl_trans,
            index_trans=index_trans,
            slot_name=slot_name,
        )

        sync_policy_req.additional_properties = d
        return sync_policy_req

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
