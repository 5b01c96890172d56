"""What became of the jobs: read, raised when asked, copied and pickled."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from drs_sync_policy import (
    Batches,
    JobsFailedError,
    JobState,
    Outcome,
    SyncPolicyClient,
    SyncPolicyReq,
)
from drs_sync_policy.runtime import errors
from tests.live.client.batches import SetPolicies, jobs, set_policies_sync
from tests.wire import carries_out, says, wire


def outcome_of_two(set_policies: SetPolicies) -> Outcome:
    response = {
        "count": 2,
        "results": [
            {"id": "job-0", "status": "success"},
            {"id": "job-1", "status": "failed", "error_code": "DRS.M05003", "error_msg": "none"},
        ],
    }
    with wire(says(200, response)) as server:
        return set_policies(server.url, jobs(2), Batches())


def test_failures_are_raised_when_asked(set_policies: SetPolicies) -> None:
    """`raise_for_failures` names the jobs that failed, and carries the whole outcome."""
    outcome = outcome_of_two(set_policies)
    with pytest.raises(JobsFailedError, match="1 of 2 jobs did not succeed: job-1") as caught:
        outcome.raise_for_failures()
    assert caught.value.outcome is outcome
    assert [job.job_id for job in outcome.failed] == ["job-1"]
    assert not outcome.undecided
    assert not outcome.ok


def test_a_failed_job_says_what_to_do() -> None:
    """An outcome has the server's code and words, and what we know of the code."""
    outcome = outcome_of_two(set_policies_sync)
    job = outcome[1]
    assert (job.error_code, job.error_msg) == ("DRS.M05003", "none")
    assert job.meaning
    assert job.remedy
    assert outcome[-1] == job
    assert outcome[0:1] == outcome.succeeded
    assert repr(outcome) == "Outcome(1 succeeded, 1 failed)"
    assert str(job) == "job-1 failed: DRS.M05003 none"


def test_an_outcome_survives_pickle() -> None:
    """A worker process can hand its outcome over."""
    outcome = outcome_of_two(set_policies_sync)
    assert list(pickle.loads(pickle.dumps(outcome))) == list(outcome)


@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.deepcopy])
def test_an_error_of_a_call_survives_pickle(
    set_policies: SetPolicies, again: Callable[[Any], Any]
) -> None:
    """A worker process can hand over an error whole, although its outcome leads back to it."""
    refused = says(403, {"error_code": "DRS.M00261", "error_msg": "no"})
    with wire(refused) as server, pytest.raises(errors.ForbiddenError) as caught:
        set_policies(server.url, jobs(2), Batches())
    error: Any = again(caught.value)
    assert type(error).__name__ == "ForbiddenError"
    assert str(error) == str(caught.value)
    assert (error.status, error.code, error.response) == (403, "DRS.M00261", caught.value.response)
    assert [job.state for job in error.outcome] == [JobState.REFUSED] * 2
    assert error.outcome[0].error is error
    outcome = again(caught.value.outcome)
    assert outcome[1].error.outcome is outcome


def test_failed_jobs_survive_pickle() -> None:
    """What `raise_for_failures` raises has its outcome in another process, too."""
    with pytest.raises(JobsFailedError) as caught:
        outcome_of_two(set_policies_sync).raise_for_failures()
    outcome: Any = pickle.loads(pickle.dumps(caught.value)).outcome
    assert list(outcome) == list(caught.value.outcome or ())


def test_one_job_has_one_outcome() -> None:
    """`set_policy` is `set_policies` for a single job."""
    with (
        wire(then=lambda c: carries_out(server, c)) as server,
        SyncPolicyClient(base_url=server.url, project_id="p", auth="t") as drs,
    ):
        assert drs.set_policy(SyncPolicyReq(job_id="x")).succeeded


def test_an_outcome_shows_what_a_user_needs() -> None:
    """How the client fills it is not part of its interface."""
    visible = {name for name in dir(Outcome) if not name.startswith("_")}
    results = {"ok", "succeeded", "failed", "undecided", "counts", "items", "raise_for_failures"}
    assert visible == results | {"count", "index"}
