"""What the slow tests of the sandbox share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .postgres import Postgres, cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for all tests; each makes a database of its own."""
    with cluster() as running:
        yield running
