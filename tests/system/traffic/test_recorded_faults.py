"""60 faults: what `check` finds of them in a recorded run, and why it misses the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from bench import check as bench
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.evidence.files import EXCHANGES
from drs_sync_policy.fuzz.traffic.check import check_file
from tests.fuzz import servers
from tests.fuzz.servers import Habits

_TOKEN = "the token: HAR has `***` for one that the profile does not have, and it may be valid"
_JOB = "that the job does not exist: the profile does not name it, and it may be somebody's"
NOT_IN_HAR: Final = {
    "missing-token-as-403": "that no token was sent: a recorder may have left the header out",
    "token-in-any-case": _TOKEN,
    "token-prefix-allowed": _TOKEN,
    "early-errors-in-english": _TOKEN,
    "foreign-job-deleted": _JOB,
    "job-found-behind-a-prefix": _JOB,
    "job-found-with-blanks": _JOB,
}
"""The faults that are not found in HAR, with the evidence that it lacks."""


@pytest.mark.first  # the longest: at the end, all would wait for it
def test_most_faults_are_found_in_what_was_recorded(tmp_path: Path) -> None:
    """55 of 60 in `exchanges.jsonl`, 45 in HAR; what each other lacks is named here."""
    chosen = bench.chosen()
    assert len({fault.name for fault in chosen}) == bench.NUMBER
    found = [bench.checked(fault, _made(tmp_path / fault.name), seed=1) for fault in chosen]
    assert [one.fault for one in found if one.rule not in one.run] == []
    own = {one.fault for one in found if not one.exchanges}
    har = {one.fault for one in found if not one.har}
    assert bench.NUMBER - len(own) >= 55, own
    assert bench.NUMBER - len(har) >= 45, har
    assert har <= {*NOT_IN_HAR}


def test_the_recording_of_a_correct_server_has_no_finding(tmp_path: Path) -> None:
    """The sandbox without a fault, recorded in both forms."""
    clean = bench.checked(None, _made(tmp_path / "clean"), seed=1)
    assert (clean.run, clean.exchanges, clean.har) == ((), (), ())
    assert clean.requests > 1000


@pytest.mark.parametrize(
    "habits",
    [
        Habits(),
        Habits(invalid_body=422, malformed_body=422, bad_token=(403,), other_method=404),
        Habits(requests_per_connection=7, limit=1_000_000, varies=2, compresses=True),
        Habits(http10=True, second_tenant=False, blocked=False),
    ],
    ids=["as ours", "other statuses", "other connections", "one tenant"],
)
def test_the_recording_of_a_server_with_other_habits_has_no_finding(
    habits: Habits, tmp_path: Path
) -> None:
    """What the contract leaves open is not a finding in recorded traffic either."""
    with servers.serving(habits=habits) as server:
        target = servers.target(server)
        with bench.recorded(target, tmp_path) as record:
            verdict = run(target, budget=0, record=record)
        assert list(verdict.ledger.violations()) == []
    for name in (EXCHANGES, bench.HAR):
        checked = check_file(tmp_path / name, target)
        assert [f"{v.rule}: {v.received}" for v in checked.ledger.violations()] == []
        assert checked.ledger.requests > 500


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
