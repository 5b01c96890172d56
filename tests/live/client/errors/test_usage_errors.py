"""Usage errors, found before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from drs_sync_policy import SyncPolicyClient, SyncPolicyReq, WrongUseError
from tests.live.client.errors.calls import TOKEN
from tests.wire import wire


def test_a_usage_error_names_item_field_value_and_choices() -> None:
    """An error in one item is found before sending, with all that is needed to correct it."""
    odd: Any = "Ignore"
    jobs = [SyncPolicyReq(job_id="a"), SyncPolicyReq(job_id="b", conflict_policy=odd)]
    with (
        wire() as server,
        SyncPolicyClient(base_url=server.url, project_id="p", auth=TOKEN) as drs,
        pytest.raises(WrongUseError) as caught,
    ):
        drs.set_policies(jobs)
    (problem,) = caught.value.problems
    assert problem.at == "jobs[1].conflict_policy"
    assert problem.value == "Ignore"
    assert problem.choices == ("ignore", "overwrite", "stop")
    assert "did you mean `ignore`?" in str(caught.value)
    assert server.heard == []


@pytest.mark.parametrize("jobs", [[], [SyncPolicyReq(job_id="")], ["a"], [None]])
def test_invalid_jobs_are_usage_errors(jobs: Any) -> None:
    """No jobs, an empty id, and an item that is not a policy raise `WrongUseError`."""
    with (
        SyncPolicyClient(base_url="http://127.0.0.1:9", project_id="p", auth=TOKEN) as drs,
        pytest.raises(WrongUseError),
    ):
        drs.set_policies(jobs)


def test_a_value_without_json_is_an_error_before_anything_is_sent() -> None:
    """A lone surrogate or an object in an unknown field is found before the first request."""
    jobs = [SyncPolicyReq(job_id=str(n)) for n in range(10)]
    for value in ("\ud800", object()):
        odd = SyncPolicyReq(job_id="x", additional_properties={"k": value})
        with (
            wire() as server,
            SyncPolicyClient(base_url=server.url, project_id="p", auth=TOKEN) as drs,
            pytest.raises(WrongUseError),
        ):
            drs.set_policies([*jobs, odd])
        assert server.heard == []
