"""The gate says which version is right, and the report can be read."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processes import completed
from tools.diff.base import Contracts, chosen, last_release, releases, working_tree
from tools.diff.change import BOTH, NOBODY, REQUEST, Change, Level, needed_version
from tools.diff.compare import compare_all
from tools.diff.python_api import changes as python_changes
from tools.diff.report import Report, changelog, markdown
from tools.documents import CONTRACT, ROOT, read_document

BREAKING = Change(Level.BREAKING, REQUEST, "`POST /x`", "`a` was removed.", BOTH)
COMPATIBLE = Change(Level.COMPATIBLE, REQUEST, "`POST /x`", "`b` was added.", "implementer")
COSMETIC = Change(Level.COSMETIC, "", "`POST /x`", "The summary was changed.", NOBODY)


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ([], "1.4.2"),
        ([COSMETIC], "1.4.3"),
        ([COSMETIC, COMPATIBLE], "1.5.0"),
        ([COSMETIC, COMPATIBLE, BREAKING], "2.0.0"),
    ],
)
def test_the_gravest_change_decides_the_version(changes: list[Change], needed: str) -> None:
    """Breaking bumps the first number, compatible the second, cosmetic the third."""
    assert needed_version("1.4.2", changes) == needed


@pytest.mark.parametrize(
    ("version", "accepted"),
    [("1.4.2", False), ("1.4.9", False), ("1.5.0", True), ("1.10.0", True), ("2.0.0", True)],
)
def test_a_version_may_be_larger_than_needed_but_not_smaller(version: str, accepted: bool) -> None:
    """Versions are compared as numbers."""
    assert Report("release 1.4.2", "1.4.2", version, [COMPATIBLE]).accepted is accepted


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0-rc1", ""])
def test_a_version_that_is_none_is_refused(version: str) -> None:
    """Only MAJOR.MINOR.PATCH counts."""
    with pytest.raises(SystemExit, match=r"is not MAJOR.MINOR.PATCH"):
        _ = Report("x", "1.0.0", version, []).accepted


def test_the_report_says_which_version_is_right() -> None:
    """A version that is too small is rejected with the number to write."""
    text = markdown(Report("release 1.0.0", "1.0.0", "1.1.0", [BREAKING, COSMETIC], ["new: `x`"]))
    assert "1 breaking change, 1 cosmetic change." in text
    assert "**`info.version` is 1.1.0, which is too small: set it to 2.0.0**" in text
    assert "## Breaking\n\n- **request**: `POST /x`: `a` was removed. Hurts: client, imp" in text
    assert text.index("## Breaking") < text.index("## Cosmetic") < text.index("- new: `x`")


def test_the_changelog_has_a_line_for_each_change() -> None:
    """New texts, too: a reversed description matters to readers."""
    report = Report("release 1.0.0", "1.0.0", "2.0.0", [BREAKING, COMPATIBLE, COSMETIC])
    assert changelog(report).splitlines() == [
        "- 2.0.0, breaking: `POST /x`: `a` was removed.",
        "- 2.0.0, compatible: `POST /x`: `b` was added.",
        "- 2.0.0, cosmetic: `POST /x`: The summary was changed.",
    ]


def test_the_newest_release_is_the_one_with_the_largest_number(tmp_path: Path) -> None:
    """1.10.0 is newer than 1.9.0, and its editions come with it."""
    document = json.dumps({"info": {"version": "x"}})
    for name in ("1.9.0.yaml", "1.10.0.yaml", "1.10.0.moon.json", "1.9.0.sun.json"):
        (tmp_path / name).write_text(document)
    assert [path.name for path in releases(tmp_path)] == ["1.9.0.yaml", "1.10.0.yaml"]
    newest = last_release(tmp_path)
    assert newest is not None
    assert newest.name == "release 1.10.0"
    assert list(newest.editions) == ["moon"]


def test_before_the_first_release_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    """An empty folder has no release."""
    assert last_release(tmp_path) is None


def test_a_base_that_is_nothing_is_said_to_be_so() -> None:
    """It is named, with what it could have been."""
    with pytest.raises(LookupError, match="`nonesuch` is neither a file nor a commit"):
        chosen("nonesuch")


def test_a_change_of_an_edition_alone_is_named_after_it() -> None:
    """What the base has, too, is said once; the rest says which edition."""
    now = working_tree()
    older = copy.deepcopy(now.editions["huawei-cloud"])
    del older["components"]["schemas"]["SyncPolicyReq"]["properties"]["ddl_topic"]
    older["info"]["title"] = now.base["info"]["title"]
    before = Contracts("before", now.base, {"huawei-cloud": older, "moon": older})
    found = compare_all(before, now)
    assert [change.place for change in found if change.level is Level.BREAKING] == [
        "Edition `moon`"
    ]
    (added,) = [change for change in found if change.level is Level.COMPATIBLE]
    assert added.place.startswith("Edition `huawei-cloud`: `POST ")
    assert "jobs[].ddl_topic" in added.place


def test_an_edition_that_no_longer_fits_is_said_and_hides_nothing() -> None:
    """The verdict on the base is still there, and so is the reason."""
    report = Report("release 1.0.0", "1.0.0", "2.0.0", [BREAKING], broken=["moon.yaml: no match"])
    assert not report.accepted
    assert "it must be at least 2.0.0" in markdown(report)
    assert "## Editions that no longer fit\n\n- moon.yaml: no match" in markdown(report)
    now = working_tree()
    before = Contracts("before", now.base, {"moon": now.base})
    after = Contracts("after", now.base, {}, {"moon": "moon.yaml: no match"})
    assert compare_all(before, after) == []


def test_the_python_api_of_both_contracts_is_compared() -> None:
    """Classes and fields that go are breaking, others are new."""
    now = working_tree()
    older: dict[str, Any] = copy.deepcopy(now.base)
    properties = older["components"]["schemas"]["SyncPolicyReq"]["properties"]
    properties["slot"] = properties.pop("slot_name")
    found = python_changes(Contracts("before", older, {}), Contracts("now", now.base, {}))
    request = "drs_sync_policy_api.models.sync_policy_req.SyncPolicyReq"
    assert any(line.startswith(f"breaking: `{request}.slot`: ") for line in found)
    assert f"new: `{request}.slot_name`" in found
    # What a model is read through is not public, though its name has no underscore.
    assert [line for line in found if "Wire" in line] == []


def test_a_contract_that_cannot_be_generated_hides_no_verdict() -> None:
    """The generator knows JSON alone; the contract is still compared."""
    now = working_tree()
    other: dict[str, Any] = copy.deepcopy(now.base)
    for item in other["paths"].values():
        content = item["post"]["requestBody"]["content"]
        content["application/xml"] = content.pop("application/json")
    (line,) = python_changes(Contracts("before", other, {}), Contracts("after", now.base, {}))
    assert line.startswith("it cannot be compared: `openapi-python-client` cannot write the client")


def _run(base: Path | str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.diff", "--no-python", "--base", str(base), *options]
    return completed(command, cwd=ROOT)


def test_the_gate_refuses_a_version_that_is_too_small(tmp_path: Path) -> None:
    """Compared with a contract that had one field more, this one needs a new major version."""
    older = read_document(CONTRACT)
    field = {"description": "d", "type": "string", "examples": ["x"]}
    older["components"]["schemas"]["SyncPolicyReq"]["properties"]["gone"] = field
    base = tmp_path / "older.json"
    base.write_text(json.dumps(older))
    done = _run(base, "--output", str(tmp_path / "report.md"))
    assert done.returncode == 1, done.stderr
    major = int(older["info"]["version"].split(".")[0]) + 1
    assert f"too small: set it to {major}.0.0" in done.stdout
    assert (tmp_path / "report.md").read_text("utf-8") == done.stdout


@pytest.mark.system
def test_the_gate_lets_the_same_contract_pass(tmp_path: Path) -> None:
    """Nothing changed, so any version that is not smaller is right."""
    base = tmp_path / "same.yaml"
    base.write_bytes(CONTRACT.read_bytes())
    done = _run(base)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing changed" in done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The contract and the tools, committed, in a folder where nothing was released."""
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in ("tools", "overrides"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(CONTRACT, tmp_path)
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "-m", "x")
    (tmp_path / "tools" / "node_modules").symlink_to(ROOT / "tools" / "node_modules")
    (tmp_path / "docs" / "contract").mkdir(parents=True)
    return tmp_path


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def _diff(clone: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.diff", "--no-python"]
    return completed(command, cwd=clone)


def _break(contract: Path) -> None:
    text = contract.read_text("utf-8")
    contract.write_text(text.replace("minItems: 1", "minItems: 2"), "utf-8")


def test_before_the_first_release_an_edit_is_compared_with_the_last_commit(clone: Path) -> None:
    """An author sees what breaks, with what it was compared, and that the version may stay."""
    _break(clone / "openapi.yaml")
    done = _diff(clone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No contract was released yet" in done.stdout
    assert "compares with `HEAD`" in done.stdout
    assert "## Breaking" in done.stdout
    assert "may stay; after a release it would become 2.0.0" in done.stdout


@pytest.mark.system
def test_before_the_first_release_an_edition_must_fit_all_the_same(clone: Path) -> None:
    """Only the version is free then."""
    contract = clone / "openapi.yaml"
    contract.write_text(contract.read_text("utf-8").replace("slot_name", "slot"), "utf-8")
    done = _diff(clone)
    assert done.returncode == 1
    assert "## Editions that no longer fit" in done.stdout


def test_without_a_release_and_a_commit_there_is_nothing_to_say(clone: Path) -> None:
    """Sources that came as an archive pass the gate, and it says why."""
    shutil.rmtree(clone / ".git")
    done = _diff(clone)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("No contract was released yet, and nothing is committed: `HEAD`")


@pytest.mark.system
def test_a_release_counts_more_than_a_commit(clone: Path) -> None:
    """From the first release on the gate demands a version, whatever is committed."""
    shutil.copy(clone / "openapi.yaml", clone / "docs" / "contract" / "1.0.0.yaml")
    _break(clone / "openapi.yaml")
    done = _diff(clone)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "too small: set it to 2.0.0" in done.stdout
    assert "HEAD" not in done.stdout


def test_an_unknown_base_is_a_usage_error() -> None:
    """Its exit code differs from that of a version that is too small."""
    assert _run("nonesuch").returncode == 2
