"""The wheel works once installed, and a release is prepared as the verbs say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drs_sync_policy import contract
from tests.processes import completed
from tests.system.build.clones import git, new_clone
from tools.documents import ROOT
from tools.release.installed import check, pythons

pytestmark = pytest.mark.first


@pytest.mark.parametrize("lowest", [False, True], ids=["newest", "lowest"])
@pytest.mark.parametrize("version", pythons())
def test_the_installed_wheel_works(version: str, lowest: bool, dist: Path) -> None:
    """On every Python, with the newest and the lowest dependencies, the sources out of reach."""
    (wheel,) = dist.glob("*.whl")
    done = check(pythons()[version], wheel, lowest=lowest)
    assert done.returncode == 0, done.stderr
    assert f"with contract {contract.load().version} works" in done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in which a release can be tried, with its tools."""
    tree = new_clone(tmp_path)
    (tree / "tools" / "node_modules").symlink_to(ROOT / "tools" / "node_modules")
    return tree


def _prepare(tree: Path, version: str) -> subprocess.CompletedProcess[str]:
    """Both steps of `make release`, without the trials that come between them."""
    command = [sys.executable, "-m", "tools.release.prepare", version, "--date", "2030-01-02"]
    # The packages of the clone come before those of this tree's editable installation.
    paths = os.pathsep.join(str(tree / name) for name in ("src", "generated"))
    environment = {**os.environ, "PYTHONPATH": paths}
    done = completed(command, cwd=tree, env=environment)
    if done.returncode:
        return done
    assert f"v{version}" not in git(tree, "tag").split()  # not before the artifacts were tried
    return completed([*command, "--tag"], cwd=tree, env=environment)


def test_a_release_is_prepared_and_the_next_is_held_to_it(clone: Path) -> None:
    """Changelog, contract, artifacts and tag are there; then the gate bites."""
    done = _prepare(clone, "7.0.0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing was published." in done.stdout
    assert git(clone, "tag").split() == ["v7.0.0"]
    assert "## Unreleased\n\n## 7.0.0 - 2030-01-02\n" in (clone / "CHANGELOG.md").read_text("utf-8")
    assert sorted(path.name for path in (clone / "dist").iterdir()) == [
        "drs_sync_policy-7.0.0-py3-none-any.whl",
        "drs_sync_policy-7.0.0.tar.gz",
    ]
    released = clone / "docs" / "contract" / f"{contract.load().version}.yaml"
    assert released.read_bytes() == (clone / "openapi.yaml").read_bytes()
    assert json.loads(released.with_suffix(".huawei-cloud.json").read_text("utf-8"))
    assert not git(clone, "status", "--porcelain", "--untracked-files=no")

    again = _prepare(clone, "7.0.0")
    assert again.returncode == 1
    assert "7.0.0 is released already" in again.stderr

    _edit_contract(clone, "required: false\n      description: |\n        The language",
                   "required: true\n      description: |\n        The language")  # fmt: skip
    refused = _prepare(clone, "7.1.0")
    assert refused.returncode == 1
    assert "too small: set it to 2.0.0" in refused.stderr
    assert not git(clone, "status", "--porcelain", "--untracked-files=no")

    _edit_contract(clone, f"version: {contract.load().version}", "version: 2.0.0")
    done = _prepare(clone, "8.0.0")
    assert done.returncode == 0, done.stdout + done.stderr
    text = (clone / "CHANGELOG.md").read_text("utf-8")
    assert "## 8.0.0 - 2030-01-02\n\n### Contract\n\n- 2.0.0, breaking: `POST /v3/" in text
    assert (clone / "docs" / "contract" / "2.0.0.yaml").is_file()


def _edit_contract(tree: Path, old: str, new: str) -> None:
    """Commits an edit of the contract with what is generated from it, and a changelog line."""
    file = tree / "openapi.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    log = tree / "CHANGELOG.md"
    known = log.read_text("utf-8")
    heading = "## Unreleased\n"
    line = "" if f"{heading}\n###" in known else "\n### Changed\n\n- Something.\n"
    log.write_text(known.replace(heading, heading + line, 1), "utf-8")
    generate = [sys.executable, "-m", "tools.generate"]
    subprocess.run(generate, cwd=tree, capture_output=True, check=True)
    git(tree, "commit", "--all", "--quiet", "--message", "Edit the contract")


def test_another_release_of_the_generator_is_tried_and_pinned(clone: Path) -> None:
    """The pin and the locks name it, stale overrides are shown, and nothing is committed."""
    command = [sys.executable, "-m", "tools.upgrade_generator", "0.29.0"]
    done = completed(command, cwd=clone)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "-> 0.29.0: pinned, locked." in done.stdout
    assert "STALE: an override was made for another original.\n--- old/" in done.stdout
    assert "To go back to 0.29.1: git checkout pyproject.toml" in done.stderr
    assert '"openapi-python-client==0.29.0"' in (clone / "pyproject.toml").read_text("utf-8")
    for lock in ("dev.txt", "system.txt"):
        text = (clone / "requirements" / lock).read_text("utf-8")
        assert "openapi-python-client==0.29.0 \\\n    --hash=sha256:" in text
        assert "://" not in text
