from enum import StrEnum


class FilterDdlPolicy(StrEnum):
    DROP_DATABASE = "drop_database"

    def __str__(self) -> str:
        return str(self.value)
