"""`drs-sync-policy fuzz`: exit codes and files, as scripts rely on them."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from drs_sync_policy import sandbox
from drs_sync_policy.cli import exits, main
from tests.fuzz import servers
from tests.fuzz.servers import Habits, Handler
from tests.processes import PROGRAM, completed

Fuzz = Callable[..., Result]
NOBODY = '[target]\nurl = "http://127.0.0.1:9"\ntoken = "t"\nproject_id = "p"\njob_ids = ["a"]\n'
"""The profile of a server that is not there."""


def _fuzz(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["fuzz", "--budget", "0", *arguments])


@pytest.fixture
def fuzz(tmp_path: Path) -> Fuzz:
    """The command with a profile of this text."""

    def run(profile: str, *arguments: str) -> Result:
        path = tmp_path / "target.toml"
        path.write_text(profile, "utf-8")
        return _fuzz("--target", str(path), *arguments)

    return run


@pytest.fixture
def described() -> Iterator[str]:
    """The profile, as TOML, of a sandbox that miscounts."""
    with sandbox.running(faults=["count-off-by-one"]) as served:
        yield sandbox.to_toml(sandbox.target_profile(served.url, tenants=served.tenants))


def test_a_violated_rule_exits_1_and_is_named(described: str, fuzz: Fuzz, tmp_path: Path) -> None:
    """The rule is shown by its id, and the reports are where they were asked for."""
    result = fuzz(described, "--fail-fast", "--report", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert "FAILED  count-equals-results" in result.output
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"report.html", "junit.xml"} <= names


def test_our_sandbox_can_have_a_fault() -> None:
    """How a fault is reported can be tried in one command; a wrong name is a usage error."""
    rule = ("--rule", "count-equals-results", "--fail-fast")
    found = _fuzz("--sandbox", "--fault", "count-off-by-one", *rule)
    assert found.exit_code == 1, found.output
    assert "FAILED  count-equals-results" in found.output
    wrong = _fuzz("--sandbox", "--fault", "count-off-by-two")
    assert wrong.exit_code == exits.WRONG_USE
    assert "count-off-by-one" in wrong.output
    alone = _fuzz("--fault", "count-off-by-one", "--target", __file__)
    assert alone.exit_code == exits.WRONG_USE
    assert "`--fault` needs `--sandbox`" in alone.output


@pytest.mark.system
def test_the_jobs_that_change_are_named_of_a_profile_only(described: str, fuzz: Fuzz) -> None:
    """Our own sandbox ends with the run: no job of it has to be restored."""
    rule = ("--rule", "count-equals-results")
    checked = fuzz(described, *rule)
    assert "are overwritten" in checked.output
    assert "may have changed the policy" in checked.output
    ours = _fuzz("--sandbox", *rule)
    assert ours.exit_code == 0
    assert "overwritten" not in ours.output
    assert "may have changed" not in ours.output


def test_a_refused_token_exits_3(described: str, fuzz: Fuzz) -> None:
    """The profile's own credentials open nothing."""
    token = next(line for line in described.splitlines() if line.startswith("token ="))
    result = fuzz(described.replace(token, 'token = "wrong"', 1))
    assert result.exit_code == 3
    assert "`token`" in result.output


@pytest.mark.usefixtures("given_up_soon")
def test_a_server_that_is_not_there_exits_5(fuzz: Fuzz) -> None:
    """Nobody listens on port 9."""
    assert fuzz(NOBODY).exit_code == 5


