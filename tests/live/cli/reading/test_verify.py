"""`apply --verify`, with a server as the vendor's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import Factory, define

from drs_sync_policy.cli import exits
from drs_sync_policy.cli.output import outcomes
from tests.live import vendor
from tests.live.cli.conftest import Done
from tests.live.cli.reading.policies import FULL, connection, full
from tests.live.vendor import Vendor, refusal


def test_what_is_set_is_read_back(given: Callable[..., Done], server: Vendor) -> None:
    """Fields that cannot be read are named, and change nothing."""
    done = given("apply", full(3), "--verify")
    assert done.code == exits.DONE
    assert "3 jobs: 3 succeeded" in done.err
    assert "`ddl_trans` and `slot_name`" in done.err
    assert server.jobs["job-0002"] == FULL


def test_what_is_stored_otherwise_is_reported(given: Callable[..., Done]) -> None:
    """Each wrong field, with exit code 1."""
    with vendor.serving(3, fails=_Trouble(differs="job-0001")) as server:
        done = given("apply", full(3), "--verify", "--output", "json", **connection(server))
    assert done.code == exits.BROKEN
    rows = json.loads(done.out)
    assert [row["state"] for row in rows] == ["succeeded", "differs", "succeeded"]
    assert rows[1]["error_msg"] == "conflict_policy is ignore instead of stop"


@define
class _Trouble:
    """What goes wrong in the first run, and for which job; in the second run nothing does."""

    fails: str = ""
    differs: str = ""
    hidden: str = ""
    """It is set, and cannot be read."""
    ends: str = ""
    """Sending ends when this job is sent."""
    unreadable: bool = False
    """No job can be read."""
    over: bool = False
    sent: list[str] = Factory(list)

    def __call__(self, _: int, operation: str, body: Any) -> tuple[int, Any] | None:
        if operation == "batch-sync-policy":
            ids = [item["job_id"] for item in body["jobs"]]
            self.sent += ids
            if not self.over and self.ends in ids:
                return refusal(400, "DRS.M00202")
            for item in body["jobs"]:
                if not self.over and item["job_id"] == self.differs:
                    item["conflict_policy"] = "ignore"
            if not self.over and self.fails in ids:
                failed = {"id": self.fails, "status": "failed", "error_code": "X", "error_msg": "x"}
                return 200, {"count": 1, "results": [failed]}
            return None
        if self.over:
            return None
        if self.unreadable:
            return refusal(404, "APIGW.0101")
        return refusal(400, "DRS.M00289") if self.hidden in body["jobs"] else None


A, B, C = (f"job-{n:04}" for n in range(3))
SET, UNVERIFIED = "succeeded", "not verified"


@pytest.mark.parametrize(
    ("trouble", "states", "again"),
    [
        ({}, [SET, SET, SET], [A, B, C]),
        ({"fails": B}, [SET, "failed", SET], [B]),
        ({"differs": B}, [SET, "differs", SET], [B]),
        ({"hidden": B}, [SET, UNVERIFIED, SET], []),
        ({"fails": A, "differs": B}, ["failed", "differs", SET], [A, B]),
        ({"fails": A, "hidden": B}, ["failed", UNVERIFIED, SET], [A]),
        ({"differs": A, "hidden": B}, ["differs", UNVERIFIED, SET], [A]),
        ({"fails": A, "differs": B, "hidden": C}, ["failed", "differs", UNVERIFIED], [A, B]),
        ({"unreadable": True}, [UNVERIFIED] * 3, []),
        ({"unreadable": True, "fails": B}, [UNVERIFIED, "failed", UNVERIFIED], [B]),
        ({"unreadable": True, "differs": B}, [UNVERIFIED] * 3, []),
        ({"ends": B}, [UNVERIFIED, "refused", "not sent"], [B, C]),
        ({"ends": B, "differs": A}, [UNVERIFIED, "refused", "not sent"], [B, C]),
        ({"ends": A}, ["refused", "not sent", "not sent"], [A, B, C]),
    ],
    ids=lambda value: "-".join(value) or "nothing" if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_second_run_does_what_the_first_left(
    given: Callable[..., Done],
    tmp_path: Path,
    trouble: dict[str, Any],
    states: list[str],
    again: list[str],
) -> None:
    """The journal is kept unless the exit code is 0; what is set and not known to differ stays."""
    items = [{"job_id": job_id, "conflict_policy": "stop"} for job_id in (A, B, C)]
    options = ("--verify", "--batch", "1", "--concurrency", "1", "--output", "json")
    journal = tmp_path / "p.json.journal"
    happens = _Trouble(**trouble)
    with vendor.serving(3, fails=happens) as server:
        done = given("apply", items, *options, **connection(server))
        assert [row["state"] for row in json.loads(done.out)] == states
        assert done.code == (exits.BROKEN if trouble else exits.DONE)
        kept = (bool(trouble) and "ends" not in trouble) or UNVERIFIED in states
        assert journal.exists() == kept
        happens.over = True
        happens.sent.clear()
        done = given("apply", items, *options, **connection(server))
        assert happens.sent == again
    if trouble.get("differs") in again or "differs" not in trouble:
        assert done.code == exits.DONE
        assert not journal.exists()
    else:  # The second run is the first that sees the difference, and the third sends it.
        assert done.code == exits.BROKEN
        assert journal.exists()


def test_what_differs_is_forgotten_before_the_output(
    given: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`apply --verify ... | head` may end while it prints; the next run sends the job again."""

    def ends(*_: Any, **__: Any) -> None:
        raise BrokenPipeError

    items = [{"job_id": job_id, "conflict_policy": "stop"} for job_id in (A, B)]
    happens = _Trouble(differs=B)
    with vendor.serving(2, fails=happens) as server:
        with monkeypatch.context() as patched:
            patched.setattr(outcomes, "show", ends)
            given("apply", items, "--verify", **connection(server))
        happens.over = True
        happens.sent.clear()
        given("apply", items, "--verify", **connection(server))
        assert happens.sent == [B]


