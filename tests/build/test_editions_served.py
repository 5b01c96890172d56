"""The 18 fields of the Huawei Cloud edition travel: sent by the client, stored, and checked."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from drs_sync_policy import contract, sandbox
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy_api import AuthenticatedClient
from drs_sync_policy_api.api.synchronization_policies import batch_set_policy
from drs_sync_policy_api.models import BatchSetPolicyReq, SyncPolicyReq
from tests.processes import completed

HUAWEI = contract.load("huawei-cloud")

BASE_FIELDS: dict[str, Any] = {
    "conflict_policy": "overwrite",
    "filter_ddl_policy": "drop_database",
    "ddl_trans": True,
    "index_trans": False,
    "slot_name": "drs_slot_1",
}
FURTHER_FIELDS: dict[str, Any] = {
    "file_and_position": "mysql-bin.000019:197",
    "gtid_set": "e4979f26-4bc3-11ee-b279-fa163ef21d64:1-23",
    "is_fill_materialized_view": True,
    "export_snapshot": False,
    "topic_policy": "0",
    "topic": "drs_changes",
    "partition_policy": "5",
    "kafka_data_format": "json_c",
    "topic_name_format": "$database$-$schema$",
    "partitions_num": "3",
    "replication_factor": "2",
    "ddl_topic": "drs_ddl",
}


@pytest.fixture(scope="module")
def served() -> Generator[sandbox.Running]:
    with sandbox.running(contract=HUAWEI) as running:
        yield running


@pytest.fixture(scope="module")
def base_served() -> Generator[sandbox.Running]:
    with sandbox.running() as running:
        yield running


def _set(server: sandbox.Running, fields: Mapping[str, Any]) -> str:
    """The status of the one item, sent by the generated client."""
    tenant = server.tenants[0]
    item = SyncPolicyReq(job_id=tenant.job_ids[0], **fields)
    with AuthenticatedClient(base_url=server.url, token=tenant.token) as client:
        response = batch_set_policy.sync(
            tenant.project_id, client=client, body=BatchSetPolicyReq(jobs=[item])
        )
    return str(response.results[0].status)


def _stored(server: sandbox.Running) -> dict[str, Any]:
    """What the server has stored for that job, as its own profile says to read it."""
    target = _target(server)
    assert target.readback is not None
    path = target.readback.path.format(
        project_id=target.tenant.project_id, job_id=target.tenant.job_ids[0]
    )
    headers = {"X-Auth-Token": target.tenant.token}
    document = httpx.get(server.url + path, headers=headers).raise_for_status().json()
    policy: dict[str, Any] = document["policy"]
    return policy


def _target(server: sandbox.Running) -> profile.Target:
    described = sandbox.target_profile(
        server.url, tenants=server.tenants, max_body_bytes=sandbox.DEFAULT_MAX_BODY_BYTES
    )
    return profile.parse(described, origin="of this test")


def _verdict(server: sandbox.Running, rule: str = "") -> Verdict:
    """Of all required scenarios; with a rule, of those that it needs, until it fails."""
    return run(
        _target(server),
        against=HUAWEI,
        budget=0,
        schemathesis=False,
        rules=(rule,) if rule else (),
        enough=lambda ledger: ledger.status(rule) == "failed" if rule else False,
    )


def test_the_edition_stores_what_the_client_sends(served: sandbox.Running) -> None:
    """All 18 fields of an item are sent with their types and kept as they were sent."""
    assert len({"job_id", *BASE_FIELDS, *FURTHER_FIELDS}) == 18
    assert _set(served, {**BASE_FIELDS, **FURTHER_FIELDS}) == "success"
    assert _stored(served) == {**BASE_FIELDS, **FURTHER_FIELDS}


def test_the_base_ignores_the_further_fields(base_served: sandbox.Running) -> None:
    """They are accepted, as any unknown field is, and not stored."""
    assert _set(base_served, {**BASE_FIELDS, **FURTHER_FIELDS}) == "success"
    assert _stored(base_served) == BASE_FIELDS


def test_the_command_sets_all_of_them(served: sandbox.Running, tmp_path: Path) -> None:
    """`apply --edition` takes a file with the 18 fields and the server has them."""
    tenant = served.tenants[0]
    item = {"job_id": tenant.job_ids[0], **BASE_FIELDS, **FURTHER_FIELDS, "partitions_num": "7"}
    file = tmp_path / "policies.json"
    file.write_text(json.dumps([item]))
    command = [str(Path(sys.executable).with_name("drs-sync-policy")), "apply", str(file)]
    command += ["--edition", "huawei-cloud", "--url", served.url]
    command += ["--project-id", tenant.project_id]
    environment = {**os.environ, "DRS_TOKEN": tenant.token}
    done = completed(command, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _stored(served) == {key: value for key, value in item.items() if key != "job_id"}


@pytest.mark.system
def test_the_fuzzer_passes_a_server_of_the_edition(served: sandbox.Running) -> None:
    """A server of the edition passes every rule that a short run checks."""
    verdict = _verdict(served)
    assert not verdict.failed, verdict.ledger.violations()
    assert verdict.ending == "complete"


@pytest.mark.system
def test_the_fuzzer_finds_what_a_server_of_the_base_lacks(base_served: sandbox.Running) -> None:
    """Checked by the edition, a server that ignores its fields breaks rules about them."""
    for rule in ("invalid-body-is-refused", "accepted-policy-is-stored"):
        verdict = _verdict(base_served, rule)
        assert rule in {violation.rule for violation in verdict.ledger.violations()}
