"""Every lint rule is on, finds what it is for once, and says what to do; harmless styles pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.processes import completed
from tools.documents import CONTRACT, ROOT, read_document
from tools.editions import client_contract
from tools.generate import CLIENT, OVERRIDES, write_client
from tools.lint_contract import Problem, found, lint, report
from tools.overlay import apply
from tools.programs import node_environment, node_tool

pytestmark = pytest.mark.first

HERE = Path(__file__).parent
DEFECTS = sorted((HERE / "lint").glob("*.yaml"))
SECOND = HERE / "second_endpoint.yaml"
STYLES = {style["info"]["title"]: style for style in read_document(HERE / "styles.yaml")["styles"]}

Problems = dict[str, list[Problem]]


@pytest.fixture(scope="session")
def problems(tmp_path_factory: pytest.TempPathFactory, before: dict[str, Any]) -> Problems:
    """What the linters find in each edited contract; they run once, on all."""
    folder = tmp_path_factory.mktemp("lint")
    edits = {path.stem: read_document(path) for path in DEFECTS} | STYLES
    files: dict[Path, str] = {}
    for number, (name, overlay) in enumerate(edits.items()):
        file = (folder / f"{number}.json").resolve()
        file.write_text(json.dumps(apply(before, overlay, name=name)), encoding="utf-8")
        files[file] = name
    second = apply(read_document(CONTRACT), read_document(SECOND), name=SECOND.name)
    (folder / "second.json").write_text(json.dumps(second), encoding="utf-8")
    files[(folder / "second.json").resolve()] = SECOND.name
    return {files[path]: each for path, each in found([*files]).items()}


@pytest.mark.system  # Node reads a hundred contracts
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda path: path.stem)
def test_a_defect_is_reported_once(defect: Path, problems: Problems) -> None:
    """By the rule that the fixture names, with the offender and an example to copy."""
    expected = read_document(defect)["x-expect"]
    (problem,) = problems[defect.stem]
    assert problem.rule == expected["rule"]
    assert expected["offender"] in problem.message
    assert "\nFor example:\n    " in problem.message


@pytest.mark.system  # Node reads a hundred contracts
@pytest.mark.parametrize("style", STYLES)
def test_a_harmless_style_passes(style: str, problems: Problems) -> None:
    """What the contract could be written like, too."""
    assert problems[style] == []


@pytest.mark.system  # Node reads a hundred contracts
def test_a_second_operation_passes(problems: Problems) -> None:
    """No rule of ours was written for one operation."""
    assert problems[SECOND.name] == []


@pytest.mark.system  # each generates a client
@pytest.mark.parametrize("style", STYLES)
def test_a_harmless_style_is_generated(style: str, before: dict[str, Any], tmp_path: Path) -> None:
    """What passes the linters has a client, with a class for each named schema."""
    document = client_contract(apply(before, STYLES[style], name=style), {})
    write_client(tmp_path / CLIENT, templates=OVERRIDES / "templates", document=document)
    for file in (tmp_path / CLIENT).rglob("*.py"):
        compile(file.read_text("utf-8"), str(file), "exec")


def test_there_are_many_of_each() -> None:
    """The table in the docs counts them."""
    assert len(DEFECTS) >= 40
    assert len(STYLES) >= 30


def test_every_rule_is_on_and_has_a_failing_fixture() -> None:
    """The plugin's rules, those that the configuration switches on, and the fixtures agree."""
    script = "import p from './overrides/lint/plugin.js'; "
    script += "console.log(JSON.stringify(Object.keys(p().rules.oas3)))"
    done = completed(
        ["node", "--no-warnings", "--input-type=module", "--eval", script],
        cwd=ROOT,
        env=node_environment(),
        check=True,
    )
    written = {f"drs/{name}" for name in json.loads(done.stdout)}
    rules = read_document(ROOT / "overrides" / "redocly.yaml")["rules"]
    assert {name for name, level in rules.items() if level == "error"} == written
    fixtures = {read_document(defect)["x-expect"]["rule"] for defect in DEFECTS}
    assert {rule for rule in fixtures if rule.startswith("drs/")} == written


def test_the_report_names_the_line(tmp_path: Path) -> None:
    """That of the key in the YAML, and the message is indented below it."""
    file = tmp_path / "openapi.yaml"
    file.write_text("info:\n  title: x\npaths:\n  /a:\n    get: {}\n")
    text = report(file, [Problem("/paths/~1a/get", 0, "drs/x", "Wrong.\nFor example:\n    a:")])
    assert text == "openapi.yaml:5: drs/x\n    Wrong.\n    For example:\n        a:\n"


@pytest.mark.system  # starts Node twice; the tests of the defects would fail, too
def test_the_contract_and_its_frozen_copy_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    """No linter objects to the contract from which the fixtures are made."""
    assert lint(HERE / "before.yaml") == 0
    assert capsys.readouterr().out == "The linters find no defect.\n"


def test_a_missing_tool_ends_with_what_to_do() -> None:
    """Where the npm tools are not installed, the message says how to install them."""
    remedy = r"`no-such-tool` is not installed: run `make setup setup-node`"
    with pytest.raises(SystemExit, match=remedy):
        node_tool("no-such-tool")