def test_a_real_service_exits_2_before_anything_is_sent(fuzz: Fuzz) -> None:
    """Its host is in the contract's `servers`, and the profile does not allow it."""
    real = NOBODY.replace("http://127.0.0.1:9", "https://drs.eu-de.otc.t-systems.com")
    result = fuzz(f'{real}start = "touch started"\n')
    assert result.exit_code == exits.WRONG_USE
    assert "allow_real_service = true" in result.output
    assert not Path("started").exists()


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("start", "sh -c 'echo no luck >&2; exit 3'"),
        ("reset", "sh -c 'echo no luck >&2; exit 3'"),
        ("ready", "no-such-program"),
    ],
)
def test_a_command_of_the_profile_that_fails_exits_2(
    described: str, fuzz: Fuzz, key: str, command: str
) -> None:
    """What the profile configures must work: the reason has the command's name and output."""
    text = described.replace("[target]", f'[target]\n{key} = "{command}"', 1)
    if key == "start":  # Else the port is open, and the server counts as ready.
        text = re.sub("http://127.0.0.1:[0-9]+", "http://127.0.0.1:9", text)
    result = fuzz(text)
    assert result.exit_code == exits.WRONG_USE
    assert f"`{key}`" in result.output
    assert ("no luck" in result.output) == ("exit 3" in command)


def test_a_folder_that_cannot_take_reports_exits_2_before_the_run(
    fuzz: Fuzz, tmp_path: Path
) -> None:
    """A file in the way of the folder, a report that is a folder: an error before the run."""
    (tmp_path / "file").touch()
    (tmp_path / "taken" / "junit.xml").mkdir(parents=True)
    for folder in ("file", "file/out", "taken", "/proc/reports"):
        result = fuzz(NOBODY, "--report", str(tmp_path / folder))
        assert result.exit_code == exits.WRONG_USE
        assert "--report" in result.output
        assert "Traceback" not in result.output


@pytest.mark.system
def test_judging_our_sandbox_writes_nothing_to_stderr() -> None:
    """What the fuzzer sends on purpose is nothing for the sandbox in its process to remark on."""
    command = [PROGRAM, "fuzz", "--sandbox", "--budget", "0"]
    done = completed(command)
    assert done.returncode == exits.DONE, done.stdout
    assert done.stderr == ""


class Sweeping(Handler):
    """Redirects, and makes the folder of the reports a file while it is at it."""

    folder: Path

    def throttle(self) -> None:
        if self.folder.is_dir():
            shutil.rmtree(self.folder)
            self.folder.touch()
        raise servers.Refused(302)


def test_reports_that_can_no_longer_be_written_lose_no_verdict(fuzz: Fuzz, tmp_path: Path) -> None:
    """The folder went away during the run: the verdict is shown, and what became of the reports."""
    out = tmp_path / "out"
    handler = type("SweepingOnce", (Sweeping,), {"folder": out})
    with servers.serving(Habits(readback=False), handler) as server:
        profile = sandbox.to_toml(servers.described(server))
        result = fuzz(profile, "--fail-fast", "--report", str(out))
    assert result.exit_code == 6
    assert "FAILED  status-is-documented" in result.output
    assert "the reports could not be written" in result.output


class Stalling(Handler):
    """Keeps the contract for some requests, then makes every client wait for a while."""

    stalled = threading.Event()

    def throttle(self) -> None:
        self.server.requests += 1
        if self.server.requests > 60:
            self.stalled.set()
            self.server.hung.wait(1)


def test_ctrl_c_ends_the_run_with_what_was_checked(tmp_path: Path) -> None:
    """The exit code is that of Ctrl-C; the reports say what was checked, and why not the rest."""
    with servers.serving(handler=Stalling) as server:
        (tmp_path / "target.toml").write_text(sandbox.to_toml(servers.described(server)), "utf-8")
        running = subprocess.Popen(
            [PROGRAM, "fuzz", "--target", "target.toml", "--report", "out", "--budget", "20"],
            cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert Stalling.stalled.wait(60)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == exits.INTERRUPTED
    assert err == ""
    assert "interrupted: stopped by hand during the scenario" in out
    suite = ET.parse(tmp_path / "out/junit.xml").getroot()
    assert suite.get("errors") == "1"
    assert suite.get("name") == "drs-sync-policy fuzz"
    skipped = list(suite.iter("skipped"))
    assert skipped
    assert all((case.get("message") or "").startswith("not checked: ") for case in skipped)
