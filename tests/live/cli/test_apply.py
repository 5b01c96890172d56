"""The verb `apply`, against a live sandbox."""

from __future__ import annotations

import csv
import io
import json
import resource
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from drs_sync_policy import sandbox
from drs_sync_policy.cli import exits
from tests.processes import PROGRAM, completed

from .conftest import Run

UNKNOWN = "no-such-job"
Items = Sequence[Mapping[str, Any]]


@pytest.fixture
def jobs(server: sandbox.Running) -> tuple[str, ...]:
    return server.tenants[0].job_ids


def _file(folder: Path, items: Items, name: str = "policies.json") -> str:
    (folder / name).write_text(json.dumps({"jobs": items}), "utf-8")
    return name


def _stored(server: sandbox.Running, job_id: str) -> Any:
    project = server.tenants[0].project_id
    path = f"{server.url}/_sandbox/projects/{project}/jobs/{job_id}"
    return httpx.get(path).json()["policy"]


def test_every_policy_is_set(
    run: Run, server: sandbox.Running, jobs: tuple[str, ...], tmp_path: Path
) -> None:
    """The file's fields are stored as they stand in it; the journal is gone when all is done."""
    items: Items = [
        {"job_id": jobs[0], "conflict_policy": "stop", "ddl_trans": False},
        {"job_id": jobs[1]},
    ]
    done = run("apply", _file(tmp_path, items))
    assert done.code == exits.DONE
    assert "2 jobs: 2 succeeded" in done.err
    assert _stored(server, jobs[0])["conflict_policy"] == "stop"
    assert _stored(server, jobs[0])["ddl_trans"] is False
    assert not (tmp_path / "policies.json.journal").exists()


def test_yaml_csv_and_stdin_are_read_too(
    run: Run, server: sandbox.Running, jobs: tuple[str, ...], tmp_path: Path
) -> None:
    """The format follows from the name, or is given."""
    (tmp_path / "p.yaml").write_text(f"- job_id: {jobs[0]}\n  conflict_policy: ignore\n")
    (tmp_path / "p.csv").write_text(f"job_id,conflict_policy\n{jobs[1]},overwrite\n")
    assert run("apply", "p.yaml").code == exits.DONE
    assert run("apply", "p.csv").code == exits.DONE
    given = f'[{{"job_id": "{jobs[2]}", "conflict_policy": "stop"}}]'
    assert run("apply", "-", "--format", "json", stdin=given).code == exits.DONE
    kept = [_stored(server, job)["conflict_policy"] for job in jobs[:3]]
    assert kept == ["ignore", "overwrite", "stop"]
    assert run("apply", "-", stdin=given).code == exits.WRONG_USE


def test_a_failed_job_is_reported_with_what_to_do(
    run: Run, jobs: tuple[str, ...], tmp_path: Path
) -> None:
    """The others are set; code, message and remedy are shown, and the exit code is 1."""
    done = run("apply", _file(tmp_path, [{"job_id": UNKNOWN}, {"job_id": jobs[0]}]))
    assert done.code == exits.BROKEN
    assert "DRS.M05003" in done.out
    assert "2 jobs: 1 failed, 1 succeeded" in done.err
    assert "DRS.M05003: There is no job of this id" in done.err


@pytest.mark.parametrize("output", ["json", "csv"])
def test_programs_get_every_row(
    output: str, run: Run, jobs: tuple[str, ...], tmp_path: Path
) -> None:
    """JSON and CSV have each item in the order of the file, and nothing else is on stdout."""
    items = [{"job_id": jobs[0]}] * 50 + [{"job_id": UNKNOWN}]
    done = run("apply", _file(tmp_path, items), "--output", output)
    rows = json.loads(done.out) if output == "json" else list(csv.DictReader(io.StringIO(done.out)))
    assert [str(row["number"]) for row in rows] == [str(n) for n in range(1, 52)]
    assert {row["state"] for row in rows[:50]} == {"succeeded"}
    assert rows[50]["error_code"] == "DRS.M05003"


