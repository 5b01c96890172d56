"""`tools/verify.py`: what an author reads last says which step failed, why, and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.verify import AFTER, BESIDE, FIRST, LEFT_OUT, Outcome, Step, closing, verify

ROOT = Path(__file__).resolve().parents[2]
TESTS = Step("verify-tests", "add what is missing")


def test_every_step_runs_and_the_failed_ones_are_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failure stops nothing, so that one run shows everything; all output is there."""
    makefile = (
        "write:\n\t@sleep 0.2; touch written\n\nlint:\n\t@echo linted; exit 1\n\n"
        "tests:\n\t@ls written >&2\n\nfuzz:\n\t@exit 3\n"
    )
    (tmp_path / "Makefile").write_text(makefile)
    write, lint, tests, fuzz = [Step(verb, "") for verb in ("write", "lint", "tests", "fuzz")]
    outcomes = verify(tmp_path, first=write, beside=[lint], after=[tests, fuzz])
    assert [(o.step.verb, o.fit) for o in outcomes] == [
        ("write", True),
        ("lint", False),
        ("tests", True),
        ("fuzz", False),
    ]
    said = capsys.readouterr().out
    assert "--- lint\nlinted\n" in said
    assert "--- tests\nwritten\n" in said


def test_the_end_says_what_is_missing_and_what_to_do() -> None:
    """A documented step that was left out is reported in plain words, not by an assertion."""
    output = (
        "E       AssertionError: docs/trace.md has no row for: #/x\n"
        "E       assert not ['#/x']\n"
        "FAILED tests/build/test_trace.py::test_every_part - Asse...\n"
    )
    said = closing([Outcome(TESTS, output, False), Outcome(TESTS, "", True)], seconds=41.4)
    assert said.splitlines() == [
        "verify-contract: 41 s, the contract is NOT fit: 1 of 2 steps failed",
        "  verify-tests (alone: make verify-tests)",
        "    docs/trace.md has no row for: #/x",
        "    What to do: add what is missing.",
    ]


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "1 breaking. **`info.version` is 1.0.0, which is too small: set it to 2.0.0** in",
            "`info.version` is 1.0.0, which is too small: set it to 2.0.0",
        ),
        ("src/a.py:3: error: no such name  [x]\nFound 1", "src/a.py:3: error: no such name  [x]"),
        ("  src/a.py:3:1 - error: no such name\n", "src/a.py:3:1 - error: no such name"),
        ("E       assert 1 == 2\nFAILED tests/a.py::b - assert 1", "tests/a.py::b"),
        ("E   assert 1\n" + "FAILED t\n" * 3, "t"),
    ],
)
def test_each_tool_is_quoted_in_its_own_words(output: str, reason: str) -> None:
    """The gate, the type checkers and tests each have their way to say what is wrong."""
    said = closing([Outcome(TESTS, output, False)], seconds=1).splitlines()
    assert said[2:-1] == [f"    {reason}"]


def test_many_reasons_are_counted() -> None:
    """The end stays short."""
    output = "".join(f"a.py:{line}: error: x\n" for line in range(9))
    assert "    and 4 more, above" in closing([Outcome(TESTS, output, False)], seconds=1)


def test_a_fit_contract_needs_few_words() -> None:
    """That it is fit, and what was left out."""
    assert closing([Outcome(TESTS, "", True)], seconds=2) == (
        f"verify-contract: 2 s, the contract is fit\n{LEFT_OUT}"
    )


def test_each_step_is_a_verb_and_says_what_to_do() -> None:
    """What is run can be run alone."""
    verbs = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for step in (FIRST, *BESIDE, *AFTER):
        assert step.verb in verbs
        assert step.remedy