@pytest.mark.parametrize("trouble", [{"ends": B}, {"unreadable": True}], ids=str)
@pytest.mark.parametrize("output", ["table", "csv", "json"])
@pytest.mark.parametrize("quiet", [(), ("--quiet",)], ids=["loud", "quiet"])
def test_it_is_said_that_nothing_was_verified(
    given: Callable[..., Done], trouble: dict[str, Any], output: str, quiet: tuple[str, ...]
) -> None:
    """In one line after the results, and in each output."""
    options = ("--verify", "--batch", "1", "--concurrency", "1", "--output", output, *quiet)
    with vendor.serving(3, fails=_Trouble(**trouble)) as server:
        done = given("apply", full(3), *options, **connection(server))
    assert done.err.splitlines()[-1].startswith("Not verified: ")
    assert "succeeded" not in done.out + done.err
    assert (UNVERIFIED in done.out) == (output != "table" or not quiet)


def test_a_run_that_trusts_its_journal_says_so(given: Callable[..., Done], server: Vendor) -> None:
    """With the time of the earlier run, and what to do; `plan` shows what is set."""
    items = [*full(1), {"job_id": "nobody"}]
    assert given("apply", items).code == exits.BROKEN
    server.jobs["job-0000"]["conflict_policy"] = "ignore"
    done = given("apply", items)
    assert server.jobs["job-0000"]["conflict_policy"] == "ignore"
    (line,) = (line for line in done.err.splitlines() if "earlier run" in line)
    assert re.search(r"^1 of 2 items .* \(p\.json\.journal, \d{4}-\d\d-\d\d \d\d:\d\d UTC\)", line)
    assert "--fresh" in line
    assert "`plan`" in line
    assert "1 to change" in given("plan", items).err
    assert "earlier run" not in given("apply", items, "--quiet").err
    given("apply", items, "--fresh")
    assert server.jobs["job-0000"]["conflict_policy"] == "stop"


def test_only_what_was_set_is_read_back(given: Callable[..., Done], server: Vendor) -> None:
    """A job that failed is not: its failure is reported anyway."""
    server.states["job-0000"] = "PAUSING"
    done = given("apply", [*full(2), {"job_id": "nobody"}], "--verify", "--output", "json")
    assert done.code == exits.BROKEN
    assert [row["state"] for row in json.loads(done.out)] == ["failed", "succeeded", "failed"]
    read = [body["jobs"] for operation, body in server.asked if operation == "batch-detail"]
    assert read == [["job-0001"]]
