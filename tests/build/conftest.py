"""The contract that the hand-made edits of this folder are made to: a copy that stays as it is.

`before.yaml` is the contract of version 1.0.0. An edit is an Overlay, so that it says what it
changes and nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools.documents import ROOT, read_document
from tools.release.build import build_twice

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def before() -> dict[str, Any]:
    """The contract before the edit."""
    return read_document(HERE / "before.yaml")


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifacts of this tree; the build rejects those that differ between two builds."""
    folder = tmp_path_factory.mktemp("release") / "dist"
    build_twice(ROOT, folder)
    return folder
