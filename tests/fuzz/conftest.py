"""A faultless sandbox, served once, and what it takes to check it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drs_sync_policy import sandbox
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.profile import Target
from tests.fuzz import servers
from tests.fuzz.known import FAULT, profile_of


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """The profile of a sandbox that is being served."""
    with sandbox.running() as served:
        yield profile.parse(sandbox.target_profile(served.url, tenants=served.tenants))


@pytest.fixture
def prober(target: Target) -> Iterator[Prober]:
    """A prober with an empty record."""
    made = servers.prober(target)
    yield made
    made.wire.close()


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The profile of a sandbox that takes PUT for POST."""
    with profile_of(tmp_path_factory.mktemp("faulty") / "target.toml", FAULT) as path:
        yield path
