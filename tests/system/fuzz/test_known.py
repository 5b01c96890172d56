"""Findings that are kept, on a server that is repaired."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.known import RULE, fuzz, profile_of
from tests.processes import completed


@pytest.fixture(scope="module")
def correct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The profile of a correct sandbox."""
    with profile_of(tmp_path_factory.mktemp("correct") / "target.toml") as path:
        yield path


def test_a_known_finding_does_not_fail_a_run(faulty: Path, correct: Path, tmp_path: Path) -> None:
    """Written once, it is known; on a server without it, it is named as fixed."""
    baseline = tmp_path / "baseline.toml"
    written = fuzz(faulty, "--baseline", str(baseline), "--write-baseline")
    assert written.exit_code == 0, written.output
    known = fuzz(faulty, "--baseline", str(baseline))
    assert known.exit_code == 0
    assert ": 0 failed, 1 waived, " in known.output
    fixed = fuzz(correct, "--baseline", str(baseline))
    assert fixed.exit_code == 0
    assert f"the known finding of {RULE}" in " ".join(fixed.output.split())


def test_an_excluded_rule_fails_no_run(faulty: Path) -> None:
    """The other rules are checked, and pass."""
    assert fuzz(faulty, "--exclude-rule", RULE).exit_code == 0


def test_exported_tests_fail_until_the_server_is_repaired(
    faulty: Path, correct: Path, tmp_path: Path
) -> None:
    """They need httpx and pytest, and the variable with the token."""
    exported = tmp_path / "test_findings.py"
    assert fuzz(faulty, "--export-tests", str(exported)).exit_code == 1
    text = exported.read_text("utf-8")
    assert "drs_sync_policy" not in text
    for target, code in ((faulty, 1), (correct, 0)):
        profile = dict(
            line.split(" = ", 1) for line in target.read_text("utf-8").splitlines() if " = " in line
        )
        token = next(
            line.split('"')[1]
            for line in target.read_text("utf-8").splitlines()
            if line.startswith("token =")
        )
        environment = {
            **os.environ,
            "DRS_TOKEN": token,
            "DRS_URL": profile["url"].strip('"').split("/v3")[0],
        }
        done = completed(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(exported)],
            cwd=tmp_path,
            env=environment,
        )
        assert done.returncode == code, done.stdout + done.stderr
