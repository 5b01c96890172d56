"""The workflows do what a laptop does: every step is a verb of the Makefile, tried here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.documents import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
VERBS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
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


@by_workflow
def test_a_workflow_may_read_and_no_more(workflow: Path) -> None:
    """Only the deployment has more rights, and those of Pages alone; every job has an end."""
    document = yaml.safe_load(workflow.read_text("utf-8"))
    assert document["permissions"] == {"contents": "read"}
    for job in _jobs(workflow):
        assert job["timeout-minutes"] <= 30
        assert job.get("permissions", {}).keys() <= {"pages", "id-token"}


@by_workflow
def test_no_expression_is_pasted_into_a_script(workflow: Path) -> None:
    """A branch name could be a command: expressions reach scripts as variables only."""
    assert not [step for step in _steps(workflow) if "${{" in step.get("run", "")]


def test_only_the_main_branch_is_deployed() -> None:
    """A tag builds the site, too, and shows that it can be built; it does not publish it."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "site.yml").read_text("utf-8"))["jobs"]
    assert jobs["deploy"]["if"] == "github.ref == 'refs/heads/main'"
    assert jobs["deploy"]["needs"] == "build"
