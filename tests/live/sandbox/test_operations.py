"""Operations by operationId, and contracts that grow."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from drs_sync_policy.contract import Contract, Operation, load
from drs_sync_policy.sandbox import (
    Handler,
    NoHandlerError,
    Policies,
    Request,
    Response,
    create_app,
    rejection,
    running,
)
from drs_sync_policy.sandbox.faults import catalogue
from drs_sync_policy.sandbox.seed import FIRST

from .conftest import Caller


def edited(edit: Callable[[dict[str, Any]], None]) -> Contract:
    """The base contract after an edit of its document."""
    document = copy.deepcopy(json.loads(json.dumps(load().document)))
    edit(document)
    return Contract(document)


def test_an_operation_without_handler_is_named() -> None:
    """A contract with an operation that has no handler is reported by its id."""

    def rename(document: dict[str, Any]) -> None:
        item = document["paths"]["/v3/{project_id}/jobs/batch-sync-policy"]
        document["paths"]["/v3/{project_id}/jobs"] = {
            **item,
            "post": {**item["post"], "operationId": "createJobs"},
        }

    with pytest.raises(NoHandlerError, match="no handler for `createJobs`"):
        create_app(contract=edited(rename))


def echo(_contract: Contract, _operation: Operation, _store: Policies) -> Handler:
    """A handler that responses with what it was asked."""

    async def handle(request: Request, document: Any) -> Response:
        return Response(200, {"query": dict(request.query_parameters), "document": document})

    return handle


def add_list(document: dict[str, Any]) -> None:
    """A GET with a required parameter of the query and an optional one."""
    parameters = [
        {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer"}},
        {"name": "state", "in": "query", "schema": {"enum": ["a b", "c"]}},
    ]
    item = {
        "operationId": "listPolicies",
        "parameters": [{"$ref": "#/components/parameters/ProjectId"}, *parameters],
        "responses": {"200": {"description": "What was asked."}},
    }
    document["paths"]["/v3/{project_id}/policies"] = {"get": item}


def test_a_handler_that_is_given_carries_an_added_operation_out() -> None:
    """What was asked reaches it, once the parameters of the query keep their schemas."""
    path, headers = f"/v3/{FIRST.project_id}/policies", {"X-Auth-Token": FIRST.token}
    query = {"limit": "3", "state": "a b", "more": ""}
    wrong: list[dict[str, Any]] = [{}, {"limit": "x"}, {**query, "state": "d"}, {"limit": [3, 3]}]
    with (
        running(contract=edited(add_list), handlers={"listPolicies": echo}) as server,
        httpx.Client(base_url=server.url, headers=headers) as http,
    ):
        assert http.get(path, params=query).json() == {"query": query, "document": None}
        assert {http.get(path, params=params).status_code for params in wrong} == {400}


def test_a_handler_that_is_given_stands_before_the_own_one(serve: Callable[..., Caller]) -> None:
    """The mapping is laid over the built-in one; without an addition to the contract, too."""

    def fails(_contract: Contract, _operation: Operation, _store: Policies) -> Handler:
        async def handle(request: Request, document: Any) -> Response:
            raise rejection.service_failed()

        return handle

    caller = serve(handlers={"batchSetPolicy": fails})
    assert caller.set({"job_id": "x"}).status_code == 500
    assert caller.set({"job_id": ""}).status_code == 400


def test_a_handler_under_a_misspelt_name_is_reported() -> None:
    """The one that is nearest is named, since it was probably meant."""
    with pytest.raises(NoHandlerError, match=r"`listPolicies`.*there is one for `listPolicy`"):
        create_app(contract=edited(add_list), handlers={"listPolicy": echo})


def test_a_contract_without_the_first_operation_is_served() -> None:
    """Nothing insists on it: its faults are gone with it."""

    def replace(document: dict[str, Any]) -> None:
        document["paths"].clear()
        add_list(document)

    contract = edited(replace)
    create_app(contract=contract, handlers={"listPolicies": echo})
    assert "null-ddl-trans" not in {fault.name for fault in catalogue(contract)}


def test_an_added_field_is_validated_and_stored(serve: Callable[..., Caller]) -> None:
    """A field that the contract gains is validated by its schema, stored and read back."""

    def add(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["SyncPolicyReq"]["properties"]["topic_policy"] = {
            "type": "integer",
            "maximum": 3,
        }

    caller = serve(contract=edited(add))
    job = caller.new_job()
    assert caller.set({"job_id": job, "topic_policy": 4}).status_code == 400
    assert caller.set({"job_id": job, "topic_policy": "3"}).status_code == 400
    assert caller.set({"job_id": job, "topic_policy": 3}).status_code == 200
    assert caller.stored(job) == {"topic_policy": 3}


def test_an_added_header_is_validated(serve: Callable[..., Caller]) -> None:
    """A header parameter that the contract gains is validated by its schema."""

    def add(document: dict[str, Any]) -> None:
        post = document["paths"]["/v3/{project_id}/jobs/batch-sync-policy"]["post"]
        post["parameters"].append(
            {"name": "X-Depth", "in": "header", "required": True, "schema": {"type": "integer"}}
        )

    caller = serve(contract=edited(add))
    assert caller.set({"job_id": "x"}).json()["error_code"] == "DRS.M00201"
    assert caller.set({"job_id": "x"}, X_Depth="deep").json()["error_code"] == "DRS.M00202"
    assert caller.set({"job_id": "x"}, X_Depth="3").status_code == 200


def test_an_added_bound_is_validated(serve: Callable[..., Caller]) -> None:
    """A keyword that the contract gains is kept without an edit of the sandbox."""

    def bound(document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        schemas["BatchSetPolicyReq"]["properties"]["jobs"]["maxItems"] = 2

    caller = serve(contract=edited(bound))
    assert caller.set(*[{"job_id": "x"}] * 2).status_code == 200
    assert caller.set(*[{"job_id": "x"}] * 3).status_code == 400
