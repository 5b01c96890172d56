"""The contract itself, and the module that reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import attrs
import jsonschema_rs
import pytest

import drs_sync_policy_api.models as generated
from drs_sync_policy import contract

CONTRACT = contract.load()
OPERATION = CONTRACT.operation("batchSetPolicy")
SCHEMAS = CONTRACT.document["components"]["schemas"]


def _examples() -> Iterator[tuple[str, contract.Json, Any]]:
    """Every example in the contract with its name and its schema."""
    request = OPERATION.request["application/json"]
    for name, value in OPERATION.request_examples.items():
        yield f"request-{name}", request, value
    for status, response in OPERATION.responses.items():
        for name, value in response.examples.items():
            yield f"{status}-{name}", response.content["application/json"], value
        for name, header in response.headers.items():
            yield f"{status}-header-{name}", header["schema"], header["example"]
    for parameter in OPERATION.parameters:
        yield f"parameter-{parameter.name}", parameter.schema, parameter.example
    for name, schema in SCHEMAS.items():
        yield from _schema_examples(name, schema)
        for key, property_ in schema.get("properties", {}).items():
            yield from _schema_examples(f"{name}-{key}", property_)


def _schema_examples(name: str, schema: contract.Json) -> Iterator[tuple[str, contract.Json, Any]]:
    for index, value in enumerate(schema.get("examples", ())):
        yield f"{name}-{index}", schema, value


EXAMPLES = list(_examples())


def _is_valid(schema: contract.Json, value: object) -> bool:
    return jsonschema_rs.validator_for(CONTRACT.standalone(schema)).is_valid(value)


def _in(schema: str, value: object) -> bool:
    return _is_valid(SCHEMAS[schema], value)


# --- examples ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "value"), [e[1:] for e in EXAMPLES], ids=[e[0] for e in EXAMPLES]
)
def test_an_example_is_what_its_schema_says(schema: contract.Json, value: object) -> None:
    """No example shows what the contract forbids."""
    assert _is_valid(schema, value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [e[1:] for e in EXAMPLES if isinstance(e[2], dict)],
    ids=[e[0] for e in EXAMPLES if isinstance(e[2], dict)],
)
def test_an_example_with_a_defect_is_refused(schema: contract.Json, value: dict[str, Any]) -> None:
    """The validation of examples bites: each field of an example set to a wrong type is seen."""
    assert value
    for field in value:
        assert not _is_valid(schema, {**value, field: 3.5})


def test_every_outcome_has_an_example() -> None:
    """Each documented response, the request and each parameter show what they look like."""
    assert {status for status, r in OPERATION.responses.items() if not r.examples} == set()
    assert set(OPERATION.request_examples) >= {"one_job", "two_jobs"}
    assert all(parameter.example is not None for parameter in OPERATION.parameters)
    assert len(EXAMPLES) >= 50


# --- what the schemas decide -------------------------------------------------------------------


@pytest.mark.parametrize(
    "result",
    [
        {"id": "a", "status": "success"},
        {"id": "a", "status": "failed", "error_code": "DRS.M05003", "error_msg": "No."},
    ],
)
def test_a_result_tells_success_or_explains_failure(result: dict[str, str]) -> None:
    """Both forms of a result are valid, and neither may take anything from the other."""
    assert _in("SyncPolicyResp", result)
    for field in result:
        assert not _in("SyncPolicyResp", {key: result[key] for key in result if key != field})
        assert not _in("SyncPolicyResp", {**result, field: ""})
    other = {"success": "failed", "failed": "success"}[result["status"]]
    assert not _in("SyncPolicyResp", {**result, "status": other})
    assert not _in("SyncPolicyResp", {**result, "more": 1})


def test_a_successful_result_carries_no_error_field() -> None:
    """Each error field alone is too much on success and too little on failure."""
    for field in ("error_code", "error_msg"):
        assert not _in("SyncPolicyResp", {"id": "a", "status": "success", field: "x"})
        assert not _in("SyncPolicyResp", {"id": "a", "status": "failed", field: "x"})


ITEM = {
    "job_id": "j",
    "conflict_policy": "stop",
    "filter_ddl_policy": "drop_database",
    "ddl_trans": False,
    "index_trans": True,
    "slot_name": "",
}


@pytest.mark.parametrize("field", ITEM)
def test_null_is_a_value_of_no_field(field: str) -> None:
    """A field is left out or has a value of its own type."""
    assert _in("SyncPolicyReq", ITEM)
    for wrong in (None, 1, [ITEM], ITEM):
        assert not _in("SyncPolicyReq", {**ITEM, field: wrong})


def test_requests_are_open_and_responses_closed() -> None:
    """Unknown fields are ignored in a request and violate the contract in a response."""
    assert _in("BatchSetPolicyReq", {"jobs": [{**ITEM, "export_snapshot": False}], "more": None})
    response = {"count": 1, "results": [{"id": "j", "status": "success"}]}
    assert _in("BatchSetPolicyResponse", response)
    assert not _in("BatchSetPolicyResponse", {**response, "more": None})
    error = {"error_code": "DRS.M00007", "error_msg": "No."}
    assert _in("ErrorResponse", {**error, "request_id": "r"})
    assert not _in("ErrorResponse", {**error, "more": None})


def test_a_batch_has_an_item_and_no_upper_bound() -> None:
    """An empty list of jobs is invalid, a long one is not."""
    assert not _in("BatchSetPolicyReq", {"jobs": []})
    assert _in("BatchSetPolicyReq", {"jobs": [ITEM] * 2000})


@pytest.mark.parametrize("job_id", ["19557d51-1ee6-4507-97a6-8f69164jb201", "x", "任务", " ", "\0"])
def test_a_job_id_is_any_text_but_the_empty_one(job_id: str) -> None:
    """No format, pattern or length beyond one character."""
    assert _in("SyncPolicyReq", {"job_id": job_id})
    assert not _in("SyncPolicyReq", {"job_id": ""})


@pytest.mark.parametrize(
    "name", ["ConflictPolicy", "FilterDdlPolicy", "SyncPolicyStatus", "Language"]
)
def test_the_values_of_an_enum_are_described_and_compared_with_case(name: str) -> None:
    """Each value has a description of its own, and no other spelling is one of them."""
    schema = SCHEMAS[name]
    assert set(schema["x-enumDescriptions"]) == set(schema["enum"])
    assert all(schema["x-enumDescriptions"].values())
    for value in schema["enum"]:
        assert _in(name, value)
        assert not _in(name, value.upper())
    assert schema.get("default", schema["enum"][0]) in schema["enum"]


def test_everything_is_described() -> None:
    """Every schema, property, parameter and response says what it is."""
    for schema in SCHEMAS.values():
        assert schema["description"]
        for property_ in schema.get("properties", {}).values():
            assert CONTRACT.resolve(property_)["description"]
    assert all(response.description for response in OPERATION.responses.values())


# --- operation, servers, security ---------------------------------------------------------------


def test_the_operation_is_the_one_of_the_page() -> None:
    """Path, method, parameters, bodies and statuses are those that were decided."""
    assert CONTRACT.checked() == (OPERATION,)
    assert (OPERATION.method, OPERATION.path) == ("POST", "/v3/{project_id}/jobs/batch-sync-policy")
    where = {(p.name, p.location, p.required) for p in OPERATION.parameters}
    assert where == {("project_id", "path", True), ("X-Language", "header", False)}
    assert set(OPERATION.request) == {"application/json"}
    assert OPERATION.request_required
    documented = {200, 400, 401, 403, 404, 405, 413, 415, 422, 429, 500, 503}
    assert set(OPERATION.responses) == documented
    assert all(set(r.content) == {"application/json"} for r in OPERATION.responses.values())
    assert OPERATION.tolerated_statuses == {414, 431, 494, 502, 504}
    allow = OPERATION.responses[405].headers["Allow"]
    assert allow["required"]
    waits = {s for s, r in OPERATION.responses.items() if "Retry-After" in r.headers}
    assert waits == {429, 503}
    assert all("X-Request-Id" in r.headers for r in OPERATION.responses.values())


def test_the_operations_that_read_are_optional() -> None:
    """They are applicable to a server that names them, one by one, and to no other."""
    detail, jobs = CONTRACT.operation("batchListJobDetails"), CONTRACT.operation("showJobList")
    assert (detail.optional, jobs.optional, OPERATION.optional) == (True, True, False)
    assert CONTRACT.operations == (OPERATION, detail, jobs)
    assert CONTRACT.checked([jobs.id]) == (OPERATION, jobs)
    assert CONTRACT.checked_rules() == OPERATION.rules
    assert CONTRACT.checked_rules([detail.id]) == (*OPERATION.rules, *detail.rules)
    known = {rule.id for rule in OPERATION.rules}
    for operation in (detail, jobs):
        assert operation.shared_rules
        assert operation.shared_rules <= known
        assert set(operation.responses) == set(OPERATION.responses)


def test_the_responses_that_read_are_open() -> None:
    """The vendor's have many more fields, and any of these may be null."""
    more = {"id": "x", "status": "CONFIGURATION", "vpc_id": "y", "conflict_policy": None}
    assert _in("BatchListJobDetailsResponse", {"count": 1, "results": [more]})
    assert _in("ShowJobListResponse", {"total_record": 1, "jobs": [more], "more": 1})
    assert not _in("BatchListJobDetailsResponse", {"count": 1, "results": [{"id": "x"}]})


