"""`drs-sync-policy fuzz`: exit codes and files, as scripts rely on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drs_sync_policy import sandbox
from drs_sync_policy.cli.fuzz import command


def _fuzz(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["--budget", "0", *arguments])


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The profile, as TOML, of a sandbox that miscounts."""
    with sandbox.running(faults=["count-off-by-one"]) as served:
        yield sandbox.to_toml(sandbox.target_profile(served.url, tenants=served.tenants))


def test_a_broken_promise_exits_1_and_is_named(described: str, tmp_path: Path) -> None:
    """The promise is told by its id, and the reports are where they were asked for."""
    (tmp_path / "target.toml").write_text(described, "utf-8")
    result = _fuzz("--target", str(tmp_path / "target.toml"), "--report", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert "BROKEN  count-equals-results" in result.output
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"report.html", "junit.xml", "report.ndjson"} <= names


def test_a_refused_token_exits_3(described: str, tmp_path: Path) -> None:
    """The profile's own credentials open nothing."""
    token = next(line for line in described.splitlines() if line.startswith("token ="))
    (tmp_path / "target.toml").write_text(described.replace(token, 'token = "wrong"', 1), "utf-8")
    result = _fuzz("--target", str(tmp_path / "target.toml"))
    assert result.exit_code == 3
    assert "`token`" in result.output


def test_a_server_that_is_not_there_exits_5(tmp_path: Path) -> None:
    """Nobody listens on port 9."""
    (tmp_path / "target.toml").write_text(
        '[target]\nurl = "http://127.0.0.1:9"\ntoken = "t"\nproject_id = "p"\njob_ids = ["a"]\n',
        "utf-8",
    )
    assert _fuzz("--target", str(tmp_path / "target.toml")).exit_code == 5


@pytest.mark.parametrize("arguments", [[], ["--sandbox", "--origin", "pages"]])
def test_wrong_use_exits_2(arguments: list[str]) -> None:
    """No target, or an origin that does not exist."""
    assert _fuzz(*arguments).exit_code == 2


def test_a_wrong_profile_exits_2_with_every_mistake(tmp_path: Path) -> None:
    """Each mistake is told, the nearest right name beside it."""
    (tmp_path / "target.toml").write_text('[target]\nurl = "x"\ntokn = "t"\n', "utf-8")
    result = _fuzz("--target", str(tmp_path / "target.toml"))
    assert result.exit_code == 2
    assert "did you mean `token`?" in result.output
