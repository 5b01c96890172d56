"""The core of the vendor's Node SDKs: a second implementation of the signature, unmodified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drs_sync_policy.sandbox import Running, running
from drs_sync_policy.sandbox.seed import FIRST, SECOND
from tests.processes import completed

ROOT = Path(__file__).parents[3]
NODE = ROOT / ".venv" / "bin" / "node"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running() as served:
        yield served


def call(sandbox: Running, *jobs: dict[str, Any], **changes: str) -> Any:
    """What the SDK makes of the response to this batch."""
    asked = {
        "url": sandbox.url,
        "ak": FIRST.access_key,
        "sk": FIRST.secret_key,
        "projectId": FIRST.project_id,
        "body": {"jobs": jobs},
        **changes,
    }
    done = completed(
        [NODE, Path(__file__).with_name("call.js"), ROOT / "tools"],
        input=json.dumps(asked),
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_it_sets_policies_and_gets_failures_per_job(sandbox: Running) -> None:
    """A signed batch is carried out, and its results are read."""
    response = call(
        sandbox, {"job_id": FIRST.job_ids[0], "ddl_trans": True}, {"job_id": "ä unknown"}
    )
    assert (response["httpStatusCode"], response["count"]) == (200, 2)
    assert [result["status"] for result in response["results"]] == ["success", "failed"]
    assert response["results"][1]["error_code"] == "DRS.M05003"


def test_it_asks_for_chinese(sandbox: Running) -> None:
    """The core signs `X-Language`, too."""
    response = call(sandbox, {"job_id": "unknown"}, language="zh-cn")
    assert not response["results"][0]["error_msg"].isascii()


def test_a_bad_request_is_a_typed_error(sandbox: Running) -> None:
    """Code, text and request id of an error are read."""
    error = call(sandbox, {"job_id": ""})
    assert (error["httpStatusCode"], error["errorCode"]) == (400, "DRS.M00201")
    assert len(error["requestId"]) == 32


@pytest.mark.parametrize(
    ("changes", "status"), [({"sk": "wrong"}, 401), ({"projectId": SECOND.project_id}, 403)]
)
def test_bad_credentials_are_errors(sandbox: Running, changes: dict[str, str], status: int) -> None:
    """A wrong secret, and a project that is not the key's, are reported."""
    assert call(sandbox, {"job_id": "x"}, **changes)["httpStatusCode"] == status