def test_the_error_of_a_reading_has_one_of_two_forms() -> None:
    """That of all errors, or the list of the jobs that failed."""
    error = {"error_code": "DRS.M00289", "error_msg": "x"}
    assert _in("BatchListJobDetailsError", error)
    failed = {"id": "x", "status": "failed", **error}
    assert _in("BatchListJobDetailsError", {"count": 1, "results": [failed]})
    assert not _in("BatchListJobDetailsError", {"count": 1})
    assert not _in("BatchListJobDetailsError", {"count": 1, "results": [{"id": "x"}]})
    assert not _in("BatchListJobDetailsError", {"error_code": "DRS.M00289"})


def test_the_servers_are_two_regions_and_the_sandbox() -> None:
    """A generated client can be pointed at each of them."""
    assert [server["url"] for server in CONTRACT.document["servers"]] == [
        "https://drs.eu-de.otc.t-systems.com",
        "https://drs.eu-nl.otc.t-systems.com",
        "http://127.0.0.1:8080",
    ]


def test_the_token_is_the_one_security_scheme() -> None:
    """It is an API key in a header, and no parameter has it, too."""
    assert list(CONTRACT.document["components"]["securitySchemes"]) == ["X-Auth-Token"]
    assert OPERATION.security_headers == ("X-Auth-Token",)


