"""Findings that are kept: a baseline of known ones, and tests that anyone can run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drs_sync_policy import sandbox
from drs_sync_policy.cli import main

FAULT = "put-is-post"
RULE = "other-methods-are-refused"
OTHER = "foreign-project-is-refused"


_ONLY = ("--rule", RULE, "--rule", OTHER)


def _profile(path: Path, *faults: str) -> Iterator[str]:
    with sandbox.running(faults=faults) as served:
        profile = sandbox.target_profile(served.url, tenants=served.tenants)
        path.write_text(sandbox.to_toml(profile), "utf-8")
        yield served.url


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The profile of a sandbox that takes PUT for POST."""
    path = tmp_path_factory.mktemp("faulty") / "target.toml"
    for _ in _profile(path, FAULT):
        yield path


@pytest.fixture(scope="module")
def correct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The profile of a correct sandbox."""
    path = tmp_path_factory.mktemp("correct") / "target.toml"
    for _ in _profile(path):
        yield path


def _fuzz(target: Path, *arguments: str) -> Result:
    """A run that ends at the first violation."""
    command = ["fuzz", "--target", str(target), "--budget", "0", "--fail-fast"]
    return CliRunner().invoke(main, [*command, *(arguments or ()), *_ONLY])


@pytest.mark.system
def test_a_known_finding_does_not_fail_a_run(faulty: Path, correct: Path, tmp_path: Path) -> None:
    """Written once, it is known; on a server without it, it is named as fixed."""
    baseline = tmp_path / "baseline.toml"
    written = _fuzz(faulty, "--baseline", str(baseline), "--write-baseline")
    assert written.exit_code == 0, written.output
    known = _fuzz(faulty, "--baseline", str(baseline))
    assert known.exit_code == 0
    assert ": 0 failed, 1 waived, " in known.output
    fixed = _fuzz(correct, "--baseline", str(baseline))
    assert fixed.exit_code == 0
    assert f"the known finding of {RULE}" in " ".join(fixed.output.split())


@pytest.mark.parametrize(
    "change", [("expires = 2", "expires = 1"), (f'rule = "{RULE}"', 'rule = "own-job-succeeds"')]
)
def test_an_expired_or_another_finding_fails_the_run(
    faulty: Path, tmp_path: Path, change: tuple[str, str]
) -> None:
    """Only what the file knows is covered, and not for ever."""
    baseline = tmp_path / "baseline.toml"
    _fuzz(faulty, "--baseline", str(baseline), "--write-baseline")
    baseline.write_text(baseline.read_text("utf-8").replace(*change), "utf-8")
    assert _fuzz(faulty, "--baseline", str(baseline)).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--write-baseline"], "--baseline"),
        (["--baseline", "none.toml"], "--write-baseline"),
        (["--rule", "other-methods-are-refuse"], RULE),
        (["--exclude-rule", RULE, "--exclude-rule", OTHER], "no rule"),
    ],
)
def test_a_wrong_option_is_a_usage_error(faulty: Path, arguments: list[str], text: str) -> None:
    """Nothing is sent, and the nearest name is offered."""
    result = _fuzz(faulty, *arguments)
    assert result.exit_code == 2
    assert text in result.output


@pytest.mark.system
def test_an_excluded_rule_fails_no_run(faulty: Path) -> None:
    """The other rules are checked, and pass."""
    assert _fuzz(faulty, "--exclude-rule", RULE).exit_code == 0


@pytest.mark.system
def test_exported_tests_fail_until_the_server_is_repaired(
    faulty: Path, correct: Path, tmp_path: Path
) -> None:
    """They need httpx and pytest, and the variable with the token."""
    exported = tmp_path / "test_findings.py"
    assert _fuzz(faulty, "--export-tests", str(exported)).exit_code == 1
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
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(exported)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
