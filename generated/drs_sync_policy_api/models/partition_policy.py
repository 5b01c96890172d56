from enum import StrEnum


class PartitionPolicy(StrEnum):
    PARTITION_0 = "1"
    PRIMARY_KEY_HASH = "2"
    SCHEMA_HASH = "3"
    TABLE_HASH = "0"
    VALUE_4 = "4"
    VALUE_5 = "5"

    def __str__(self) -> str:
        return str(self.value)
