"""What is in this folder is slow, or needs more than `make setup` installs."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here are marked `system`, before `-m` chooses."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.system)
