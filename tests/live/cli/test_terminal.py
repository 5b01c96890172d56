"""The command in a terminal: wide, narrow, without colours, and piped."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from unicodedata import east_asian_width

import pytest

from drs_sync_policy import sandbox
from drs_sync_policy.cli import exits
from tests.live.cli.terminal import in_terminal
from tests.processes import PROGRAM

from .conftest import Run

JOBS = 60
APPLY = (PROGRAM, "apply")


@pytest.fixture
def file(server: sandbox.Running, tmp_path: Path) -> str:
    own = server.tenants[0].job_ids[0]
    items = [{"job_id": own}] * JOBS + [{"job_id": f"no-such-job-{n}"} for n in range(3)]
    (tmp_path / "p.json").write_text(json.dumps(items))
    return "p.json"


def _in_terminal(
    columns: int, folder: Path, variables: Mapping[str, str], *command: str, code: int
) -> str:
    """Everything that a terminal of this width was sent; the command ended with `code`."""
    ended, shown = in_terminal(*command, cwd=folder, env=variables, columns=columns)
    assert ended == code
    return shown


@pytest.mark.parametrize("columns", [50, 160])
def test_a_terminal_shows_progress_and_what_needs_a_look(
    columns: int, file: str, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """A bar while it runs; then only the jobs that failed, in lines that fit."""
    variables = {k: v for k, v in environment.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
    shown = _in_terminal(
        columns, tmp_path, variables, *APPLY, file, "--batch", "5", code=exits.BROKEN
    )
    assert "Setting policies" in shown
    assert "\x1b[31m" in shown
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown).replace("\r", "")
    table = plain.split("Setting policies")[-1]
    assert "Traceback" not in plain
    # A job's id may be folded, the number of its line in the file is not.
    numbers = re.findall(r"^ *(\d+) +no-such-job", table, re.MULTILINE)
    assert numbers == [str(JOBS + 1), str(JOBS + 2), str(JOBS + 3)]
    # Once for each job, and twice in the line of remedy: the code, and how to have it explained.
    assert table.count("DRS.M05003") == 3 + 2
    assert f"{JOBS + 3} jobs: {JOBS} succeeded, 3 failed" in plain
    rows = table.split("#", 1)[1].split(f"{JOBS + 3} jobs:")[0]
    assert [line for line in rows.splitlines() if len(line.rstrip()) > columns] == []


def test_a_terminal_shows_that_a_large_file_is_being_read(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    """Seconds without a sign of life look like a program that hangs."""
    variables = {**environment, "TERM": "xterm"}
    for rows, shown in ((60_000, True), (10, False)):
        (tmp_path / "p.csv").write_text("job_id,ddl_trans\n" + "no-such-job,maybe\n" * rows)
        seen = _in_terminal(120, tmp_path, variables, *APPLY, "p.csv", code=exits.WRONG_USE)
        assert ("Reading p.csv (1.1 MB)" in seen) == shown
        assert f"{rows:,} errors" in seen


JOB = "19557d51-1ee6-4507-97a6-8f69164jb20"


@pytest.mark.parametrize("columns", [50, 80, 160])
def test_the_id_of_a_job_can_be_copied_from_every_table(
    columns: int, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """It is never broken, no line ends in blanks, and no word is cut, however narrow it is."""
    items = [{"job_id": f"{JOB}{n}"} for n in range(30)]
    (tmp_path / "p.json").write_text(json.dumps(items))
    variables = {**environment, "TERM": "xterm"}
    shown = _in_terminal(columns, tmp_path, variables, *APPLY, "p.json", code=exits.BROKEN)
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown).replace("\r", "").splitlines()
    found = [line for line in lines if JOB in line]
    assert [re.findall(rf"{JOB}[0-9]+", line) for line in found] == [
        [f"{JOB}{n}"] for n in range(30)
    ]
    table = lines[lines.index(found[0]) :]
    assert [line for line in table if len(line) > columns or line != line.rstrip()] == []
    assert "Task information not found." in " ".join(" ".join(table).split())


COMMANDS = (
    (("explain", "APIGW.0301", "DRS.M00304", "count-equals-results"), exits.DONE),
    (("contract", "rules"), exits.DONE),
    (("contract", "codes"), exits.DONE),
    (("doctor", "--url", "http://127.0.0.1:9"), exits.UNREACHABLE),
    (("apply", "p.csv"), exits.WRONG_USE),
    (("apply", "p.json"), exits.BROKEN),
)
EACH = r"""
import json, sys
from drs_sync_policy.cli import main
for arguments in json.loads(sys.argv[1]):
    try:
        main(arguments, prog_name="drs-sync-policy")
    except SystemExit as ended:
        print(f"\0{ended.code}", end="\0", flush=True)
"""
"""Runs one command after the other, with its exit code between two NUL."""


@pytest.mark.parametrize("columns", [50, 160])
def test_sentences_are_folded_between_words(
    columns: int, run: Run, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """At the width of the terminal, and at 100 columns at most; piped they are not folded."""
    (tmp_path / "p.csv").write_text("job_id,conflict_polcy\nj,stop\n")
    (tmp_path / "p.json").write_text('[{"job_id": "no-such-job"}]')
    variables = {**environment, "TERM": "xterm", "DRS_PROFILES": "profiles.toml"}
    python = [sys.executable, "-c", EACH, json.dumps([arguments for arguments, _ in COMMANDS])]
    shown = _in_terminal(columns, tmp_path, variables, *python, code=exits.DONE)
    *parts, rest = shown.replace("\r", "").split("\0")
    assert [int(code) for code in parts[1::2]] == [code for _, code in COMMANDS]
    assert not rest
    for (arguments, _), part in zip(COMMANDS, parts[::2], strict=True):
        lines = part.splitlines()
        assert [line for line in lines if _width(line) > min(columns, 100)] == [], arguments
        piped = run(*arguments, DRS_PROFILES="profiles.toml")
        words = (piped.out + piped.err).split()
        assert sorted("".join(lines).replace(" ", "")) == sorted("".join(words)), arguments
        longest = max((piped.out + piped.err).splitlines(), key=_width)
        assert _width(longest) > 50, arguments


def _width(line: str) -> int:
    return sum(1 + (east_asian_width(character) in "WF") for character in line)


def test_no_colour_where_none_is_wanted(
    file: str, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """NO_COLOR is heeded in a terminal, too (https://no-color.org)."""
    variables = {**environment, "TERM": "xterm", "NO_COLOR": "1"}
    shown = _in_terminal(120, tmp_path, variables, *APPLY, file, code=exits.BROKEN)
    assert re.search(r"\x1b\[[0-9;]*3[0-9]m", shown) is None


def test_piped_a_line_is_a_job_and_nothing_else_is_on_stdout(run: Run, file: str) -> None:
    """No bar, no colour, no folding, whatever the width that a program thinks it has."""
    done = run("apply", file, COLUMNS="20", NO_COLOR=None)
    assert "\x1b" not in done.out + done.err
    assert "Setting policies" not in done.err
    head, *rows = done.out.splitlines()
    assert head.split() == ["#", "job", "state", "code", "message"]
    assert [row.split()[1] for row in rows] == [f"no-such-job-{n}" for n in range(3)]
    assert all(row.rstrip().endswith("Task information not found.") for row in rows)