def test_a_repeat_sends_only_the_rest(
    run: Run, server: sandbox.Running, jobs: tuple[str, ...], tmp_path: Path
) -> None:
    """What succeeded is not sent again, unless its item was edited or --fresh was given."""
    items: Items = [{"job_id": jobs[0], "conflict_policy": "ignore"}, {"job_id": UNKNOWN}]
    name = _file(tmp_path, items)
    assert run("apply", name).code == exits.BROKEN
    change = {"jobs": [{"job_id": jobs[0], "conflict_policy": "stop"}]}
    tenant = server.tenants[0]
    call = f"{server.url}/v3/{tenant.project_id}/jobs/batch-sync-policy"
    httpx.post(call, json=change, headers={"X-Auth-Token": tenant.token}).raise_for_status()

    again = run("apply", name)
    assert "1 of 2 items were set by an earlier run" in again.err
    assert "1 set earlier, 1 failed" in again.err
    assert _stored(server, jobs[0])["conflict_policy"] == "stop"

    run("apply", name, "--fresh")
    assert _stored(server, jobs[0])["conflict_policy"] == "ignore"

    edited = _file(tmp_path, [{"job_id": jobs[0], "conflict_policy": "overwrite"}])
    assert run("apply", edited).code == exits.DONE
    assert _stored(server, jobs[0])["conflict_policy"] == "overwrite"


def test_a_journal_of_another_project_is_refused(
    run: Run, server: sandbox.Running, jobs: tuple[str, ...], tmp_path: Path
) -> None:
    """What was done in one project says nothing of another."""
    name = _file(tmp_path, [{"job_id": jobs[0]}, {"job_id": UNKNOWN}])
    run("apply", name)
    other = server.tenants[1]
    done = run("apply", name, DRS_PROJECT_ID=other.project_id, DRS_TOKEN=other.token)
    assert done.code == exits.WRONG_USE
    assert f"not of {server.url} {other.project_id}" in done.err


def test_errors_of_a_file_have_line_and_column(run: Run, tmp_path: Path) -> None:
    """The first hundred in the order of the file, and their number; nothing is sent."""
    (tmp_path / "p.csv").write_text("job_id,ddl_trans\n" + "j,maybe\n" * 3000)
    done = run("apply", "p.csv")
    assert done.code == exits.WRONG_USE
    *shown, more, count = done.err.splitlines()
    assert [line.split(":")[:3] for line in shown] == [
        ["p.csv", str(n), "2"] for n in range(2, 102)
    ]
    assert "2,900" in more
    assert "3,000" in count


def test_no_terminal_obeys_what_a_file_has(run: Run, tmp_path: Path) -> None:
    """A name in an error is shown with escapes, in one line."""
    (tmp_path / "p.json").write_text('[{"job_id": "a", "x\\u001b]0;title\\n": 1}]')
    done = run("apply", "p.json")
    assert done.code == exits.WRONG_USE
    assert all(line.isprintable() for line in done.err.splitlines())
    assert "x\\x1b]0;title\\n" in done.err


def test_a_file_that_cannot_be_read_is_a_usage_error(run: Run) -> None:
    """It is there and may be opened, but reading it fails."""
    done = run("apply", "/proc/self/mem", "--format", "json")
    assert done.code == exits.WRONG_USE
    assert "/proc/self/mem cannot be read: Input/output error." in done.err


def test_a_dry_run_shows_the_exact_requests(
    run: Run, server: sandbox.Running, jobs: tuple[str, ...], tmp_path: Path
) -> None:
    """One for each batch, with a variable for the token; no credentials are needed."""
    before = _stored(server, jobs[3])
    items: Items = [{"job_id": jobs[3], "slot_name": "it's $HOME"}, {"job_id": jobs[4]}]
    name = _file(tmp_path, items)
    done = run("apply", name, "--dry-run", "--batch", "1", DRS_TOKEN=None)
    assert done.code == exits.DONE
    assert done.out.count("POST ") == 2
    bodies = [json.loads(line) for line in done.out.splitlines() if line.startswith("{")]
    assert [item for body in bodies for item in body["jobs"]] == items
    assert server.tenants[0].token not in done.out
    assert _stored(server, jobs[3]) == before


def test_the_curl_lines_do_what_they_show(
    run: Run, server: sandbox.Running, jobs: tuple[str, ...], tmp_path: Path,
    environment: Mapping[str, str],
) -> None:  # fmt: skip
    """A shell that runs them sets the same policies, whatever the text holds."""
    assert shutil.which("curl")
    odd = 'it\'s "$HOME" `id` \\ \n任务'
    done = run("apply", _file(tmp_path, [{"job_id": jobs[3], "slot_name": odd}]), "--curl")
    assert "$DRS_TOKEN" in done.out
    assert server.tenants[0].token not in done.out
    subprocess.run(["bash", "-e"], input=done.out, text=True, env=dict(environment), check=True)
    assert _stored(server, jobs[3])["slot_name"] == odd


