"""Artifacts are the same bytes everywhere, work once installed, and say what they hold."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from drs_sync_policy import contract
from tools.documents import ROOT
from tools.release.audit import Audit, read_report
from tools.release.build import build, build_twice, contract_inside
from tools.release.installed import check, pythons
from tools.release.sbom import hashes, packages, sbom

pytestmark = pytest.mark.first


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifacts of this tree; the build rejects those that differ between two builds."""
    folder = tmp_path_factory.mktemp("release") / "dist"
    build_twice(ROOT, folder)
    return folder


def test_the_wheel_holds_the_contract_of_this_tree(dist: Path) -> None:
    """Its version and hash are those of the contract that the tree has."""
    (wheel,) = dist.glob("*.whl")
    assert contract_inside(wheel) == (contract.load().version, contract.load().sha256)


def test_the_wheel_holds_the_program_of_the_console(dist: Path) -> None:
    """Every file of the page, as it is in the tree."""
    static = ROOT / "src" / "drs_sync_policy" / "sandbox" / "static"
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {
            name.rpartition("/")[2]: archive.read(name)
            for name in archive.namelist()
            if name.startswith("drs_sync_policy/sandbox/static/")
        }
    assert packed == {file.name: file.read_bytes() for file in static.iterdir()}
    assert sum(map(len, packed.values())) < 60_000


def test_the_wheel_can_be_built_from_the_sdist(dist: Path, tmp_path: Path) -> None:
    """The sdist lacks nothing: its wheel is the same bytes."""
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    (wheel,) = dist.glob("*.whl")
    assert build(tree, tmp_path / "dist")[wheel.name] == wheel.read_bytes()


