"""The fixtures that pytest finds wherever this package is installed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from drs_sync_policy.testing import Sandbox


@pytest.fixture
def drs_sandbox() -> Iterator[Sandbox]:
    """The real sandbox on a free port of 127.0.0.1, with two tenants, fresh for each test.

    It needs the extra `sandbox`; where that is missing, the test is an error that says so: a test
    that is skipped in silence would be taken for one that passed.
    """
    # Imported here: a plugin is loaded by every run of pytest, whether it is used or not.
    try:
        import_module("drs_sync_policy.sandbox")
    except ModuleNotFoundError as error:
        pytest.fail(
            f"`drs_sandbox` needs `{error.name}`, which is not installed. Run:"
            " pip install 'drs-sync-policy[sandbox]'",
            pytrace=False,
        )
    from drs_sync_policy.testing import sandbox

    with sandbox() as running:
        yield running
