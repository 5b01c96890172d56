"""Artifacts are the same bytes everywhere, work once installed, and say what they hold."""

from __future__ import annotations

import json
import re
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from drs_sync_policy import contract
from tests.processes import completed
from tools.documents import ROOT
from tools.release.audit import Audit, read_report
from tools.release.build import build, contract_inside
from tools.release.installed import pythons
from tools.release.sbom import hashes, packages, sbom

pytestmark = pytest.mark.first


@pytest.mark.system  # it builds wheel and sdist
def test_the_wheel_holds_the_contract_of_this_tree(dist: Path) -> None:
    """Its version and hash are those of the contract that the tree has."""
    (wheel,) = dist.glob("*.whl")
    assert contract_inside(wheel) == (contract.load().version, contract.load().sha256)


@pytest.mark.system  # it builds wheel and sdist
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


@pytest.mark.system  # it builds wheel and sdist
def test_the_wheel_can_be_built_from_the_sdist(dist: Path, tmp_path: Path) -> None:
    """The sdist lacks nothing: its wheel is the same bytes."""
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    (wheel,) = dist.glob("*.whl")
    assert build(tree, tmp_path / "dist")[wheel.name] == wheel.read_bytes()


@pytest.mark.system  # it builds wheel and sdist
def test_what_is_not_the_product_stays_out_of_the_wheel(dist: Path) -> None:
    """No tests, tools or overrides are shipped."""
    (wheel,) = dist.glob("*.whl")
    done = completed([sys.executable, "-m", "zipfile", "--list", str(wheel)], check=True)
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


@pytest.mark.system  # it builds wheel and sdist
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