def test_each_end_has_its_exit_code(run: Run, jobs: tuple[str, ...], tmp_path: Path) -> None:
    """Rejected credentials 3, no server 5, no server named 2."""
    name = _file(tmp_path, [{"job_id": jobs[0]}])
    refused = run("apply", name, DRS_TOKEN="wrong")
    assert refused.code == exits.NOT_ALLOWED
    assert "1 job: 1 refused" in refused.err
    assert run("apply", name, DRS_URL="http://127.0.0.1:9").code == exits.UNREACHABLE
    nowhere = run("apply", name, DRS_URL=None)
    assert nowhere.code == exits.WRONG_USE
    assert "DRS_REGION or DRS_URL" in nowhere.err
    assert "drs-sync-policy login" in nowhere.err


def test_a_token_on_the_command_line_is_used_with_a_warning(
    run: Run, server: sandbox.Running, jobs: tuple[str, ...], tmp_path: Path
) -> None:
    """It works, it warns, and it is not shown again."""
    token = server.tenants[0].token
    name = _file(tmp_path, [{"job_id": jobs[0]}])
    done = run("apply", name, "--token", token, DRS_TOKEN=None)
    assert done.code == exits.DONE
    assert "can be read by every user" in done.err
    assert token not in done.err + done.out


def test_an_item_that_is_edited_back_is_set_back(
    run: Run, server: sandbox.Running, jobs: tuple[str, ...], tmp_path: Path
) -> None:
    """What is shown as `set earlier` is what the server has."""
    for value in ("ignore", "stop", "ignore"):
        items: Items = [{"job_id": jobs[0], "conflict_policy": value}, {"job_id": UNKNOWN}]
        assert "1 succeeded, 1 failed" in run("apply", _file(tmp_path, items)).err
        assert _stored(server, jobs[0])["conflict_policy"] == value
    assert "1 set earlier, 1 failed" in run("apply", _file(tmp_path, items)).err


def test_fresh_deletes_only_journals(run: Run, jobs: tuple[str, ...], tmp_path: Path) -> None:
    """Neither one of somebody's notes nor the file of policies itself."""
    name = _file(tmp_path, [{"job_id": jobs[0]}])
    content = (tmp_path / name).read_text()
    (tmp_path / "notes").write_text("notes\n")
    other = run("apply", name, "--fresh", "--journal", "notes")
    assert other.code == exits.WRONG_USE
    assert (tmp_path / "notes").read_text() == "notes\n"
    own = run("apply", name, "--fresh", "--journal", f"./{name}")
    assert own.code == exits.WRONG_USE
    assert "another file than FILE" in own.err
    assert (tmp_path / name).read_text() == content


def test_a_disk_that_gets_full_ends_the_run_with_a_true_table(
    jobs: tuple[str, ...], tmp_path: Path, environment: Mapping[str, str]
) -> None:
    """What was set is reported, nothing more is sent, and the next run goes on from the notes."""
    _file(tmp_path, [{"job_id": job, "slot_name": "s"} for job in jobs[:4]])
    arguments = [PROGRAM, "apply", "policies.json", "--batch", "1", "--concurrency", "1"]

    def limited(size: int) -> subprocess.CompletedProcess[str]:
        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

        # Python would write cut .pyc files under the limit: every later import of them fails.
        return completed(
            [*arguments, "--output", "json"],
            cwd=tmp_path,
            env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
            preexec_fn=limit,
        )

    done = limited(400)
    assert done.returncode == exits.BROKEN
    assert "Traceback" not in done.stderr
    assert "policies.json.journal cannot be written: File too large" in done.stderr
    states = [row["state"] for row in json.loads(done.stdout)]
    assert states == ["succeeded", "succeeded", "succeeded", "not sent"]
    assert "4 jobs: 3 succeeded, 1 not sent" in done.stderr
    rest = limited(100_000)
    assert "2 set earlier, 2 succeeded" in rest.stderr
    assert rest.returncode == exits.DONE


def test_a_dry_run_shows_how_its_requests_are_let_in(
    run: Run, jobs: tuple[str, ...], tmp_path: Path
) -> None:
    """By a signature or by a token; one on the command line will do, too."""
    name = _file(tmp_path, [{"job_id": jobs[0]}])
    keys = {"DRS_TOKEN": None, "DRS_ACCESS_KEY": "a", "DRS_SECRET_KEY": "b"}
    signed = run("apply", name, "--dry-run", **keys)
    assert "Authorization: <signature>" in signed.out
    assert "X-Auth-Token" not in signed.out
    given = run("apply", name, "--dry-run", "--token", "MYSECRET", DRS_TOKEN=None)
    assert given.code == exits.DONE
    assert "X-Auth-Token: $DRS_TOKEN" in given.out
