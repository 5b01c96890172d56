"""Findings that are kept: a baseline of known ones, and tests that anyone can run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.known import RULE, fuzz


@pytest.fixture(scope="module")
def known(faulty: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The baseline that a run writes."""
    baseline = tmp_path_factory.mktemp("known") / "baseline.toml"
    fuzz(faulty, "--baseline", str(baseline), "--write-baseline")
    return baseline.read_text("utf-8")


@pytest.mark.parametrize(
    "change", [("expires = 2", "expires = 1"), (f'rule = "{RULE}"', 'rule = "own-job-succeeds"')]
)
def test_an_expired_or_another_finding_fails_the_run(
    faulty: Path, known: str, tmp_path: Path, change: tuple[str, str]
) -> None:
    """Only what the file knows is covered, and not for ever."""
    baseline = tmp_path / "baseline.toml"
    assert change[0] in known
    baseline.write_text(known.replace(*change), "utf-8")
    assert fuzz(faulty, "--baseline", str(baseline)).exit_code == 1
