"""The page about Python: what it shows runs against the sandbox."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drs_sync_policy.testing import Sandbox

PAGE = Path(__file__).parents[3] / "docs" / "python.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_what_the_page_shows_runs(
    block: str, drs_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each block of Python runs by itself, with the sandbox in the environment."""
    monkeypatch.chdir(tmp_path)  # one writes a file
    for name, value in drs_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    names: dict[str, object] = {}
    exec("from drs_sync_policy import SyncPolicyReq", names)
    exec(compile(block, str(PAGE), "exec"), names)
    for name, shown in list(names.items()):
        if name.startswith("test_") and callable(shown):
            shown(drs_sandbox)


def test_the_page_shows_something() -> None:
    """A page whose blocks were not found would pass for one whose blocks run."""
    assert len(BLOCKS) >= 5
