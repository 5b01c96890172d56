"""Every lint rule of the contract is on, finds what it is for, and says what to do."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tools.documents import ROOT, read_document
from tools.lint_contract import lint, redocly, spectral
from tools.node import node_environment, node_tool
from tools.overlay import apply

FIXTURES = sorted((Path(__file__).parent / "lint").glob("*.yaml"))

Problems = dict[str, list[tuple[str, str]]]


@pytest.fixture(scope="session")
def problems(tmp_path_factory: pytest.TempPathFactory, before: dict[str, Any]) -> Problems:
    """What both linters say of each fixture, as (rule, message); they run once, on all."""
    folder = tmp_path_factory.mktemp("lint")
    files = [folder / f"{fixture.stem}.json" for fixture in FIXTURES]
    for fixture, file in zip(FIXTURES, files, strict=True):
        document = apply(before, read_document(fixture), name=fixture.name)
        file.write_text(json.dumps(document), encoding="utf-8")
    found: Problems = defaultdict(list)
    for report in _documents(_output(redocly("--format", "json", *map(str, files)))):
        for problem in report["problems"]:
            name = Path(problem["location"][0]["source"]["ref"]).stem
            found[name].append((problem["ruleId"], problem["message"]))
    for problem in json.loads(_output(spectral("--format", "json", *map(str, files)))):
        found[Path(problem["source"]).stem].append((str(problem["code"]), problem["message"]))
    return found


def _output(command: list[str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=node_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    return done.stdout


def _documents(text: str) -> list[dict[str, Any]]:
    """Redocly writes one JSON document for each file, one after the other."""
    decoder, found = json.JSONDecoder(), []
    while text := text.lstrip():
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:]
    return found


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_broken_contract_is_refused_by_the_rule_for_it(fixture: Path, problems: Problems) -> None:
    """The rule that the fixture names objects, and names the offender."""
    expected = read_document(fixture)["x-expect"]
    said = [text for rule, text in problems[fixture.stem] if rule == expected["rule"]]
    assert said, problems[fixture.stem]
    assert expected["offender"] in said[0]


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_no_other_rule_of_ours_objects(fixture: Path, problems: Problems) -> None:
    """Each defect is reported once, by one of our rules, with an example to copy."""
    ours = [(rule, text) for rule, text in problems[fixture.stem] if rule.startswith("drs/")]
    expected = read_document(fixture)["x-expect"]["rule"]
    assert [rule for rule, _ in ours] == [expected] * expected.startswith("drs/")
    assert all("\nFor example:\n    " in text for _, text in ours)


def test_every_rule_is_on_and_has_a_failing_fixture() -> None:
    """The plugin's rules, those that the configuration switches on, and the fixtures agree."""
    script = "import p from './overrides/lint/plugin.js'; "
    script += "console.log(JSON.stringify(Object.keys(p().rules.oas3)))"
    done = subprocess.run(
        ["node", "--no-warnings", "--input-type=module", "--eval", script],
        cwd=ROOT, env=node_environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    written = {f"drs/{name}" for name in json.loads(done.stdout)}
    rules = read_document(ROOT / "overrides" / "redocly.yaml")["rules"]
    assert {name for name, level in rules.items() if level == "error"} == written
    fixtures = {read_document(fixture)["x-expect"]["rule"] for fixture in FIXTURES}
    assert {rule for rule in fixtures if rule.startswith("drs/")} == written


def test_the_contract_and_its_frozen_copy_are_clean() -> None:
    """No linter objects to the contract from which the fixtures are made."""
    assert lint(Path(__file__).parent / "before.yaml") == 0


def test_a_missing_tool_ends_with_what_to_do() -> None:
    """Where the npm tools are not installed, the message says how to install them."""
    with pytest.raises(SystemExit, match="`no-such-tool` is not installed: run `make setup`"):
        node_tool("no-such-tool")
