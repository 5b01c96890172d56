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
from drs_sync_policy.runtime.validation import Rules, check

from ..models.conflict_policy import ConflictPolicy, ConflictPolicyValue
from ..models.filter_ddl_policy import FilterDdlPolicy, FilterDdlPolicyValue
from ..models.kafka_data_format import KafkaDataFormat, KafkaDataFormatValue
from ..models.partition_policy import PartitionPolicy, PartitionPolicyValue
from ..models.topic_policy import TopicPolicy, TopicPolicyValue


@frozen(kw_only=True)
class SyncPolicyReq:
    """The synchronization policy of one job. A field that is left out keeps its stored value.
    No field accepts `null`. Booleans are JSON booleans, and enum values are case-sensitive.

        Attributes:
            job_id (str): The job (the vendor also says task). An opaque string: the ids look like
                UUIDs but are not valid UUIDs.
            conflict_policy (ConflictPolicy | Unset): What happens if a row already exists in the
                destination with other values.
            filter_ddl_policy (FilterDdlPolicy | Unset): Which DDL is not replicated to the
                destination. No value stands for "no filter": leave the field out instead.
            ddl_trans (bool | Unset): Whether DDL is synchronized during incremental
                synchronization.
            index_trans (bool | Unset): Whether indexes are synchronized during incremental
                synchronization.
            slot_name (str | Unset): The name of the replication slot. For purely incremental jobs
                with a PostgreSQL source; the vendor's SDK also requires it for jobs from
                primary/standby GaussDB to Kafka.
            file_and_position (str | Unset): The start position in the source's log. MySQL:
                `name.number:position`, with a name of 1 to 60 characters (without `< > & : " ' / \\`),
                a number of 3 to 20 digits and a position of 1 to 20 digits. MongoDB: `timestamp:incre`,
                both from 1 to 2147483647. At most 100 characters.
            gtid_set (str | Unset): The GTIDs to start at, for a MySQL source. At most 2048
                characters, without `< > & " ' / \\` and Chinese characters.
            is_fill_materialized_view (bool | Unset): Whether materialized views are filled in the
                full phase, for a PostgreSQL source. By default, they are not filled.
            export_snapshot (bool | Unset): Whether the full phase reads from an exported snapshot,
                for a PostgreSQL source. By default, it does not. (The first SDKs had a string here.)
            topic_policy (TopicPolicy | Unset): Which topics changes go to. Mandatory for a job
                whose target is Kafka. The values that a job accepts depend on its engines. The Chinese
                pages have the value 4, for distributed GaussDB; the other sources stop at 3.
            topic (str | Unset): The Kafka topic for all changes; it must exist. Mandatory with
                `topic_policy` 0, in the same item (the vendor only says "mandatory").
            partition_policy (PartitionPolicy | Unset): Which partition of its topic a change goes
                to. Mandatory for a job whose target is Kafka. The allowed values depend on
                `topic_policy`, and the sources disagree. This edition accepts a value if one source
                does: with 0 all six values, with 1 the values 0, 1, 2 and 5, with 2 the values 0, 1, 2
                and 3, with 3 the values 0 and 1, with 4 the values 0, 1 and 3. (Older SDKs have neither
                4 nor 5 and accept fewer values with 1 and 2; the Terraform provider has no 4.)
            kafka_data_format (KafkaDataFormat | Unset): How a change is written as a message. The
                default of a job is JSON. The Terraform provider and the newest SDK add `json_c`, for
                MySQL and TaurusDB; the other sources have `json` and `avro` only.
            topic_name_format (str | Unset): How topics are named with `topic_policy` 1, 2 and 3: a
                text in which `$database$`, `$schema$` and `$tablename$` stand for the names. The
                sources disagree on the default format, so this contract does not name one.
            partitions_num (str | Unset): How many partitions a topic gets with `topic_policy` 1, 2
                and 3: a number from 1 to 2147483647, written as a string without leading zeros. The
                default of a job is 1.
            replication_factor (str | Unset): How many replicas a topic gets with `topic_policy` 1,
                2 and 3: a number from 1 to 32767, written as a string without leading zeros. The
                default of a job is 1.
            ddl_topic (str | Unset): The Kafka topic for DDL. The vendor requires it if the target
                is Kafka and `ddl_trans` is true; a request does not name its target, so it is optional
                here.
            additional_properties (dict[str, Any]): Fields that the contract does not describe.
    """

    job_id: str
    conflict_policy: ConflictPolicyValue | Unset = UNSET
    filter_ddl_policy: FilterDdlPolicyValue | Unset = UNSET
    ddl_trans: bool | Unset = UNSET
    index_trans: bool | Unset = UNSET
    slot_name: str | Unset = UNSET
    file_and_position: str | Unset = UNSET
    gtid_set: str | Unset = UNSET
    is_fill_materialized_view: bool | Unset = UNSET
    export_snapshot: bool | Unset = UNSET
    topic_policy: TopicPolicyValue | Unset = UNSET
    topic: str | Unset = UNSET
    partition_policy: PartitionPolicyValue | Unset = UNSET
    kafka_data_format: KafkaDataFormatValue | Unset = UNSET
    topic_name_format: str | Unset = UNSET
    partitions_num: str | Unset = UNSET
    replication_factor: str | Unset = UNSET
    ddl_topic: str | Unset = UNSET
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
            value = self.job_id
            if not (type(value) is str and value.isascii() and value != ""):
                return index
            if self.conflict_policy is not unset:
                value = self.conflict_policy
                if not (value in ("ignore", "overwrite", "stop")):
                    return index
            if self.filter_ddl_policy is not unset:
                value = self.filter_ddl_policy
                if not (value in ("drop_database",)):
                    return index
            if self.ddl_trans is not unset:
                value = self.ddl_trans
                if not (value is True or value is False):
                    return index
            if self.index_trans is not unset:
                value = self.index_trans
                if not (value is True or value is False):
                    return index
            if self.slot_name is not unset:
                value = self.slot_name
                if not (type(value) is str and value.isascii()):
                    return index
            if self.file_and_position is not unset:
                return index
            if self.gtid_set is not unset:
                return index
            if self.is_fill_materialized_view is not unset:
                return index
            if self.export_snapshot is not unset:
                return index
            if self.topic_policy is not unset:
                return index
            if self.topic is not unset:
                return index
            if self.partition_policy is not unset:
                return index
            if self.kafka_data_format is not unset:
                return index
            if self.topic_name_format is not unset:
                return index
            if self.partitions_num is not unset:
                return index
            if self.replication_factor is not unset:
                return index
            if self.ddl_topic is not unset:
                return index
        return len(items)

    def problems(self, at: str = "", edition: str | None = None) -> Iterator[Problem]:
        """What of this violates the contract, or its `edition`; `at` is the place of this model."""
        if self.first_doubtful([self]) == 1:
            return
        at = f"{at}." if at else ""
        yield from check(self.job_id, _RULES["job_id"], f"{at}job_id", edition)
        yield from check(
            self.conflict_policy, _RULES["conflict_policy"], f"{at}conflict_policy", edition
        )
        yield from check(
            self.filter_ddl_policy, _RULES["filter_ddl_policy"], f"{at}filter_ddl_policy", edition
        )
        yield from check(self.ddl_trans, _RULES["ddl_trans"], f"{at}ddl_trans", edition)
        yield from check(self.index_trans, _RULES["index_trans"], f"{at}index_trans", edition)
        yield from check(self.slot_name, _RULES["slot_name"], f"{at}slot_name", edition)
        yield from check(
            self.file_and_position, _RULES["file_and_position"], f"{at}file_and_position", edition
        )
        yield from check(self.gtid_set, _RULES["gtid_set"], f"{at}gtid_set", edition)
        yield from check(
            self.is_fill_materialized_view,
            _RULES["is_fill_materialized_view"],
            f"{at}is_fill_materialized_view",
            edition,
        )
        yield from check(
            self.export_snapshot, _RULES["export_snapshot"], f"{at}export_snapshot", edition
        )
        yield from check(self.topic_policy, _RULES["topic_policy"], f"{at}topic_policy", edition)
        yield from check(self.topic, _RULES["topic"], f"{at}topic", edition)
        yield from check(
            self.partition_policy, _RULES["partition_policy"], f"{at}partition_policy", edition
        )
        yield from check(
            self.kafka_data_format, _RULES["kafka_data_format"], f"{at}kafka_data_format", edition
        )
        yield from check(
            self.topic_name_format, _RULES["topic_name_format"], f"{at}topic_name_format", edition
        )
        yield from check(
            self.partitions_num, _RULES["partitions_num"], f"{at}partitions_num", edition
        )
        yield from check(
            self.replication_factor,
            _RULES["replication_factor"],
            f"{at}replication_factor",
            edition,
        )
        yield from check(self.ddl_topic, _RULES["ddl_topic"], f"{at}ddl_topic", edition)

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


