"""Whatever a user can cause ends in a sentence and an exit code, never in a traceback."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from drs_sync_policy.cli import exits
from tests.processes import PROGRAM

from .conftest import Run

POLICIES = '[{"job_id": "19557d51-1ee6-4507-97a6-8f69164jb201"}]'


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "p.json").write_text(POLICIES)
    return "p.json"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "is not TOML"),
        (b"default = 1", "is not a profile"),
        (b"[default]\nurll = 'x'", "did you mean `url`?"),
        (b"[default]\nregion = 'nowhere'", "eu-de"),
    ],
)
def test_an_invalid_file_of_profiles_is_reported(
    content: bytes, said: str, run: Run, tmp_path: Path
) -> None:
    """Which file, and what is wrong in it."""
    (tmp_path / "profiles.toml").write_bytes(content)
    done = run("set", "j", "--ddl-trans", DRS_PROFILES="profiles.toml", DRS_URL=None)
    assert done.code == exits.WRONG_USE
    assert said in done.err


@pytest.mark.parametrize("journal", ["garbage\n", '{"server": "elsewhere"}\n', "\x00\n"])
def test_a_file_that_is_not_a_journal_is_left_alone(
    journal: str, run: Run, file: str, tmp_path: Path
) -> None:
    """It may be something of value."""
    (tmp_path / "j").write_text(journal)
    done = run("apply", file, "--journal", "j")
    assert done.code == exits.WRONG_USE
    assert "Delete it, or give another" in done.err
    assert (tmp_path / "j").read_text() == journal


def test_standard_input_is_named_in_errors(run: Run) -> None:
    """Like a file. A lone surrogate cannot be sent, so it is an error of the input."""
    done = run("apply", "-", "--format", "json", stdin='[\n{"job_id": "\\ud800"}]')
    assert done.code == exits.WRONG_USE
    assert done.err.startswith("<stdin>:2:12: ")


@pytest.mark.parametrize("arguments", [("contract",), ("apply", "p.json", "--output", "json")])
def test_a_full_disk_is_reported(
    arguments: tuple[str, ...], file: str, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """What cannot be written ends the command with a sentence."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PROGRAM, *arguments], cwd=tmp_path, env=dict(environment), stdout=full,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == exits.BROKEN
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interruption_of_reading_is_one(environment: Mapping[str, str], tmp_path: Path) -> None:
    """Ctrl-C while the policies are typed ends with the code that shells expect."""
    running = subprocess.Popen(
        [PROGRAM, "apply", "-", "--format", "json"], cwd=tmp_path, env=dict(environment),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert running.stdin is not None
    # More than a pipe takes at once: when it is written, the command has begun to read.
    running.stdin.write(b" " * 1_000_000)
    running.stdin.flush()
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == exits.INTERRUPTED
    assert b"Interrupted." in said
    assert b"Traceback" not in said


def test_a_profile_that_cannot_be_written_is_reported(run: Run) -> None:
    """The place is named."""
    arguments = ("--region", "eu-de", "--project-id", "p", "--kind", "token", "--no-verify")
    done = run("login", *arguments, DRS_PROFILES="/proc/nowhere/profiles.toml")
    assert done.code == exits.WRONG_USE
    assert "/proc/nowhere" in done.err
    assert "DRS_PROFILES may name another file" in done.err


def test_advice_is_given_where_it_helps(run: Run, tmp_path: Path) -> None:
    """Where something is missing, and not where something that is there is wrong."""
    (tmp_path / "profiles.toml").write_text("no toml")
    broken = {"DRS_PROFILES": "profiles.toml", "DRS_PROFILE": "p"}
    for options in (broken, {"DRS_LANGUAGE": "de"}):
        done = run("set", "j", "--ddl-trans", **options)
        assert done.code == exits.WRONG_USE
        assert "Give it as an option" not in done.err
        assert "Give it" not in run("doctor", **options).out
    assert "Give it as an option" in run("set", "j", "--ddl-trans", DRS_URL=None).err


def test_a_folder_is_not_a_file_of_profiles(run: Run, tmp_path: Path) -> None:
    """The doctor says so, and not that it is there."""
    done = run("doctor", DRS_PROFILES=str(tmp_path), DRS_TOKEN=None)
    assert done.code == exits.WRONG_USE
    assert "is there" not in done.out
    assert f"{tmp_path} is a folder, not a file of profiles" in done.out


def test_a_login_replaces_no_profile_unasked(run: Run, tmp_path: Path) -> None:
    """Where nobody can be asked it stays as it is, unless the command says otherwise."""
    where = ("--region", "eu-de", "--project-id", "p", "--kind", "token", "--no-verify")
    arguments = ("login", "x", *where)
    assert run(*arguments).code == exits.DONE
    again = run(*arguments)
    assert again.code == exits.WRONG_USE
    assert "--replace" in again.err
    assert run(*arguments, "--replace").code == exits.DONE
