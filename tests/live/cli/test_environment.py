"""The command where little is there: no home, no user, no readable profile, nobody who reads."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from drs_sync_policy import sandbox
from drs_sync_policy.cli import exits
from tests.processes import PROGRAM, completed

from .conftest import Run

NO_HOME = {"HOME": None, "XDG_CONFIG_HOME": None}


def _without_user() -> None:
    """Another user id, which nobody has; the rights stay, so that Python itself can be read."""
    os.setresuid(54321, 0, 0)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can run it as another user")
@pytest.mark.parametrize(("profile", "code"), [(None, exits.DONE), ("x", exits.WRONG_USE)])
def test_a_complete_environment_needs_no_home_and_no_user(
    profile: str | None, code: int, environment: Mapping[str, str], server: sandbox.Running
) -> None:
    """A container with an unknown user id has neither; a profile that is named is missed."""
    given = {name: environment[name] for name in environment if name not in NO_HOME}
    given |= {"DRS_PROFILE": profile} if profile else {}
    done = completed(
        [PROGRAM, "set", server.tenants[0].job_ids[0], "--ddl-trans"],
        cwd="/",
        env=given,
        preexec_fn=_without_user,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert ("HOME is not set" in done.stderr) == (profile is not None)


@pytest.mark.parametrize("content", [b"no = toml =", b"\xff", None])
def test_a_default_profile_that_cannot_be_read_is_needed_only_for_what_is_missing(
    content: bytes | None, run: Run, server: sandbox.Running, tmp_path: Path
) -> None:
    """With everything in the environment it is ignored; else it is the error."""
    file = tmp_path / "profiles.toml"
    file.mkdir() if content is None else file.write_bytes(content)
    job, where = server.tenants[0].job_ids[0], {"DRS_PROFILES": str(file)}
    assert run("set", job, "--ddl-trans", **where).code == exits.DONE
    for lacking in (run("set", job, "--ddl-trans", DRS_TOKEN=None, **where),
                    run("set", job, "--ddl-trans", "--profile", "p", **where)):  # fmt: skip
        assert lacking.code == exits.WRONG_USE
        assert str(file) in lacking.err


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_a_closed_stream_raises_nothing(
    closed: tuple[int, ...], environment: Mapping[str, str], server: sandbox.Running, tmp_path: Path
) -> None:
    """The policies are set, and no file is written to in place of the stream."""
    (tmp_path / "p.csv").write_text(f"job_id\n{server.tenants[0].job_ids[0]}\nno-such-job\n")
    redirected = " ".join(f"{number}>&-" for number in closed)
    done = completed(
        ["bash", "-c", f'exec "$0" apply p.csv {redirected}', PROGRAM],
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == exits.BROKEN
    assert "Traceback" not in done.stderr
    journal = (tmp_path / "p.csv.journal").read_text()
    assert [line[:2] for line in journal.splitlines()] == ['{"', '{"']


def test_a_reader_that_stops_changes_no_exit_code(
    environment: Mapping[str, str], server: sandbox.Running, tmp_path: Path
) -> None:
    """`| head` gets what it reads; the run ends as without it, with its summary."""
    (tmp_path / "p.csv").write_text(f"job_id\n{server.tenants[0].job_ids[0]}\n")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [PROGRAM, "apply", "p.csv"],
        cwd=tmp_path, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (exits.DONE, "1 job: 1 succeeded\n")
    assert not (tmp_path / "p.csv.journal").exists()
