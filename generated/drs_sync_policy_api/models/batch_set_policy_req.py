from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.sync_policy_req import SyncPolicyReq


T = TypeVar("T", bound="BatchSetPolicyReq")


@_attrs_define
class BatchSetPolicyReq:
    """The policies to set, one item for each job.

    Attributes:
        jobs (list[SyncPolicyReq]): One item for each job whose policy is to be set, at least one. No upper bound is
            documented. A job may appear more than once: the later item wins, field by field.
    """

    jobs: list[SyncPolicyReq]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        jobs = []
        for jobs_item_data in self.jobs:
            jobs_item = jobs_item_data.to_dict()
            jobs.append(jobs_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "jobs": jobs,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.sync_policy_req import SyncPolicyReq

        d = dict(src_dict)
        jobs = []
        _jobs = d.pop("jobs")
        for jobs_item_data in _jobs:
            jobs_item = SyncPolicyReq.from_dict(jobs_item_data)

            jobs.append(jobs_item)

        batch_set_policy_req = cls(
            jobs=jobs,
        )

        batch_set_policy_req.additional_properties = d
        return batch_set_policy_req

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