# --- rules --------------------------------------------------------------------------------------


def test_a_rule_is_complete() -> None:
    """Each has an id of its own in kebab-case, a statement, an origin and a source."""
    paths = CONTRACT.document["paths"].values()
    written = [rule for path in paths for rule in path["post"]["x-rules"]]
    assert all(set(rule) == {"id", "statement", "origin", "source"} for rule in written)
    ids = [rule.id for rule in CONTRACT.rules]
    assert len(ids) == len(set(ids)) == len(written)
    for rule in CONTRACT.rules:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.id)
        assert rule.statement.endswith(".")
        assert rule.statement == " ".join(rule.statement.split())
        assert rule.origin in {"page", "vendor", "decision"}
        assert rule.source


# --- the generated classes ----------------------------------------------------------------------


def test_the_generated_result_has_its_four_fields() -> None:
    """The conditions of the schema leave the class of a result whole."""
    names = [field.name for field in attrs.fields(generated.SyncPolicyResp)]
    assert names == ["id", "status", "error_code", "error_msg", "additional_properties"]


@pytest.mark.parametrize(
    "name", ["ConflictPolicy", "FilterDdlPolicy", "SyncPolicyStatus", "Language"]
)
def test_the_generated_enums_have_the_names_of_their_schemas(name: str) -> None:
    """An enum is a class of the contract's name with the contract's values."""
    assert {member.value for member in getattr(generated, name)} == set(SCHEMAS[name]["enum"])


def test_a_generated_request_is_what_the_contract_says() -> None:
    """What the generated classes write validates, and they read it back as it was."""
    body = OPERATION.request_examples["one_job"]
    written = generated.BatchSetPolicyReq.from_dict(deepcopy(body)).to_dict()
    assert written == body


# --- reading it ---------------------------------------------------------------------------------


def test_an_unknown_edition_is_refused_with_the_known_ones() -> None:
    """The error lists what there is to choose from."""
    assert contract.editions()[0] == contract.BASE_EDITION
    with pytest.raises(ValueError, match=r"no edition 'nowhere' .*`base`"):
        contract.load("nowhere")


def test_the_hash_depends_on_what_is_said_and_not_on_its_order() -> None:
    """Two documents that say the same have the same hash; one changed word changes it."""
    document = CONTRACT.document
    turned = contract.Contract(dict(reversed(list(document.items()))))
    assert re.fullmatch(r"[0-9a-f]{64}", CONTRACT.sha256)
    assert turned.sha256 == CONTRACT.sha256
    changed = contract.Contract({**document, "info": {**document["info"], "version": "9.9.9"}})
    assert changed.sha256 != CONTRACT.sha256
    assert changed.version == "9.9.9"


def test_pointers_and_references_resolve() -> None:
    """Escapes of RFC 6901 and chains of references lead to their place or raise `KeyError`."""
    assert CONTRACT.at("#/info/title") == CONTRACT.title
    assert CONTRACT.at("/servers/2/url") == "http://127.0.0.1:8080"
    assert CONTRACT.resolve({"$ref": "#/components/schemas/Language"})["default"] == "en-us"
    with pytest.raises(KeyError):
        CONTRACT.at("#/nowhere")
    with pytest.raises(KeyError):
        OPERATION.rule("no-such-rule")
    with pytest.raises(KeyError):
        CONTRACT.operation("noSuchOperation")
    assert OPERATION.rule("count-equals-results").origin == "page"


def test_the_shipped_source_is_the_hand_written_contract() -> None:
    """The data package holds `openapi.yaml` to the byte."""
    text = contract.source()
    assert text.startswith("openapi: 3.1.1\n")
    assert f"version: {CONTRACT.version}" in text
