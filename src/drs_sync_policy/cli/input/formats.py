"""The formats of a file of policies: how each is recognized and read.

`read_json`, `read_yaml` and `read_csv` make a `Placed` of a text, or raise `UnreadableError`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Final

from drs_sync_policy.cli.input.csv import Schemas, read_csv
from drs_sync_policy.cli.input.json import read_json
from drs_sync_policy.cli.input.places import Placed, Progress
from drs_sync_policy.cli.input.yaml import read_yaml

_READERS: Final[dict[str, Callable[[str], Placed]]] = {"yaml": read_yaml, "json": read_json}
FORMATS: Final = (*_READERS, "csv")
_SUFFIXES: Final = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".csv": "csv"}


def format_of(name: str) -> str | None:
    """The format by the ending of a file's name, or None."""
    return _SUFFIXES.get(PurePath(name).suffix.lower())


def read(text: str, form: str, schemas: Schemas, progress: Progress | None = None) -> Placed:
    """`text` in the format `form`; `schemas` has that of each field, for CSV's cells."""
    return read_csv(text, schemas, progress) if form == "csv" else _READERS[form](text)
