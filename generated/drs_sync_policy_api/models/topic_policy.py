from enum import StrEnum


class TopicPolicy(StrEnum):
    DATABASE = "2"
    GAUSSDB_DISTRIBUTED = "4"
    ONE_TOPIC = "0"
    SCHEMA = "3"
    TABLE = "1"

    def __str__(self) -> str:
        return str(self.value)
