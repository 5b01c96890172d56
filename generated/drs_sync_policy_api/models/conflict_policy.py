from enum import StrEnum


class ConflictPolicy(StrEnum):
    IGNORE = "ignore"
    OVERWRITE = "overwrite"
    STOP = "stop"

    def __str__(self) -> str:
        return str(self.value)
