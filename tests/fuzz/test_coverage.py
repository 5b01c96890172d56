"""What of the contract the exchanges of a run exercised: derived from the contract alone."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from drs_sync_policy import contract, sandbox
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz import coverage
from drs_sync_policy.fuzz.coverage import MOST_ITEMS, Row
from drs_sync_policy.fuzz.ledger import Exchange, Ledger
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.rules.checking import check_response
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy.sandbox.seed import FIRST

JOB = FIRST.job_ids[0]
TARGET = profile.parse(sandbox.target_profile("http://127.0.0.1:9", tenants=[FIRST]))
JSON = ("Content-Type", "application/json")


def _exchange(oracle: Oracle, body: Any, status: int, received: Any, **headers: str) -> Exchange:
    request = Request(
        "POST",
        f"/v3/{FIRST.project_id}/jobs/batch-sync-policy",
        (("X-Auth-Token", FIRST.token), JSON, *headers.items()),
        json.dumps(body).encode(),
    )
    response = Response(status, (JSON,), json.dumps(received).encode(), 0.0)
    return Exchange(request, oracle.expect(request), response)


def _results(*jobs: str) -> dict[str, Any]:
    results = [{"id": job, "status": "success"} for job in jobs]
    return {"count": len(jobs), "results": results}


def _counted(
    against: Contract, *seen: tuple[Any, int, Any], **headers: str
) -> dict[tuple[str, ...], Row]:
    oracle = Oracle(against, against.operations[0], TARGET)
    ledger = Ledger(against.rules)
    for one in seen:
        check_response(
            oracle, _exchange(oracle, one[0], one[1], one[2], **headers), ledger, case=""
        )
    rows = coverage.rows(against, ledger.coverage)
    return {(row.part, row.name, row.value): row for row in rows}


def test_every_status_field_value_and_parameter_of_the_contract_has_a_row() -> None:
    """Without an exchange each is there with 0."""
    against = contract.load()
    rows = _counted(against)
    assert {row.times for row in rows.values()} == {0}
    operation = against.operations[0]
    names = {part: {n for p, n, _ in rows if p == part} for part in coverage.PARTS}
    assert names["status"] == {str(status) for status in operation.responses}
    assert names["parameter"] == {parameter.name for parameter in operation.parameters}
    schemas = against.document["components"]["schemas"]
    for part in ("request field", "response field"):
        for owner, name in (entry.split(".") for entry in names[part]):
            node = against.resolve(schemas[owner]["properties"][name])
            values = {v for p, n, v in rows if (p, n) == (part, f"{owner}.{name}")}
            assert {json.dumps(value) for value in node.get("enum", ())} <= values
    assert len(names["request field"]) == 1 + len(schemas["SyncPolicyReq"]["properties"])


def test_a_field_that_is_new_in_the_contract_is_counted() -> None:
    """No code names it."""
    document = copy.deepcopy(dict(contract.load().document))
    fields = document["components"]["schemas"]["SyncPolicyReq"]["properties"]
    fields["pace"] = {"type": "string", "enum": ["slow", "fast"]}
    sent = {"jobs": [{"job_id": JOB, "pace": "fast"}, {"job_id": JOB}]}
    rows = _counted(Contract(document), (sent, 200, _results(JOB, JOB)))
    found = {v: row.times for (_, name, v), row in rows.items() if name == "SyncPolicyReq.pace"}
    assert found == {"": 1, "left out": 1, "invalid": 0, '"slow"': 0, '"fast"': 1}


@pytest.mark.parametrize(
    ("part", "name", "value", "times"),
    [
        ("status", "200", "", 1),
        ("status", "400", "", 1),
        ("status", "202", "", 1),
        ("request media type", "application/json", "", 3),
        ("response media type", "application/json", "", 3),
        ("parameter", "X-Language", '"zh-cn"', 3),
        ("parameter", "X-Language", "left out", 0),
        ("request field", "SyncPolicyReq.ddl_trans", "true", 2),
        ("request field", "SyncPolicyReq.ddl_trans", "invalid", 1),
        ("request field", "SyncPolicyReq.conflict_policy", "left out", 2),
        ("response field", "SyncPolicyResp.status", '"success"', 1),
        ("response field", "ErrorResponse.error_code", "", 1),
        ("error code", "DRS.M00202", "", 1),
    ],
)
def test_what_was_sent_and_received_is_counted(
    part: str, name: str, value: str, times: int
) -> None:
    """A valid request, an invalid one, and a status that the contract does not have."""
    valid = {"jobs": [{"job_id": JOB, "ddl_trans": True}]}
    rows = _counted(
        contract.load(),
        (valid, 200, _results(JOB)),
        (valid, 202, _results(JOB)),
        (
            {"jobs": [{"job_id": JOB, "ddl_trans": "yes"}]},
            400,
            {"error_code": "DRS.M00202", "error_msg": "x"},
        ),
        **{"X-Language": "zh-cn"},
    )
    assert rows[part, name, value].times == times
    assert rows[part, name, value].documented == (name != "202")


def test_of_a_long_list_the_beginning_is_counted() -> None:
    """A batch of thousands costs no more than one of a hundred."""
    sent = {"jobs": [{"job_id": JOB}] * (MOST_ITEMS + 5)}
    rows = _counted(contract.load(), (sent, 200, _results(JOB)))
    assert rows["request field", "SyncPolicyReq.job_id", ""].times == MOST_ITEMS
