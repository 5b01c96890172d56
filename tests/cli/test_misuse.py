"""Whatever a user can cause ends in a sentence and an exit code, never in a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from drs_sync_policy.cli import exits

from .conftest import Run

POLICIES = '[{"job_id": "19557d51-1ee6-4507-97a6-8f69164jb201"}]'


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "p.json").write_text(POLICIES)
    return "p.json"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("apply", "."), "is a directory"),
        (("apply", "nowhere.json"), "does not exist"),
        (("apply", "p.json", "--journal", "/nonexistent/j"), "cannot be written"),
        (("apply", "p.json", "--journal", "."), "is a directory"),
        (("apply", "p.json", "--edition", "nowhere"), "base"),
        (("apply", "p.json", "--url", "http://[::1"), "no URL"),
        (("apply", "p.json", "--url", "http://h:99999"), "no URL"),
        (("apply", "p.json", "--url", "ftp://h"), "no URL"),
        (("apply", "p.json", "--region", "eu-dee", "--profile", ""), "eu-de"),
        (("set", "j", "--language", "fr"), "'en-us', 'zh-cn'"),
        (("set", "j", "--project-id", ".."), "project_id"),
        (("set", "j", "--conflict-policy", "Ignroe"), "'stop'. Did you mean `ignore`?"),
        (("set", "j", "--conflict-policy", "nothing-like-it"), "'stop'.\n"),
        (("apply", "p.json", "--output", "jsonn"), "Did you mean `json`?"),
        (("sandbox", "--edition", "huawei"), "Did you mean `huawei-cloud`?"),
        (("set", "\udcff"), "lone surrogate"),
        (("explain", ""), "no error code"),
        (("explain",), "CODE"),
        (("completion", "tcsh"), "'bash', 'zsh', 'fish'"),
    ],
)
def test_wrong_use_is_told(arguments: tuple[str, ...], said: str, run: Run, file: str) -> None:
    """With exit code 2, and without having sent anything."""
    variables = {"DRS_URL": None} if "--region" in arguments else {}
    done = run(*arguments, **variables)
    assert done.code == exits.WRONG_USE
    assert said in done.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "is no TOML"),
        (b"default = 1", "is no profile"),
        (b"[default]\nurll = 'x'", "did you mean `url`?"),
        (b"[default]\nregion = 'nowhere'", "eu-de"),
    ],
)
def test_a_bad_file_of_profiles_is_told(
    content: bytes, said: str, run: Run, tmp_path: Path
) -> None:
    """Which file, and what is wrong in it."""
    (tmp_path / "profiles.toml").write_bytes(content)
    done = run("set", "j", DRS_PROFILES="profiles.toml", DRS_URL=None)
    assert done.code == exits.WRONG_USE
    assert said in done.err


@pytest.mark.parametrize("journal", ["garbage\n", '{"server": "elsewhere"}\n', "\x00\n"])
def test_a_file_that_is_no_journal_of_this_is_left_alone(
    journal: str, run: Run, file: str, tmp_path: Path
) -> None:
    """It may be something of value."""
    (tmp_path / "j").write_text(journal)
    done = run("apply", file, "--journal", "j")
    assert done.code == exits.WRONG_USE
    assert "Delete it, or give another" in done.err
    assert (tmp_path / "j").read_text() == journal


def test_half_a_character_is_a_mistake_with_a_place(run: Run) -> None:
    """A lone surrogate cannot be sent, so it is found before."""
    done = run("apply", "-", "--format", "json", stdin='[\n{"job_id": "\\ud800"}]')
    assert done.code == exits.WRONG_USE
    assert "<stdin>:2:12: there is half a character" in done.err


def test_a_full_disk_and_a_closed_pipe_are_told(run: Run, file: str) -> None:
    """What cannot be written ends the command with a sentence."""
    import subprocess

    from .conftest import PROGRAM

    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PROGRAM, "contract"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == exits.BROKEN
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_profile_that_cannot_be_written_is_told(run: Run) -> None:
    """The place is named."""
    arguments = ("--region", "eu-de", "--project-id", "p", "--kind", "token")
    done = run("login", *arguments, DRS_PROFILES="/proc/nowhere/profiles.toml")
    assert done.code == exits.BROKEN
    assert "/proc/nowhere" in done.err
