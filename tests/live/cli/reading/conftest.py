"""A server that reads as the vendor's does, with three jobs, and what leads the command to it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.live import vendor
from tests.live.cli.conftest import Done, Run
from tests.live.cli.reading.policies import connection
from tests.live.vendor import Vendor


@pytest.fixture
def server() -> Iterator[Vendor]:
    with vendor.serving(3) as running:
        yield running


@pytest.fixture
def environment(server: Vendor, tmp_path: Path) -> dict[str, str]:
    """Variables that lead to this server, in place of the sandbox."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DRS_") and k != "COLUMNS"}
    return {**kept, **connection(server), "HOME": str(tmp_path), "NO_COLOR": "1"}


@pytest.fixture
def given(run: Run, tmp_path: Path) -> Callable[..., Done]:
    """Runs a verb with a file of these items."""

    def running(verb: str, items: Sequence[Mapping[str, Any]], *options: str, **more: Any) -> Done:
        (tmp_path / "p.json").write_text(json.dumps(items), "utf-8")
        return run(verb, "p.json", *options, **more)

    return running
