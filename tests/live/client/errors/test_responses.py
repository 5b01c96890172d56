"""How the client handles responses outside the contract, over real sockets."""

from __future__ import annotations

import pytest

from drs_sync_policy import JobState
from drs_sync_policy.runtime import errors
from tests.live.client.errors.calls import DONE, RESULTS, Call, failure, states
from tests.wire import says, wire


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b'{"count": 2, "results": ['),
        (200, b"[]"),
        (200, b'{"count": 2}'),
        (200, b'{"results": []}'),
        (200, b'{"count": 2, "results": null}'),
        (200, b'{"count": 2, "results": [null, null]}'),
        (200, b'{"count": 2, "results": [{"id": "a"}, {"id": "b"}]}'),
        (200, b'{"count": 1, "results": [{"id": "a", "status": "success"}]}'),
        (200, b'{"count": 2, "results": [{"id": "a", "status": 1}, {"id": "b", "status": 1}]}'),
        (200, b"[" * 100_000),
        (204, b""),
        (299, b"{}"),
        (302, b""),
        (499, b"{}"),
        (418, b"<html>"),
    ],
)
def test_responses_outside_the_contract_are_errors(call: Call, status: int, body: bytes) -> None:
    """Every response outside the contract raises `OutsideContractError`, which has it."""
    with wire(says(status, body)) as server:
        error = failure(call, server.url)
    assert type(error) is errors.OutsideContractError
    assert error.response is not None
    assert (error.response.status, error.response.content) == (status, body)
    assert states(error) == {JobState.UNKNOWN}


def test_a_redirect_is_not_followed(call: Call) -> None:
    """The token stays with the server that it was meant for."""
    with (
        wire(says(200, DONE)) as elsewhere,
        wire(says(302, b"", {"Location": elsewhere.url})) as server,
    ):
        assert isinstance(failure(call, server.url), errors.OutsideContractError)
    assert elsewhere.heard == []


def test_results_of_other_jobs_are_errors(call: Call) -> None:
    """Results with the ids of other jobs are not used."""
    with wire(says(200, {**DONE, "results": [RESULTS[0], {**RESULTS[1], "id": "c"}]})) as server:
        error = failure(call, server.url)
    assert type(error) is errors.OutsideContractError
    assert states(error) == {JobState.UNKNOWN}


def test_results_in_another_order_are_sorted(call: Call) -> None:
    """The vendor does not guarantee the order, so results are matched by their ids."""
    failed = {"id": "b", "status": "failed", "error_code": "DRS.M05003", "error_msg": "no"}
    with wire(says(200, {"count": 2, "results": [failed, RESULTS[0]]})) as server:
        outcome = call(server.url)
    assert [(job.job_id, str(job.state)) for job in outcome] == [
        ("a", "succeeded"),
        ("b", "failed"),
    ]


def test_a_wrong_count_keeps_the_results(call: Call) -> None:
    """A violation of `count-equals-results` is an error that still has the result of each job."""
    with wire(says(200, {**DONE, "count": 7})) as server:
        error = failure(call, server.url)
    assert type(error) is errors.OutsideContractError
    assert states(error) == {JobState.SUCCEEDED}


def test_unknown_fields_nulls_and_statuses_are_accepted(call: Call) -> None:
    """A newer server's fields are kept, and an unknown status does not count as a success."""
    results = [
        {"id": "a", "status": "success", "error_code": None, "error_msg": None, "took": 3},
        {"id": "b", "status": "pending"},
    ]
    with wire(says(200, {"count": 2, "results": results, "more": True})) as server:
        outcome = call(server.url)
    assert [job.state for job in outcome] == [JobState.SUCCEEDED, JobState.UNKNOWN]
    assert outcome[0].result is not None
    assert outcome[0].result.additional_properties == {"took": 3}
    assert not outcome.ok
