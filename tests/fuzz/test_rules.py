"""The checks of the registry, on evidence that no server sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import evolve

from drs_sync_policy import contract
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.ledger import Exchange, Violation
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.rules.checking import always, check
from drs_sync_policy.fuzz.rules.evidence import Evidence, Policy
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy_contract import RuleId

TARGET = profile.parse(
    {
        "target": {
            "url": "http://127.0.0.1:9",
            "token": "a-token",
            "project_id": "0" * 32,
            "job_ids": ["job-a", "job-b"],
            "blocked_job_ids": ["job-x"],
        }
    }
)
LOADED = contract.load()
ORACLE = Oracle(LOADED, LOADED.operation(contract.BATCH_SET_POLICY), TARGET)
FIELDS = ("conflict_policy", "ddl_trans", "index_trans", "slot_name")
TURNS: RuleId = "concurrent-calls-take-turns"


def _sent(*items: dict[str, Any], failed: tuple[str, ...] = (), status: int = 200) -> Exchange:
    """A request with these items; jobs in `failed` fail."""
    request = Request(
        method="POST",
        path=ORACLE.operation.path.replace("{project_id}", TARGET.tenant.project_id),
        headers=(("X-Auth-Token", "a-token"), ("Content-Type", "application/json")),
        body=ijson.dumps({"jobs": items}),
    )
    results = [
        {"id": job, "status": "failed", "error_code": "E", "error_msg": "no"}
        if job in failed
        else {"id": job, "status": "success"}
        for job in (item["job_id"] for item in items)
    ]
    body = {"count": len(results), "results": results}
    error = {"error_code": "E", "error_msg": "no"}
    headers = (("Content-Type", "application/json"),)
    response = Response(status, headers, ijson.dumps(body if status == 200 else error), 0.0)
    return Exchange(request, ORACLE.expect(request), response)


def _checked(
    rule: RuleId,
    *exchanges: Exchange,
    before: Mapping[str, Policy] | None = None,
    after: Mapping[str, Policy] | None = None,
) -> list[Violation]:
    evidence = Evidence(
        exchanges,
        project_id=TARGET.tenant.project_id,
        readable=FIELDS,
        before=before or {},
        after=after or {},
    )
    return check(ORACLE, rule, evidence, case="")


A, B = {"job_id": "job-a"}, {"job_id": "job-b"}


def test_parallel_requests_may_take_any_order() -> None:
    """What one order leaves passes, and what none leaves does not."""
    one = _sent({**A, "slot_name": "1"}, {**B, "slot_name": "1"})
    two = _sent({**A, "slot_name": "2"}, {**B, "slot_name": "2"})
    both = {"job-a": {"slot_name": "2"}, "job-b": {"slot_name": "2"}}
    mixed = {"job-a": {"slot_name": "1"}, "job-b": {"slot_name": "2"}}
    assert _checked(TURNS, one, two, after=both) == []
    assert _checked(TURNS, two, one, after=both) == []
    (violation,) = _checked(TURNS, one, two, after=mixed)
    assert violation.kind == "state"
    assert violation.fields == ("slot_name",)


def test_a_parallel_request_that_is_lost_is_seen() -> None:
    """Each sets another field, so every order leaves both."""
    one, two = _sent({**A, "slot_name": "1"}), _sent({**A, "ddl_trans": True})
    before = {"job-a": {"slot_name": "0", "ddl_trans": False}}
    after = {"job-a": {"slot_name": "1", "ddl_trans": False}}
    (violation,) = _checked(TURNS, one, two, before=before, after=after)
    assert violation.fields == ("ddl_trans",)
    assert violation.stored is not None
    assert violation.stored.wanted == {"ddl_trans": True}


def test_the_result_of_an_item_is_that_of_another_request() -> None:
    """The last exchange is compared with the earlier ones, job by job."""
    alone, batch = _sent(A), _sent(A, B)
    spoilt = _sent(A, B, failed=("job-a",))
    assert _checked("items-are-independent", alone, batch) == []
    (violation,) = _checked("items-are-independent", alone, spoilt)
    assert violation.kind == "relation"
    assert violation.place == "/results/0"
    assert violation.exchanges == (alone, spoilt)


def test_a_result_whose_error_fields_are_wrong_is_not_compared() -> None:
    """Another rule reports it, and the cause is the same."""
    alone, batch = _sent(A), _sent(A, B)
    assert batch.response is not None
    body = batch.response.body.replace(b'"success"', b'"success","error_code":"E"', 1)
    leaking = evolve(batch, response=evolve(batch.response, body=body))
    assert _checked("items-are-independent", alone, leaking) == []
    assert _checked("items-are-independent", leaking, alone) == []
    assert len(_checked("status-ties-error-fields", leaking)) == 1


def test_what_follows_the_value_of_a_response_does_not_hide_the_rest() -> None:
    """A response that is not I-JSON still says what became of each item."""
    sent = _sent(A, failed=("job-a",))
    assert sent.response is not None
    longer = evolve(sent, response=evolve(sent.response, body=sent.response.body + b"\n{}"))
    assert len(_checked("answer-is-i-json", longer)) == 1
    assert len(_checked("own-job-succeeds", longer)) == 1
    assert longer.results == sent.results != []


def test_an_error_that_breaks_off_is_json_that_breaks_off() -> None:
    """A sentence in its place explains nothing, which is another rule."""
    sent = _sent(A, status=400)
    assert sent.response is not None
    for body, cut in ((sent.response.body[:-3], True), (b"Bad Request", False)):
        wrong = evolve(sent, response=evolve(sent.response, body=body))
        assert bool(_checked("answer-is-i-json", wrong)) is cut
        assert bool(_checked("error-body-explains", wrong)) is not cut


def test_a_result_without_an_id_is_a_matter_of_the_schema() -> None:
    """It has no id that could be another one."""
    sent = _sent(A)
    assert sent.response is not None
    body = sent.response.body.replace(b'"id":"job-a",', b"")
    without = evolve(sent, response=evolve(sent.response, body=body))
    assert _checked("result-id-echoes-job-id", without) == []
    assert len(_checked("answer-matches-schema", without)) == 1


def test_a_wrong_status_is_data_of_the_violation() -> None:
    """Fields, allowed statuses and the received one need no reading of texts."""
    sent = _sent({**A, "ddl_trans": "true"})
    (violation,) = _checked("invalid-body-is-refused", sent)
    assert violation.fields == ("ddl_trans",)
    assert violation.expected_statuses == {400, 422}
    assert violation.received_status == 200


@pytest.mark.parametrize("rule", ["later-items-win", "refused-request-changes-nothing", TURNS])
def test_evidence_that_says_nothing_about_a_rule_does_not_count(rule: RuleId) -> None:
    """A plain request has no duplicates, is not rejected, and shows nothing without a reading."""
    ledger: list[Violation] = _checked(rule, _sent({**A, "slot_name": "1"}))
    assert ledger == []


def test_of_very_many_mixes_of_samples_only_the_first_are_checked() -> None:
    """12 requests with 2 samples each have 4096 mixes: the second half has no violation."""
    wrong, right = _sent(A, failed=("job-a",)), _sent(A)
    rule: RuleId = "items-are-independent"
    others = [(right, right)] * 11
    assert always(ORACLE, rule, [(wrong, right), *others])
    assert not always(ORACLE, rule, [(right, wrong), *others])
    assert not always(ORACLE, rule, [(wrong, right), *others[:9]])
