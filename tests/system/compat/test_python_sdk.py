"""The vendor's own Python SDK, unmodified, against the sandbox."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drs_sync_policy.sandbox import Running, running, target_profile, to_toml
from drs_sync_policy.sandbox.seed import FIRST, SECOND, Tenant

pytestmark = pytest.mark.filterwarnings("ignore:Method .[a-z_]+. of:DeprecationWarning")

SDK_WARNINGS = (DeprecationWarning, SyntaxWarning, PendingDeprecationWarning)


@pytest.fixture(scope="module")
def sdk() -> Iterator[Any]:
    """The SDK's modules; what it warns of about itself is its own business."""
    with warnings.catch_warnings():
        for category in SDK_WARNINGS:
            warnings.simplefilter("ignore", category)
        drs = import_module("huaweicloudsdkdrs.v3")
        credentials = import_module("huaweicloudsdkcore.auth.credentials").BasicCredentials
        exceptions = import_module("huaweicloudsdkcore.exceptions.exceptions")
        yield SimpleNamespace(**vars(drs), credentials=credentials, exceptions=exceptions)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running() as served:
        yield served


def client(sdk: Any, sandbox: Running, tenant: Tenant, **changes: str) -> Any:
    """The SDK's client, signing with the tenant's keys."""
    keys = {"ak": tenant.access_key, "sk": tenant.secret_key, "project_id": tenant.project_id}
    credentials = sdk.credentials(**{**keys, **changes})
    builder = sdk.DrsClient.new_builder().with_credentials(credentials)
    return builder.with_endpoints([sandbox.url]).build()


def request(sdk: Any, *jobs: dict[str, Any], **more: Any) -> Any:
    """The SDK's request for these items."""
    items = [sdk.SyncPolicyReq(**job) for job in jobs]
    return sdk.BatchSetPolicyRequest(body=sdk.BatchSetupSyncPolicyReq(jobs=items), **more)


def test_it_sets_policies(sdk: Any, sandbox: Running) -> None:
    """A signed batch succeeds, and its response is read into the SDK's model."""
    response = client(sdk, sandbox, FIRST).batch_set_policy(
        request(
            sdk,
            {"job_id": FIRST.job_ids[0], "conflict_policy": "ignore", "ddl_trans": True},
            {"job_id": FIRST.job_ids[1], "filter_ddl_policy": "drop_database"},
        )
    )
    assert response.count == 2
    assert [(result.id, result.status) for result in response.results] == [
        (job, "success") for job in FIRST.job_ids[:2]
    ]


def test_it_gets_failures_per_job(sdk: Any, sandbox: Running) -> None:
    """An unknown, a blocked and a foreign job fail one by one, with code and text."""
    response = client(sdk, sandbox, FIRST).batch_set_policy(
        request(
            sdk,
            {"job_id": "unknown"},
            {"job_id": FIRST.blocked_job_ids[0]},
            {"job_id": SECOND.job_ids[0]},
            {"job_id": FIRST.job_ids[0]},
        )
    )
    codes = [result.error_code for result in response.results]
    assert codes == ["DRS.M05003", "DRS.M00304", "DRS.M05003", None]
    assert all(result.error_msg for result in response.results[:3])


def test_it_asks_for_chinese(sdk: Any, sandbox: Running) -> None:
    """The SDK signs `X-Language`, and texts come in Chinese."""
    response = client(sdk, sandbox, FIRST).batch_set_policy(
        request(sdk, {"job_id": "unknown"}, x_language="zh-cn")
    )
    assert not response.results[0].error_msg.isascii()


def test_a_bad_request_is_a_typed_error(sdk: Any, sandbox: Running) -> None:
    """A value that does not exist is the SDK's request error, with code, text and request id."""
    with pytest.raises(sdk.exceptions.ClientRequestException) as caught:
        client(sdk, sandbox, FIRST).batch_set_policy(
            request(sdk, {"job_id": "x", "conflict_policy": "skip"})
        )
    error = caught.value
    assert (error.status_code, error.error_code) == (400, "DRS.M00202")
    assert "jobs[0].conflict_policy" in error.error_msg
    assert len(error.request_id) == 32


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"sk": "wrong"}, 401, "APIGW.0301"),
        ({"ak": "NOBODY"}, 401, "APIGW.0301"),
        ({"project_id": SECOND.project_id}, 403, "DRS.M00261"),
    ],
)
def test_bad_credentials_are_typed_errors(
    sdk: Any, sandbox: Running, changes: dict[str, str], status: int, code: str
) -> None:
    """A wrong key, and a project that is not the key's, are the SDK's errors with their codes."""
    with pytest.raises(sdk.exceptions.ClientRequestException) as caught:
        client(sdk, sandbox, FIRST, **changes).batch_set_policy(request(sdk, {"job_id": "x"}))
    assert (caught.value.status_code, caught.value.error_code) == (status, code)


