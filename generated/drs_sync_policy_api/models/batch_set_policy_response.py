from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.sync_policy_resp import SyncPolicyResp


T = TypeVar("T", bound="BatchSetPolicyResponse")


@_attrs_define
class BatchSetPolicyResponse:
    """What became of each item of the request.

    Attributes:
        count (int): The number of results.
        results (list[SyncPolicyResp]): One result for each item of the request, in its order.
    """

    count: int
    results: list[SyncPolicyResp]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        count = self.count

        results = []
        for results_item_data in self.results:
            results_item = results_item_data.to_dict()
            results.append(results_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "count": count,
                "results": results,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.sync_policy_resp import SyncPolicyResp

        d = dict(src_dict)
        count = d.pop("count")

        results = []
        _results = d.pop("results")
        for results_item_data in _results:
            results_item = SyncPolicyResp.from_dict(results_item_data)

            results.append(results_item)

        batch_set_policy_response = cls(
            count=count,
            results=results,
        )

        batch_set_policy_response.additional_properties = d
        return batch_set_policy_response

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