def test_what_is_not_the_product_stays_out_of_the_wheel(dist: Path) -> None:
    """No tests, tools or overrides are shipped."""
    (wheel,) = dist.glob("*.whl")
    done = subprocess.run(
        [sys.executable, "-m", "zipfile", "--list", str(wheel)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    folders = {line.split("/")[0] for line in done.stdout.splitlines()[1:]}
    ours = {"drs_sync_policy", "drs_sync_policy_api", "drs_sync_policy_contract"}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == ours


def test_an_advisory_is_a_finding_and_silence_is_none() -> None:
    """A package that pip-audit could not ask for counts as skipped, not as sound."""
    report: dict[str, Any] = {
        "dependencies": [
            {"name": "a", "version": "1", "vulns": []},
            {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]},
            {"name": "c", "skip_reason": "Dependency not found on PyPI"},
        ]
    }
    assert read_report(report) == Audit(("b 2: PYSEC-1, fixed in 3",), checked=2, skipped=1)


def test_the_sbom_lists_what_an_installation_brings() -> None:
    """Each dependency of every extra with version and locked hashes, and no tool of ours."""
    document = json.loads(sbom())
    listed = {part["name"]: part for part in document["components"]}
    assert {*packages()} == {*listed, "drs-sync-policy"}
    assert {"httpx", "sqlalchemy", "schemathesis", "click"} <= listed.keys()
    assert not {"pytest-xdist", "zensical", "mypy"} & listed.keys()
    assert all(part["hashes"] for part in listed.values())
    assert document["serialNumber"] == json.loads(sbom())["serialNumber"]
    locked = hashes("a==1 ; python_version < '4' \\\n    --hash=sha256:" + "0" * 64)
    assert locked == {"a==1": ["0" * 64]}


def test_the_wheel_is_small(dist: Path) -> None:
    """People who only call the API download under 1 MB."""
    (wheel,) = dist.glob("*.whl")
    assert wheel.stat().st_size < 1_000_000


def test_the_platforms_are_those_that_the_page_of_limits_names() -> None:
    """What is tested, and what should work; an index shows no other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    systems = {
        line.rpartition(" :: ")[2]
        for line in project["classifiers"]
        if line.startswith("Operating System")
    }
    page = (ROOT / "docs" / "limits.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| (Linux|macOS|Windows)[^|]*\| ([a-z ]+)", page, re.MULTILINE))
    stated = {system: said.strip() for system, said in rows.items()}
    assert stated == {"Linux": "tested", "macOS": "should work", "Windows": "not tried"}
    assert {name.lower() for name in systems} == {"linux", "macos"}


def test_this_python_is_among_those_that_the_wheel_is_tried_on() -> None:
    """Only Pythons that run and that we support are taken."""
    known = pythons()
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in known
    assert all(int(version.split(".")[1]) >= 11 for version in known)


@pytest.mark.system
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
    """A clone of this repository at HEAD in which a release can be tried, with its tools."""
    tree = tmp_path / "clone"
    _git(tmp_path, "clone", "--quiet", str(ROOT), str(tree))
    for setting in ("user.name=Releaser", "user.email=releaser@example.org"):
        _git(tree, "config", *setting.split("="))
    for tag in _git(tree, "tag").split():
        _git(tree, "tag", "--delete", tag)
    (tree / "tools" / "node_modules").symlink_to(ROOT / "tools" / "node_modules")
    return tree


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def _prepare(tree: Path, version: str) -> subprocess.CompletedProcess[str]:
    """Both steps of `make release`, without the trials that come between them."""
    command = [sys.executable, "-m", "tools.release.prepare", version, "--date", "2030-01-02"]
    # The packages of the clone come before those of this tree's editable installation.
    paths = os.pathsep.join(str(tree / name) for name in ("src", "generated"))
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        return done
    assert f"v{version}" not in _git(tree, "tag").split()  # not before the artifacts were tried
    return subprocess.run(
        [*command, "--tag"],
        cwd=tree, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.system
def test_a_release_is_prepared_and_the_next_is_held_to_it(clone: Path) -> None:
    """Changelog, contract, artifacts and tag are there; then the gate bites."""
    done = _prepare(clone, "7.0.0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing was published." in done.stdout
    assert _git(clone, "tag").split() == ["v7.0.0"]
    assert "## Unreleased\n\n## 7.0.0 - 2030-01-02\n" in (clone / "CHANGELOG.md").read_text("utf-8")
    assert sorted(path.name for path in (clone / "dist").iterdir()) == [
        "drs_sync_policy-7.0.0-py3-none-any.whl",
        "drs_sync_policy-7.0.0.tar.gz",
    ]
    released = clone / "docs" / "contract" / f"{contract.load().version}.yaml"
    assert released.read_bytes() == (clone / "openapi.yaml").read_bytes()
    assert json.loads(released.with_suffix(".huawei-cloud.json").read_text("utf-8"))
    assert not _git(clone, "status", "--porcelain", "--untracked-files=no")

    again = _prepare(clone, "7.0.0")
    assert again.returncode == 1
    assert "7.0.0 is released already" in again.stderr

    _edit_contract(clone, "required: false\n      description: |\n        The language",
                   "required: true\n      description: |\n        The language")  # fmt: skip
    refused = _prepare(clone, "7.1.0")
    assert refused.returncode == 1
    assert "too small: set it to 2.0.0" in refused.stderr
    assert not _git(clone, "status", "--porcelain", "--untracked-files=no")

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
    _git(tree, "commit", "--all", "--quiet", "--message", "Edit the contract")


@pytest.mark.system
def test_another_release_of_the_generator_is_tried_and_pinned(clone: Path) -> None:
    """The pin and the locks name it, stale overrides are shown, and nothing is committed."""
    command = [sys.executable, "-m", "tools.upgrade_generator", "0.29.0"]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "-> 0.29.0: pinned, locked." in done.stdout
    assert "STALE: an override was made for another original.\n--- old/" in done.stdout
    assert "To go back to 0.29.1: git checkout pyproject.toml" in done.stderr
    assert '"openapi-python-client==0.29.0"' in (clone / "pyproject.toml").read_text("utf-8")
    for lock in ("dev.txt", "system.txt"):
        text = (clone / "requirements" / lock).read_text("utf-8")
        assert "openapi-python-client==0.29.0 \\\n    --hash=sha256:" in text
        assert "://" not in text