@pytest.mark.parametrize("job_id", ["ä", "\U0001f600", "a b/c", "x" * 5000])
def test_odd_ids_are_signed_alike(sdk: Any, sandbox: Running, job_id: str) -> None:
    """Both sides sign the same bytes, whatever the text."""
    response = client(sdk, sandbox, FIRST).batch_set_policy(request(sdk, {"job_id": job_id}))
    assert response.results[0].id == job_id


def test_its_traffic_through_the_proxy_is_checked(
    sdk: Any, sandbox: Running, tmp_path: Path
) -> None:
    """It signs for the address of the proxy, which reaches the sandbox in the Host header."""
    document = target_profile(sandbox.url, tenants=[FIRST])
    (tmp_path / "target.toml").write_text(to_toml(document), "utf-8")
    program = str(Path(sys.executable).with_name("drs-sync-policy"))
    command = [program, "proxy", "--target", "target.toml", "--report", "report"]
    with subprocess.Popen(command, cwd=tmp_path, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found
        try:
            keys = {"ak": FIRST.access_key, "sk": FIRST.secret_key, "project_id": FIRST.project_id}
            builder = sdk.DrsClient.new_builder().with_credentials(sdk.credentials(**keys))
            proxied = builder.with_endpoints([found[0]]).build()
            jobs = [{"job_id": job, "conflict_policy": "stop"} for job in FIRST.job_ids[:2]]
            response = proxied.batch_set_policy(request(sdk, *jobs))
            assert [result.status for result in response.results] == ["success", "success"]
            failed = proxied.batch_set_policy(request(sdk, {"job_id": "unknown"}))
            assert [result.status for result in failed.results] == ["failed"]
            with pytest.raises(sdk.exceptions.ClientRequestException):
                proxied.batch_set_policy(request(sdk, {"job_id": ""}))
        finally:
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    verdict = json.loads((tmp_path / "report" / "verdict.json").read_text("utf-8"))
    assert verdict["statuses"] == {"200": 2, "400": 1}
    assert verdict["findings"] == []


# --- the optional operations that read ------------------------------------------------------------


def details(sdk: Any, jobs: list[str], **page: int) -> Any:
    """The SDK's request for the details of these jobs."""
    body = sdk.BatchQueryJobReqPage(jobs=jobs, page_req=sdk.PageReq(**page))
    return sdk.BatchListJobDetailsRequest(body=body)


def listing(sdk: Any, **asked: Any) -> Any:
    """The SDK's request for a list of synchronization jobs."""
    return sdk.ShowJobListRequest(body=sdk.QueryJobsReq(db_use_type="sync", **asked))


def test_it_lists_sets_and_reads(sdk: Any, sandbox: Running) -> None:
    """What it lists it can set, and what it set it reads; two fields cannot be read."""
    drs = client(sdk, sandbox, SECOND)
    pages = [drs.show_job_list(listing(sdk, cur_page=page, per_page=2)) for page in (1, 2, 3, 4)]
    listed = [job for page in pages for job in page.jobs]
    assert {page.total_record for page in pages} == {len(SECOND.states)}
    assert {job.id: job.status for job in listed} == dict(SECOND.states)
    jobs = [job.id for job in listed if job.status == "CONFIGURATION"]
    fields = {"conflict_policy": "stop", "filter_ddl_policy": "drop_database", "index_trans": True}
    hidden = {"ddl_trans": True, "slot_name": "s"}
    set_ = drs.batch_set_policy(
        request(sdk, *({"job_id": job, **fields, **hidden} for job in jobs))
    )
    assert {result.status for result in set_.results} == {"success"}
    read = drs.batch_list_job_details(details(sdk, jobs, cur_page=1, per_page=0))
    assert [entry.id for entry in read.results] == jobs
    assert read.count == len(jobs)
    for entry in read.results:
        assert {name: getattr(entry, name) for name in fields} == fields
        assert not any(hasattr(entry, name) for name in hidden)


def test_it_filters_the_list(sdk: Any, sandbox: Running) -> None:
    """By state and by id."""
    drs = client(sdk, sandbox, FIRST)
    blocked = drs.show_job_list(listing(sdk, status="FULL_TRANSFER_STARTED"))
    assert [FIRST.states[job.id] for job in blocked.jobs] == ["FULL_TRANSFER_STARTED"]
    named = drs.show_job_list(listing(sdk, name=FIRST.job_ids[1]))
    assert [job.id for job in named.jobs] == [FIRST.job_ids[1]]


def test_an_only_job_that_fails_is_an_error_without_a_code(sdk: Any, sandbox: Running) -> None:
    """The 400 lists the job in place of a code: the SDK keeps the list in its message."""
    with pytest.raises(sdk.exceptions.ClientRequestException) as caught:
        client(sdk, sandbox, FIRST).batch_list_job_details(details(sdk, [SECOND.job_ids[0]]))
    assert caught.value.status_code == 400
    assert "DRS.M00289" in str(vars(caught.value))
