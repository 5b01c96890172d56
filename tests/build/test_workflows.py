"""The workflows do what a laptop does: every step is a verb of the Makefile, tried here."""

from __future__ import annotations

import os
import re
import runpy
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.processes import completed
from tools import guide
from tools.documents import ROOT
from tools.release import build, sbom

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
VERBS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
VARIABLES = set(re.findall(r"^([A-Z]+) +\?=", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
WRITTEN = {
    "tools.guide": guide.SITE,
    "tools.release.build": build.DIST,
    "tools.release.sbom": sbom.SBOM,
}
"""What each of these leaves behind."""
by_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)


def _jobs(workflow: Path) -> Iterator[dict[str, Any]]:
    yield from yaml.safe_load(workflow.read_text("utf-8"))["jobs"].values()


def _steps(workflow: Path) -> Iterator[dict[str, Any]]:
    for job in _jobs(workflow):
        yield from job["steps"]


@by_workflow
def test_a_workflow_calls_verbs_that_exist(workflow: Path) -> None:
    """What is run is `make VERB`, so that it can be run here, too."""
    named = [
        match[1]
        for step in _steps(workflow)
        for match in re.finditer(r"\bmake ([a-z-]+)", step.get("run", ""))
    ]
    assert named
    assert set(named) <= VERBS


@cache
def _plan(script: str) -> str:
    """What the verbs in a script would run."""
    dry = re.sub(r"\bmake (?=[a-z])", "make --dry-run --no-print-directory ", script)
    done = completed(
        ["bash", "-e", "-c", dry],
        cwd=ROOT,
        env={**os.environ, "BASE_REF": "main", "GITHUB_REF_NAME": "v1.0.0", "NUMBER": "5"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


MAKES = [
    command
    for workflow in WORKFLOWS
    for step in _steps(workflow)
    for command in re.findall(r"\bmake [^|&;\n]+", step.get("run", ""))
]


@pytest.mark.parametrize("command", MAKES)
def test_a_verb_takes_what_it_is_given(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each variable is one of the Makefile's and reaches the program, which has such an option."""
    plan = _plan(command)
    for given in re.findall(r"[A-Z]+=\S+", command):
        assert given.partition("=")[0] in VARIABLES
        assert _plan(command.replace(given, "")) != plan
    for module, options in re.findall(r"python -m (tools[.\w]*) (.*--.*)", plan):
        monkeypatch.setattr("sys.argv", [module, "--help"])
        for name in (module, f"{module}.__main__"):  # or runpy warns that it is there
            monkeypatch.delitem(sys.modules, name, raising=False)
        with pytest.raises(SystemExit, match=r"^0$"):
            runpy.run_module(module, run_name="__main__")
        known = capsys.readouterr().out
        assert set(re.findall(r"--[a-z-]+", options)) <= set(re.findall(r"--[a-z-]+", known))


@by_workflow
def test_what_is_uploaded_was_made_by_a_verb_before(workflow: Path) -> None:
    """A path that no earlier step of the job writes would be empty, or yesterday's."""
    for job in _jobs(workflow):
        made: set[Path] = set()
        for step in job["steps"]:
            plan = _plan(step["run"]) if "make " in step.get("run", "") else ""
            made |= {WRITTEN[name] for name in WRITTEN if re.search(rf"-m {name}\s", plan)}
            if "upload" in step.get("uses", ""):
                assert ROOT / step["with"]["path"] in made


def test_zizmor_has_no_finding() -> None:
    """Workflows and update rules; `make lint` runs the same."""
    program = str(Path(sys.executable).with_name("zizmor"))
    done = completed([program, "--offline", "--no-progress", "--quiet", str(ROOT / ".github")])
    assert done.returncode == 0, done.stdout + done.stderr


@by_workflow
def test_no_credentials_stay_in_the_checkout(workflow: Path) -> None:
    """What the verbs run cannot push in our name."""
    for step in _steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@by_workflow
def test_a_workflow_may_read_and_no_more(workflow: Path) -> None:
    """Only deployment and attestation have more rights, and run nothing of ours; each job ends."""
    document = yaml.safe_load(workflow.read_text("utf-8"))
    assert document["permissions"] == {"contents": "read"}
    for job in _jobs(workflow):
        assert job["timeout-minutes"] <= 30
        assert job.get("permissions", {}).keys() <= {"pages", "id-token", "attestations"}
        if "permissions" in job:  # Nothing of ours, and of our dependencies, runs with more rights.
            assert all("uses" in step for step in job["steps"])


def test_only_the_main_branch_is_deployed() -> None:
    """A tag builds the site, too, and shows that it can be built; it does not publish it."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "site.yml").read_text("utf-8"))["jobs"]
    assert jobs["deploy"]["if"] == "github.ref == 'refs/heads/main'"
    assert jobs["deploy"]["needs"] == "build"
