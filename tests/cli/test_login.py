"""The verbs `login` and `doctor`: a profile is written, used and checked."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from drs_sync_policy import sandbox
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.login import write

from .conftest import PROGRAM, Run

UNSET = {"DRS_URL": None, "DRS_PROJECT_ID": None, "DRS_TOKEN": None}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "drs-sync-policy" / "profiles.toml"


def _login(run: Run, server: sandbox.Running, name: str = "default", token: str = "") -> None:
    tenant = server.tenants[0]
    arguments = ("--url", server.url, "--project-id", tenant.project_id, "--kind", "token")
    done = run("login", name, *arguments, DRS_TOKEN=token or tenant.token)
    assert done.code == exits.DONE
    assert tenant.token not in done.out + done.err


def test_a_profile_is_written_and_used(run: Run, server: sandbox.Running, file: Path) -> None:
    """Afterwards no variable is needed; only the owner can read the file."""
    _login(run, server)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert run("set", server.tenants[0].job_ids[0], **UNSET).code == exits.DONE


def test_other_profiles_stay_as_they_are(tmp_path: Path) -> None:
    """Also their comments; a profile of the same name is replaced."""
    file = tmp_path / "profiles.toml"
    file.write_text('# mine\n[a]\nurl = "x" # here\n\n[b]\nurl = "y"\n\n[c]\nurl = "z"\n')
    write(file, "b", {"url": "new", "token": 'q"\\\n'})
    text = file.read_text("utf-8")
    assert '# mine\n[a]\nurl = "x" # here\n' in text
    assert tomllib.loads(text) == {
        "a": {"url": "x"},
        "c": {"url": "z"},
        "b": {"url": "new", "token": 'q"\\\n'},
    }


def test_a_file_that_others_may_read_is_refused(
    run: Run, server: sandbox.Running, file: Path
) -> None:
    """Where it holds a secret, with the command that mends it."""
    _login(run, server)
    file.chmod(0o644)
    done = run("set", "j", **UNSET)
    assert done.code == exits.WRONG_USE
    assert f"chmod 600 {file}" in done.err


def test_a_secret_is_asked_for_without_being_shown(
    server: sandbox.Running, environment: Mapping[str, str], file: Path
) -> None:
    """On a terminal, what is not given is asked for, and a typed token does not appear."""
    tenant = server.tenants[0]
    master, slave = pty.openpty()
    variables = {k: v for k, v in environment.items() if not k.startswith("DRS_")}
    asked = subprocess.Popen(
        [PROGRAM, "login", "typed", "--url", server.url],
        stdin=slave, stdout=slave, stderr=slave, env=variables, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    shown = _converse(
        master,
        {"Project id:": tenant.project_id, "let in": "token", "Token:": tenant.token},
    )
    assert asked.wait(60) == exits.DONE
    os.close(master)
    assert tenant.token not in shown
    assert tenant.project_id in shown
    stored = tomllib.loads(file.read_text("utf-8"))["typed"]
    assert stored["token"] == tenant.token
    assert stored["project_id"] == tenant.project_id


def _converse(terminal: int, answers: dict[str, str]) -> str:
    """Types each answer when its question appears; everything that was shown, until the end."""
    shown, waiting = "", dict(answers)
    while True:
        try:
            shown += os.read(terminal, 4096).decode()
        except OSError:
            return shown
        for question in [q for q in waiting if q in shown]:
            os.write(terminal, (waiting.pop(question) + "\n").encode())


def test_without_a_terminal_a_missing_secret_is_named(run: Run) -> None:
    """A script is told the variable instead of being asked."""
    done = run("login", "--region", "eu-de", "--project-id", "p", "--kind", "aksk", **UNSET)
    assert done.code == exits.WRONG_USE
    assert "DRS_ACCESS_KEY" in done.err


def test_names_and_regions_are_checked(run: Run) -> None:
    """Before anything is asked."""
    assert "letters, digits" in run("login", "a b").err
    assert "eu-de, eu-nl" in run("login", "--region", "eu-dee").err
    assert run("login", "--region", "eu-de", "--url", "http://x").code == exits.WRONG_USE


# --- doctor ------------------------------------------------------------------------------------


def test_a_healthy_setup_is_well(run: Run, server: sandbox.Running) -> None:
    """Every line begins with ok, and no secret is shown."""
    done = run("doctor")
    assert done.code == exits.DONE
    assert [line[:2] for line in done.out.splitlines()] == ["ok"] * 6
    assert "credentials: accepted for this project" in done.out
    assert server.tenants[0].token not in done.out


@pytest.mark.parametrize(
    ("variables", "code", "said"),
    [
        ({"DRS_URL": None}, exits.WRONG_USE, "drs-sync-policy login"),
        ({"DRS_PROFILE": "nowhere"}, exits.WRONG_USE, "nowhere"),
        ({"DRS_URL": "http://127.0.0.1:9"}, exits.UNREACHABLE, "HTTPS_PROXY"),
        ({"DRS_TOKEN": "wrong"}, exits.NOT_ALLOWED, "Send a token from IAM"),
        ({"DRS_PROJECT_ID": "other"}, exits.NOT_ALLOWED, "Compare `project_id`"),
    ],
    ids=["no-url", "no-profile", "no-server", "wrong-token", "wrong-project"],
)
def test_what_ails_is_named_with_what_to_do(
    variables: dict[str, str | None], code: int, said: str, run: Run
) -> None:
    """The first thing that is wrong ends the list, and the exit code tells its kind."""
    done = run("doctor", **variables)
    assert done.code == code
    lines = done.out.splitlines()
    assert any(line.startswith("FAIL") for line in lines)
    assert said in done.out


def test_the_doctor_changes_nothing(run: Run, server: sandbox.Running) -> None:
    """The call that tries the credentials has no jobs, so that it is refused as a whole."""
    path = f"{server.url}/_sandbox/projects/{server.tenants[0].project_id}/jobs"
    before = httpx.get(path).json()
    run("doctor")
    assert httpx.get(path).json() == before
