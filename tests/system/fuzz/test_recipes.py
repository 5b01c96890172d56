"""The CI recipes of the guide, run as they are published, on a server in Node.

Three things are not done as a runner would. This environment replaces the install line.
Actions (`uses:`) do not run: the test looks at what they are given. And the fuzzer gets
`--budget 0`. In its 30 s all required scenarios end on a runner, but maybe not on a machine that
does other work. With 0 they always end, however long that takes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import metadata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from attrs import frozen

ROOT = Path(__file__).parents[3]
NODE = ROOT / "tests" / "fuzz" / "node"
PAGE = (ROOT / "docs" / "recipes.md").read_text("utf-8")
SECRETS = {"DRS_TOKEN": "node-token-one-5f2c81", "DRS_OTHER_TOKEN": "node-token-two-90ab3e"}
INSTALL = re.compile(r'pip install "([a-z-]+)\[([a-z]+)\] @ git\+https://git\.example\.org/\1"')
INPUTS = {
    "actions/checkout@v4": set[str](),
    "actions/setup-node@v4": {"node-version"},
    "actions/setup-python@v5": {"python-version"},
    "actions/upload-artifact@v4": {"name", "path"},
    "actions/download-artifact@v4": {"pattern"},
}
"""What the recipes give to actions, all of it in the actions' own descriptions."""

ALL_REQUIRED = ("drs-sync-policy fuzz ", "drs-sync-policy fuzz --budget 0 ")


@frozen
class Done:
    """A shell step that ran: its line, exit code and output."""

    line: str
    code: int
    out: str


