"""The files of a report: `report.html` for people, the others for machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from drs_sync_policy.fuzz.report import html, junit
from drs_sync_policy.fuzz.report.model import Report

PAGE: Final = "report.html"
SERVER_LOG: Final = "server.log"
"""The output of a server that the profile starts."""


def _write_page(report: Report, path: Path) -> None:
    path.write_text(html.page(report), encoding="utf-8", errors="backslashreplace")


_WRITERS: Final[Mapping[str, Callable[[Report, Path], None]]] = {
    "junit.xml": junit.write,
    PAGE: _write_page,
}


def prepare(folder: Path) -> None:
    """Make the folder, and raise `OSError` if a file of a report cannot be written there."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder):
        pass
    for name in _WRITERS:
        if (folder / name).exists():
            (folder / name).open("ab").close()


def write(report: Report, folder: Path) -> None:
    """Write every file; `OSError` if that fails."""
    for name, write_file in _WRITERS.items():
        write_file(report, folder / name)
