from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.conflict_policy import ConflictPolicy
from ..models.filter_ddl_policy import FilterDdlPolicy
from ..models.kafka_data_format import KafkaDataFormat
from ..models.partition_policy import PartitionPolicy
from ..models.topic_policy import TopicPolicy
from ..types import UNSET, Unset

T = TypeVar("T", bound="SyncPolicyReq")


@_attrs_define
class SyncPolicyReq:
    """The synchronization policy of one job. A field that is left out keeps its stored value;
    `null` is not a value of any field.

        Attributes:
            job_id (str): The job (the vendor also says task). An opaque string: the ids look like UUIDs and are
                none.
            conflict_policy (ConflictPolicy | Unset): What happens when a row already exists in the destination with other
                values.
            filter_ddl_policy (FilterDdlPolicy | Unset): Which DDL is kept from the destination. No value means "none":
                leave the field out instead.
            ddl_trans (bool | Unset): Whether DDL is synchronized during incremental synchronization.
            index_trans (bool | Unset): Whether indexes are synchronized during incremental synchronization.
            slot_name (str | Unset): The name of the replication slot. For purely incremental jobs with a PostgreSQL source;
                the vendor's SDK also calls it mandatory for jobs from primary/standby GaussDB to Kafka.
            file_and_position (str | Unset): Where in the source's log to begin. MySQL: `name.number:position`, with a name
                of 1 to
                60 characters (none of `< > & : " ' / \\`), a number of 3 to 20 digits and a position of
                1 to 20 digits. MongoDB: `timestamp:incre`, both from 1 to 2147483647. At most 100
                characters.
            gtid_set (str | Unset): The GTIDs to begin at, for a MySQL source. At most 2048 characters, none of
                `< > & " ' / \\` and no Chinese ones.
            is_fill_materialized_view (bool | Unset): Whether materialized views are filled in the full phase, for a
                PostgreSQL source. A job
                that was never told does not fill them.
            export_snapshot (bool | Unset): Whether the full phase reads from an exported snapshot, for a PostgreSQL source.
                A job
                that was never told does not. (The first SDKs had a string here.)
            topic_policy (TopicPolicy | Unset): Which topics changes go to. Mandatory for a job whose target is Kafka. Which
                values a job
                takes depends on its engines. The Chinese pages have the value 4, for distributed
                GaussDB; the other sources stop at 3.
            topic (str | Unset): The Kafka topic that all changes go to; it must exist. Mandatory with `topic_policy` 0,
                in the same item (where the vendor only says "mandatory").
            partition_policy (PartitionPolicy | Unset): Which partition of its topic a change goes to. Mandatory for a job
                whose target is Kafka.
                What is allowed depends on `topic_policy`, and the sources disagree; taken is what any of
                them takes: with 0 all six values, with 1 the values 0, 1, 2 and 5, with 2 the values 0,
                1, 2 and 3, with 3 the values 0 and 1, with 4 the values 0, 1 and 3. (Older SDKs know no
                4 and no 5 and take fewer values with 1 and 2; the Terraform provider knows no 4.)
            kafka_data_format (KafkaDataFormat | Unset): How a change is written as a message. A job that was never told
                writes JSON. The Terraform
                provider and the newest SDK add `json_c`, for MySQL and TaurusDB; the other sources have
                `json` and `avro` only.
            topic_name_format (str | Unset): How topics are named with `topic_policy` 1, 2 and 3: a text in which
                `$database$`,
                `$schema$` and `$tablename$` stand for the names. The sources disagree on the format
                that a job has without it, so none is promised here.
            partitions_num (str | Unset): How many partitions a topic gets with `topic_policy` 1, 2 and 3: a number from 1
                to
                2147483647, written as a string without leading zeros. A job that was never told has 1.
            replication_factor (str | Unset): How many replicas a topic gets with `topic_policy` 1, 2 and 3: a number from 1
                to
                32767, written as a string without leading zeros. A job that was never told has 1.
            ddl_topic (str | Unset): The Kafka topic that DDL goes to. The vendor calls it mandatory where the target is
                Kafka and `ddl_trans` is true; a request does not name its target, so it is optional here.
    """

    job_id: str
    conflict_policy: ConflictPolicy | Unset = UNSET
    filter_ddl_policy: FilterDdlPolicy | Unset = UNSET
    ddl_trans: bool | Unset = UNSET
    index_trans: bool | Unset = UNSET
    slot_name: str | Unset = UNSET
    file_and_position: str | Unset = UNSET
    gtid_set: str | Unset = UNSET
    is_fill_materialized_view: bool | Unset = UNSET
    export_snapshot: bool | Unset = UNSET
    topic_policy: TopicPolicy | Unset = UNSET
    topic: str | Unset = UNSET
    partition_policy: PartitionPolicy | Unset = UNSET
    kafka_data_format: KafkaDataFormat | Unset = UNSET
    topic_name_format: str | Unset = UNSET
    partitions_num: str | Unset = UNSET
    replication_factor: str | Unset = UNSET
    ddl_topic: str | Unset = UNSET
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

        file_and_position = self.file_and_position

        gtid_set = self.gtid_set

        is_fill_materialized_view = self.is_fill_materialized_view

        export_snapshot = self.export_snapshot

        topic_policy: str | Unset = UNSET
        if not isinstance(self.topic_policy, Unset):
            topic_policy = self.topic_policy.value

        topic = self.topic

        partition_policy: str | Unset = UNSET
        if not isinstance(self.partition_policy, Unset):
            partition_policy = self.partition_policy.value

        kafka_data_format: str | Unset = UNSET
        if not isinstance(self.kafka_data_format, Unset):
            kafka_data_format = self.kafka_data_format.value

        topic_name_format = self.topic_name_format

        partitions_num = self.partitions_num

        replication_factor = self.replication_factor

        ddl_topic = self.ddl_topic

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
        if file_and_position is not UNSET:
            field_dict["file_and_position"] = file_and_position
        if gtid_set is not UNSET:
            field_dict["gtid_set"] = gtid_set
        if is_fill_materialized_view is not UNSET:
            field_dict["is_fill_materialized_view"] = is_fill_materialized_view
        if export_snapshot is not UNSET:
            field_dict["export_snapshot"] = export_snapshot
        if topic_policy is not UNSET:
            field_dict["topic_policy"] = topic_policy
        if topic is not UNSET:
            field_dict["topic"] = topic
        if partition_policy is not UNSET:
            field_dict["partition_policy"] = partition_policy
        if kafka_data_format is not UNSET:
            field_dict["kafka_data_format"] = kafka_data_format
        if topic_name_format is not UNSET:
            field_dict["topic_name_format"] = topic_name_format
        if partitions_num is not UNSET:
            field_dict["partitions_num"] = partitions_num
        if replication_factor is not UNSET:
            field_dict["replication_factor"] = replication_factor
        if ddl_topic is not UNSET:
            field_dict["ddl_topic"] = ddl_topic

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

        file_and_position = d.pop("file_and_position", UNSET)

        gtid_set = d.pop("gtid_set", UNSET)

        is_fill_materialized_view = d.pop("is_fill_materialized_view", UNSET)

        export_snapshot = d.pop("export_snapshot", UNSET)

        _topic_policy = d.pop("topic_policy", UNSET)
        topic_policy: TopicPolicy | Unset
        if isinstance(_topic_policy, Unset):
            topic_policy = UNSET
        else:
            topic_policy = TopicPolicy(_topic_policy)

        topic = d.pop("topic", UNSET)

        _partition_policy = d.pop("partition_policy", UNSET)
        partition_policy: PartitionPolicy | Unset
        if isinstance(_partition_policy, Unset):
            partition_policy = UNSET
        else:
            partition_policy = PartitionPolicy(_partition_policy)

        _kafka_data_format = d.pop("kafka_data_format", UNSET)
        kafka_data_format: KafkaDataFormat | Unset
        if isinstance(_kafka_data_format, Unset):
            kafka_data_format = UNSET
        else:
            kafka_data_format = KafkaDataFormat(_kafka_data_format)

        topic_name_format = d.pop("topic_name_format", UNSET)

        partitions_num = d.pop("partitions_num", UNSET)

        replication_factor = d.pop("replication_factor", UNSET)

        ddl_topic = d.pop("ddl_topic", UNSET)

        sync_policy_req = cls(
            job_id=job_id,
            conflict_policy=conflict_policy,
            filter_ddl_policy=filter_ddl_policy,
            ddl_trans=ddl_trans,
            index_trans=index_trans,
            slot_name=slot_name,
            file_and_position=file_and_position,
            gtid_set=gtid_set,
            is_fill_materialized_view=is_fill_materialized_view,
            export_snapshot=export_snapshot,
            topic_policy=topic_policy,
            topic=topic,
            partition_policy=partition_policy,
            kafka_data_format=kafka_data_format,
            topic_name_format=topic_name_format,
            partitions_num=partitions_num,
            replication_factor=replication_factor,
            ddl_topic=ddl_topic,
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