def _recipe(mark: str) -> dict[Any, Any]:
    """The one YAML block of the page with `mark` in it, parsed."""
    (block,) = [text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if mark in text]
    parsed: dict[Any, Any] = yaml.safe_load(block)
    return parsed


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    """A repository in Node, with a profile that starts its server on a free port.

    The port stays free until the end. A server may take it, because both sides reuse addresses; the
    system gives it to nobody else. Otherwise, between two servers, any test on the machine could
    get it.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield _repository(tmp_path, held.getsockname()[1])


def _repository(tmp_path: Path, port: int) -> Path:
    shutil.copy(NODE / "server.mjs", tmp_path)
    profile = (NODE / "target.toml").read_text("utf-8").replace("18080", str(port))
    (tmp_path / "target.toml").write_text(profile.replace("tests/fuzz/node/", ""), "utf-8")
    package = {"name": "server", "version": "1.0.0"}
    (tmp_path / "package.json").write_text(json.dumps(package), "utf-8")
    lock = {**package, "lockfileVersion": 3, "requires": True, "packages": {"": package}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock), "utf-8")
    return tmp_path


def _break(repository: Path) -> None:
    """Make the server of the repository miscount."""
    path = repository / "target.toml"
    path.write_text(re.sub(r"(server.mjs \d+)", r"\1 count", path.read_text("utf-8")), "utf-8")


def _environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DRS_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, **variables}


def _shell(line: str, *, where: Path, environment: Mapping[str, str], options: str) -> Done:
    installs = INSTALL.fullmatch(line.strip())
    if installs:
        assert installs[2] in (metadata(installs[1]).get_all("Provides-Extra") or ())
        return Done(line, 0, "")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", *options.split(), "-c", line.replace(*ALL_REQUIRED)],
        cwd=where, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        check=False,
    )  # fmt: skip
    return Done(line, done.returncode, done.stdout)


def _filled(text: str) -> str:
    """`text` with the expressions of GitHub that the recipe has replaced by their values."""
    known = {
        **{f"secrets.{name}": value for name, value in SECRETS.items()},
        "github.run_number": "7",
    }
    return re.sub(r"\$\{\{ *(.+?) *\}\}", lambda found: known[found[1]], text)


def _on_github(
    steps: list[dict[str, Any]], variables: Mapping[str, str], where: Path
) -> list[Done]:
    """The shell steps that a runner would run, and no other."""
    done: list[Done] = []
    for step in steps:
        failed = any(entry.code for entry in done)
        wanted = {"": not failed, "failure()": failed, "always()": True}[step.get("if", "")]
        if wanted and "run" in step:
            environment = _environment(**variables, GITHUB_ACTIONS="true")
            line = _filled(step["run"])
            done.append(_shell(line, where=where, environment=environment, options="-e"))
    return done


def test_the_recipe_for_github_fails_annotates_and_keeps_the_reports(repository: Path) -> None:
    """A server that miscounts: exit code 1, an annotation for it, and the folder to be uploaded."""
    _break(repository)
    recipe = _recipe("name: contract\n")
    assert recipe[True] == ["push", "pull_request"]  # YAML 1.1 reads `on` so
    (job,) = recipe["jobs"].values()
    variables = {name: _filled(value) for name, value in job["env"].items()}
    assert variables == SECRETS

    *before, checking = _on_github(job["steps"], variables, repository)

    assert [entry.code for entry in before] == [0, 0], before
    assert "drs-sync-policy fuzz" in checking.line
    assert checking.code == 1, checking.out
    annotations = re.findall(r"^::error title=([a-z-]+)::\S", checking.out, re.MULTILINE)
    assert "count-equals-results" in annotations
    assert annotations == re.findall(r"^FAILED ([a-z-]+)", checking.out, re.MULTILINE)

    for step in job["steps"]:
        if "uses" in step:
            assert set(step.get("with", {})) == INPUTS[step["uses"]]
    (upload,) = [step for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    assert upload["if"] == "always()"
    names = {path.name for path in (repository / upload["with"]["path"]).iterdir()}
    assert {"report.html", "junit.xml"} <= names


def test_the_recipe_for_several_seeds_gives_one_verdict(repository: Path) -> None:
    """The seeds in turn, on a server that miscounts; only the job that merges them fails."""
    _break(repository)
    jobs = _recipe("download-artifact")["jobs"]
    fuzz, merging = jobs["fuzz"], jobs["verdict"]
    seeds = fuzz["strategy"]["matrix"]["seed"]
    assert merging["needs"] == "fuzz"
    variables = {name: _filled(value) for name, value in fuzz["env"].items()}
    for seed in seeds[:2]:
        steps = json.loads(json.dumps(fuzz["steps"]).replace("${{ matrix.seed }}", str(seed)))
        *_, run = _on_github(steps, variables, repository)
        assert f"--seed {seed}" in run.line
        assert run.code == 1, run.out
        checking, upload = steps[-2:]
        assert checking["continue-on-error"] is True
        assert (repository / upload["with"]["path"] / "verdict.json").is_file()
    done = _on_github(merging["steps"], {}, repository)[-1]
    assert done.code == 1, done.out
    assert "FAILED count-equals-results" in done.out
    assert all(f"merged `seed-{seed}`: seed {seed}" in done.out for seed in seeds[:2])
    (upload,) = [step for step in merging["steps"] if "upload-artifact" in step.get("uses", "")]
    assert (repository / upload["with"]["path"] / "report.html").is_file()
    for step in (*fuzz["steps"], *merging["steps"]):
        if "uses" in step:
            assert set(step.get("with", {})) <= INPUTS[step["uses"]]


def test_the_recipe_for_gitlab_passes_and_keeps_the_reports(repository: Path) -> None:
    """A server that keeps the contract: exit code 0, and JUnit's file where GitLab reads it."""
    (job,) = _recipe("CI_PIPELINE_IID").values()
    environment = _environment(**SECRETS, CI_PIPELINE_IID="7")

    # A runner joins the lines to one script; one by one, each shows what it said.
    done = [
        _shell(line, where=repository, environment=environment, options="-eo pipefail")
        for line in job["script"]
    ]

    assert [entry.code for entry in done] == [0, 0, 0], done[-1].out
    assert "--seed 7" in done[-1].out
    kept = job["artifacts"]
    assert kept["when"] == "always"
    assert [path for path in kept["paths"] if not (repository / path).is_dir()] == []
    suite = ET.parse(repository / kept["reports"]["junit"]).getroot()
    assert (suite.tag, suite.get("failures"), suite.get("errors")) == ("testsuite", "0", "0")
    assert int(suite.get("tests", "0")) > 40