class SyncPolicyReqWire(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """`SyncPolicyReq` is read through this class.

    It is faster than msgspec's reading of attrs classes, and does not drop unknown fields.
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

    def as_model(self) -> SyncPolicyReq:
        """The model, built slot by slot: a frozen `__init__` takes twice as long."""
        model = object.__new__(SyncPolicyReq)
        _SET[0](model, self.job_id)
        _SET[1](model, self.conflict_policy)
        _SET[2](model, self.filter_ddl_policy)
        _SET[3](model, self.ddl_trans)
        _SET[4](model, self.index_trans)
        _SET[5](model, self.slot_name)
        _SET[6](model, self.file_and_position)
        _SET[7](model, self.gtid_set)
        _SET[8](model, self.is_fill_materialized_view)
        _SET[9](model, self.export_snapshot)
        _SET[10](model, self.topic_policy)
        _SET[11](model, self.topic)
        _SET[12](model, self.partition_policy)
        _SET[13](model, self.kafka_data_format)
        _SET[14](model, self.topic_name_format)
        _SET[15](model, self.partitions_num)
        _SET[16](model, self.replication_factor)
        _SET[17](model, self.ddl_topic)
        return model


_SET: Final = bind(SyncPolicyReq, SyncPolicyReqWire)

_RULES: Final[Mapping[str, Rules]] = {
    "job_id": {"type": "string", "minLength": 1},
    "conflict_policy": {"type": "string", "enum": ("ignore", "overwrite", "stop")},
    "filter_ddl_policy": {"type": "string", "enum": ("drop_database",)},
    "ddl_trans": {"type": "boolean"},
    "index_trans": {"type": "boolean"},
    "slot_name": {"type": "string"},
    "file_and_position": {
        "type": "string",
        "maxLength": 100,
        "pattern": "^([^<>&:\"'/\\\\]{1,60}\\.[0-9]{3,20}:[0-9]{1,20}|([1-9][0-9]{0,8}|1[0-9]{9}|20[0-9]{8}|21[0-3][0-9]{7}|214[0-6][0-9]{6}|2147[0-3][0-9]{5}|21474[0-7][0-9]{4}|214748[0-2][0-9]{3}|2147483[0-5][0-9]{2}|21474836[0-3][0-9]|214748364[0-7]):([1-9][0-9]{0,8}|1[0-9]{9}|20[0-9]{8}|21[0-3][0-9]{7}|214[0-6][0-9]{6}|2147[0-3][0-9]{5}|21474[0-7][0-9]{4}|214748[0-2][0-9]{3}|2147483[0-5][0-9]{2}|21474836[0-3][0-9]|214748364[0-7]))$",
        "editions": ("huawei-cloud",),
    },
    "gtid_set": {
        "type": "string",
        "maxLength": 2048,
        "pattern": "^[^<>&\"'/\\\\一-鿿]*$",
        "editions": ("huawei-cloud",),
    },
    "is_fill_materialized_view": {"type": "boolean", "editions": ("huawei-cloud",)},
    "export_snapshot": {"type": "boolean", "editions": ("huawei-cloud",)},
    "topic_policy": {
        "type": "string",
        "enum": ("0", "1", "2", "3", "4"),
        "editions": ("huawei-cloud",),
    },
    "topic": {"type": "string", "editions": ("huawei-cloud",)},
    "partition_policy": {
        "type": "string",
        "enum": ("0", "1", "2", "3", "4", "5"),
        "editions": ("huawei-cloud",),
    },
    "kafka_data_format": {
        "type": "string",
        "enum": ("json", "avro", "json_c"),
        "editions": ("huawei-cloud",),
    },
    "topic_name_format": {"type": "string", "editions": ("huawei-cloud",)},
    "partitions_num": {
        "type": "string",
        "pattern": "^([1-9][0-9]{0,8}|1[0-9]{9}|20[0-9]{8}|21[0-3][0-9]{7}|214[0-6][0-9]{6}|2147[0-3][0-9]{5}|21474[0-7][0-9]{4}|214748[0-2][0-9]{3}|2147483[0-5][0-9]{2}|21474836[0-3][0-9]|214748364[0-7])$",
        "editions": ("huawei-cloud",),
    },
    "replication_factor": {
        "type": "string",
        "pattern": "^([1-9][0-9]{0,3}|[12][0-9]{4}|3[01][0-9]{3}|32[0-6][0-9]{2}|327[0-5][0-9]|3276[0-7])$",
        "editions": ("huawei-cloud",),
    },
    "ddl_topic": {"type": "string", "editions": ("huawei-cloud",)},
}

__all__ = ["SyncPolicyReq"]
