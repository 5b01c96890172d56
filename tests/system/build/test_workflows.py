"""The scripts of the workflows, run in a clean clone as a runner does."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.processes import completed
from tests.system.build.clones import git, new_clone
from tools.documents import ROOT

INSTALLED = {".venv": ("bin", "lib", "pyvenv.cfg"), "tools/node_modules": ("*", ".bin")}
"""What `make setup setup-node` installed here: a clone uses it, and must not install it again."""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clean clone of HEAD with the tools of this tree, so that nothing is installed."""
    tree = new_clone(tmp_path)
    done = []
    for folder, patterns in INSTALLED.items():
        # A folder of its own: through a link to the whole, `npm ci` would empty that of this tree.
        (tree / folder).mkdir()
        for entry in {path for pattern in patterns for path in (ROOT / folder).glob(pattern)}:
            if entry.name != ".setup-done":
                (tree / folder / entry.name).symlink_to(entry)
        done.append(f"{folder}/.setup-done")
        (tree / done[-1]).touch()
    asked = ["make", "--question", *done]
    assert subprocess.run(asked, cwd=tree, check=False).returncode == 0, "it would install"
    return tree


def _run(workflow: str, job: str, tree: Path, given: Mapping[str, str]) -> None:
    """Runs the scripts of a job one by one, as the shell of a runner does."""
    document = yaml.safe_load((ROOT / ".github" / "workflows" / f"{workflow}.yml").read_text())
    scripts = [step["run"] for step in document["jobs"][job]["steps"] if "run" in step]
    # What `make test-system EXTRA=...` exports is not for the verbs of the workflow.
    ours = {k: v for k, v in os.environ.items() if k not in {"EXTRA", "SEED", "MAKEFLAGS"}}
    environment = {
        **ours,
        **given,
        # The packages of the clone come before those of this tree's editable installation.
        "PYTHONPATH": os.pathsep.join(str(tree / name) for name in ("src", "generated")),
    }
    for script in scripts:
        done = completed(["bash", "-e", "-c", script], cwd=tree, env=environment)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"


def test_the_site_is_built_as_far_as_its_deployment(clone: Path) -> None:
    """In a clean clone, each script of the job ends well, and what is uploaded is there."""
    addresses = {
        "SITE_URL": "https://docs.example.org/drs",
        "SOURCE_URL": "https://code.example.org/drs",
    }
    _run("site", "build", clone, addresses)
    for page in ("index.html", "reference/index.html", "contract/latest/index.html"):
        assert (clone / "site" / page).stat().st_size > 0
    assert not git(clone, "status", "--porcelain")


def test_a_pull_request_shows_what_its_contract_breaks(clone: Path, tmp_path: Path) -> None:
    """The report is in the summary of the job, and a version that is too small does not stop it."""
    git(clone, "update-ref", "refs/remotes/origin/main", "HEAD")
    document = clone / "openapi.yaml"
    text = document.read_text("utf-8")
    edited = text.replace("required: false\n      description: |\n        The language",
                          "required: true\n      description: |\n        The language")  # fmt: skip
    assert edited != text
    document.write_text(edited, "utf-8")
    summary = tmp_path / "summary.md"
    _run("ci", "contract", clone, {"BASE_REF": "main", "GITHUB_STEP_SUMMARY": str(summary)})
    assert "Breaking" in summary.read_text("utf-8")
    assert "X-Language" in summary.read_text("utf-8")
