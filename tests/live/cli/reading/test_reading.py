"""The verbs that read, `get` and `plan`, with a server as the vendor's."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from drs_sync_policy.cli import exits, plans
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.sandbox.states import ALLOWED_STATES
from tests.live import vendor
from tests.live.cli.conftest import Done, Run
from tests.live.cli.reading.policies import FULL, connection, full
from tests.live.vendor import PROJECT, TOKEN, Vendor, refusal

# --- get ------------------------------------------------------------------------------------------


def test_get_shows_values_and_what_is_not_set_or_not_readable(run: Run, server: Vendor) -> None:
    """In every output; a job that cannot be read makes the exit code 1, a field never."""
    server.jobs["job-0000"] = {"conflict_policy": "stop", "slot_name": "hidden"}
    done = run("get", "job-0000", "--output", "json")
    (shown,) = json.loads(done.out)
    assert done.code == exits.DONE
    assert shown["policy"] == {
        "conflict_policy": "stop",
        "filter_ddl_policy": None,
        "index_trans": None,
    }
    assert shown["not_readable"][:2] == ["ddl_trans", "slot_name"]
    assert shown["policy"].keys().isdisjoint(shown["not_readable"])
    assert shown["status"] == "CONFIGURATION"
    table = run("get", "job-0000", "nobody")
    assert table.code == exits.BROKEN
    _, first, second = table.out.splitlines()
    assert first.split()[:7] == ["job-0000", "CONFIGURATION", "stop", "-", "?", "-", "?"]
    assert "DRS.M00289" in second
    done = run("get", "--all-sync-jobs", "--output", "csv")
    rows = [*csv.DictReader(io.StringIO(done.out))]
    assert [row["job_id"] for row in rows] == list(server.jobs)
    assert (rows[0]["conflict_policy"], rows[1]["conflict_policy"]) == ("stop", "")
    assert rows[0]["not_readable"].split()[:2] == ["ddl_trans", "slot_name"]


@pytest.mark.parametrize("arguments", [(), ("job-a", "--all-sync-jobs")])
def test_get_needs_jobs_or_all(run: Run, arguments: tuple[str, ...]) -> None:
    """Not both."""
    done = run("get", *arguments)
    assert done.code == exits.WRONG_USE
    assert "--all-sync-jobs" in done.err


@pytest.mark.parametrize(
    ("failed", "code"),
    [
        (refusal(404, "APIGW.0101"), exits.BROKEN),
        (refusal(403, "DRS.M00261"), exits.NOT_ALLOWED),
        ((200, {}), exits.OUTSIDE_CONTRACT),
    ],
    ids=["404", "403", "no results"],
)
@pytest.mark.parametrize("verb", ["get", "plan", "verify"])
def test_a_server_that_cannot_be_read(
    run: Run, tmp_path: Path, failed: tuple[int, Any], code: int, verb: str
) -> None:
    """The exit codes are those of every verb; a 404 says that the operation is optional."""

    def fails(_: int, operation: str, __: Any) -> tuple[int, Any] | None:
        return None if operation == "batch-sync-policy" else failed

    (tmp_path / "p.json").write_text(json.dumps(full(1)))
    arguments = {"get": ("get", "job-0000"), "plan": ("plan", "p.json")}
    with vendor.serving(1, fails=fails) as server:
        chosen = arguments.get(verb, ("apply", "p.json", "--verify"))
        done = run(*chosen, **connection(server))
    assert done.code == code
    assert ("optional" in done.err) == (code == exits.BROKEN)
    assert (tmp_path / "p.json.journal").exists() == (verb == "verify")


# --- plan -----------------------------------------------------------------------------------------


def test_a_plan_has_each_kind_of_change(given: Callable[..., Done], server: Vendor) -> None:
    """`+` and `~` change something: exit code 10; `=` and `?` do not."""
    server.jobs["job-0000"] = {"conflict_policy": "ignore", "index_trans": False}
    done = given("plan", full(1))
    assert done.code == exits.CHANGES
    assert [line.split()[:2] for line in done.out.splitlines()[1:]] == [
        ["~", "conflict_policy:"],
        ["+", "filter_ddl_policy:"],
        ["?", "ddl_trans:"],
        ["=", "index_trans:"],
        ["?", "slot_name:"],
    ]
    done = given("plan", [{"job_id": "job-0000", "index_trans": False, "ddl_trans": True}])
    assert done.code == exits.DONE
    assert "Nothing to do for the fields that can be read." in done.err
    assert {operation for operation, _ in server.asked} == {"batch-detail"}


def test_of_several_items_of_a_job_the_later_wins(
    given: Callable[..., Done], server: Vendor
) -> None:
    """Field by field, as the server carries them out."""
    server.jobs["job-0001"] = {"conflict_policy": "stop", "index_trans": True}
    one = {"job_id": "job-0001", "conflict_policy": "ignore", "index_trans": True}
    other = {"job_id": "job-0001", "conflict_policy": "stop"}
    assert given("plan", [one, other]).code == exits.DONE
    assert given("plan", [other, one]).code == exits.CHANGES


def test_a_state_in_which_the_server_may_reject_is_named(
    given: Callable[..., Done], server: Vendor
) -> None:
    """It does not change the exit code: the vendor does not say in which states."""
    server.states["job-0000"] = "INCRE_TRANSFER_STARTED"
    done = given("plan", [{"job_id": "job-0000"}, {"job_id": "job-0001"}])
    assert done.code == exits.DONE
    assert "INCRE_TRANSFER_STARTED: the server may reject" in done.out.splitlines()[0]
    assert done.out.count("may reject") == 1
    assert frozenset({plans.BEFORE_START}) == ALLOWED_STATES


def test_a_plan_says_what_is_not_known(given: Callable[..., Done], server: Vendor) -> None:
    """Of how many jobs, and which fields, in every output; the exit code is that of no change."""
    server.jobs["job-0000"] = {"index_trans": True}
    server.states["job-0001"] = "PAUSING"
    items = [
        {"job_id": "job-0000", "index_trans": True, "ddl_trans": True},
        {"job_id": "job-0001", "ddl_trans": True},
        {"job_id": "job-0002"},
    ]
    done = given("plan", items)
    assert done.code == exits.DONE
    said = "3 jobs: 1 as set, 1 as set (partly read), 1 not known"
    assert done.err.splitlines()[:2] == [said, "Not compared in 2 jobs: ddl_trans (cannot be read)"]
    assert "Nothing to do." not in done.err
    done = given("plan", items, "--output", "junit")
    assert done.code == exits.DONE
    suite = ET.fromstring(done.out)
    assert [suite.get(name) for name in ("failures", "errors", "skipped")] == ["0", "0", "1"]
    notes = [
        [(part.tag, part.get("message") or part.text or "") for part in case] for case in suite
    ]
    assert notes[0] == [("system-out", "cannot be read: ddl_trans")]
    assert notes[1][0] == ("skipped", "cannot be read: ddl_trans")
    assert "PAUSING: the server may reject" in notes[1][1][1]
    assert notes[2] == []
    rows = [*csv.DictReader(io.StringIO(given("plan", items, "--output", "csv").out))]
    assert [row["may_be_rejected"] for row in rows] == ["false", "false", "true", "false"]
    assert [row["result"] for row in rows][1:] == [
        "as set (partly read)", "not known", "as set",
    ]  # fmt: skip


def test_quiet_prints_the_data_and_nothing_else(given: Callable[..., Done], run: Run) -> None:
    """Only what is asked for is printed, the policies or the plan, without a summary."""
    loud, quiet = (given("plan", full(1), *more) for more in ((), ("--quiet",)))
    assert loud.err
    assert quiet == Done(loud.code, loud.out, "")
    loud, quiet = (run("get", "job-0000", "nobody", *more) for more in ((), ("--quiet",)))
    assert loud.err
    assert quiet == Done(loud.code, loud.out, "")


def test_what_is_absent_is_null_in_every_json(
    given: Callable[..., Done], run: Run, server: Vendor
) -> None:
    """And an empty cell in every CSV: never an empty text in JSON."""
    (shown,) = json.loads(run("get", "nobody", "--output", "json").out)
    assert (shown["status"], shown["name"]) == (None, None)
    nobody, known = json.loads(
        given("plan", [{"job_id": "nobody"}, *full(1)], "--output", "json").out
    )
    assert (nobody["status"], nobody["changes"]) == (None, [])
    assert (known["error_code"], known["error_msg"]) == (None, None)


def test_a_plan_for_programs(given: Callable[..., Done], server: Vendor) -> None:
    """JSON has values, CSV a line for each field, JUnit a test case for each job."""
    server.jobs["job-0000"] = dict(FULL)
    items = [*full(2), {"job_id": "nobody"}]
    done = given("plan", items, "--output", "json")
    assert done.code == exits.BROKEN
    found = {entry["job_id"]: entry for entry in json.loads(done.out)}
    assert {c["change"] for c in found["job-0000"]["changes"]} == {"=", "?"}
    changes = {c["field"]: c for c in found["job-0001"]["changes"]}
    assert changes["index_trans"]["change"] == "+"
    assert (changes["index_trans"]["wanted"], changes["index_trans"]["stored"]) == (False, None)
    assert "stored" not in changes["ddl_trans"]
    assert found["nobody"]["error_code"] == "DRS.M00289"

    rows = [*csv.DictReader(io.StringIO(given("plan", items, "--output", "csv").out))]
    assert len(rows) == 11
    assert [row["change"] for row in rows[:5]] == ["=", "=", "?", "=", "?"]

    suite = ET.fromstring(given("plan", items, "--output", "junit").out)
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["3", "1", "1"]
    assert [case.find("failure") is not None for case in suite] == [False, True, False]


# --- fuzz --init-from-list ------------------------------------------------------------------------


def test_a_profile_has_the_jobs_of_the_list(run: Run, server: Vendor, tmp_path: Path) -> None:
    """Those that take a policy, on any page; and how policies are read."""
    server.states["job-0001"] = "INCRE_TRANSFER_STARTED"
    assert run("fuzz", "--init-from-list").code == exits.DONE
    target = profile.parse(
        tomllib.loads((tmp_path / "target.toml").read_text("utf-8")),
        environment={"DRS_TOKEN": TOKEN},
    )
    assert (target.url, target.tenant.project_id) == (server.url, PROJECT)
    assert target.tenant.job_ids == ("job-0000", "job-0002")
    assert target.readback is not None
    assert target.readback.kind == "batch-detail"
    assert run("fuzz", "--init-from-list").code == exits.WRONG_USE
