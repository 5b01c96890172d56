from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.sync_policy_status import SyncPolicyStatus
from ..types import UNSET, Unset

T = TypeVar("T", bound="SyncPolicyResp")


@_attrs_define
class SyncPolicyResp:
    """What became of one item. A failed one has `error_code` and `error_msg`, a successful one
    has neither.

        Attributes:
            id (str): The `job_id` of the item, as it was sent.
            status (SyncPolicyStatus): Whether an item was carried out.
            error_code (str | Unset): Why the item failed, as one of the vendor's error codes.
            error_msg (str | Unset): Why the item failed, in words of the language that `X-Language` chose.
    """

    id: str
    status: SyncPolicyStatus
    error_code: str | Unset = UNSET
    error_msg: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        status = self.status.value

        error_code = self.error_code

        error_msg = self.error_msg

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "status": status,
            }
        )
        if error_code is not UNSET:
            field_dict["error_code"] = error_code
        if error_msg is not UNSET:
            field_dict["error_msg"] = error_msg

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        status = SyncPolicyStatus(d.pop("status"))

        error_code = d.pop("error_code", UNSET)

        error_msg = d.pop("error_msg", UNSET)

        sync_policy_resp = cls(
            id=id,
            status=status,
            error_code=error_code,
            error_msg=error_msg,
        )

        sync_policy_resp.additional_properties = d
        return sync_policy_resp

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
