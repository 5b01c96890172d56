from enum import StrEnum


class KafkaDataFormat(StrEnum):
    AVRO = "avro"
    JSON = "json"
    JSON_C = "json_c"

    def __str__(self) -> str:
        return str(self.value)
