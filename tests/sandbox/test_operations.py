"""Operations by operationId, and contracts that grow."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from drs_sync_policy.contract import Contract, load
from drs_sync_policy.sandbox import create_app
from drs_sync_policy.sandbox.operations import NoHandlerError

from .conftest import Caller


def edited(edit: Callable[[dict[str, Any]], None]) -> Contract:
    """The base contract after an edit of its document."""
    document = copy.deepcopy(json.loads(json.dumps(load().document)))
    edit(document)
    return Contract(document)


def test_an_operation_without_handler_is_named() -> None:
    """A contract with an operation that nobody wrote a handler for is refused by its id."""

    def rename(document: dict[str, Any]) -> None:
        item = document["paths"]["/v3/{project_id}/jobs/batch-sync-policy"]
        document["paths"]["/v3/{project_id}/jobs"] = {
            **item,
            "post": {**item["post"], "operationId": "createJobs"},
        }

    with pytest.raises(NoHandlerError, match="no handler for `createJobs`"):
        create_app(contract=edited(rename))


def test_an_added_field_is_validated_and_stored(serve: Callable[..., Caller]) -> None:
    """A field that the contract gains is judged by its schema, stored and read back."""

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
    """A header parameter that the contract gains is judged by its schema."""

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
