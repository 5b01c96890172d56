"""The Huawei Cloud edition is the base with what its sources add, and nothing of the base lost."""

from __future__ import annotations

import copy
import inspect
import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from drs_sync_policy import contract
from drs_sync_policy_api.models import SyncPolicyReq
from drs_sync_policy_contract import SHA256, VERSION
from tools.documents import CONTRACT, ROOT, read_document
from tools.editions import OVERLAYS, client_contract, edition, edition_names, incompatibilities
from tools.programs import node_environment, node_tool

SDK_FIELDS = {
    "job_id", "conflict_policy", "filter_ddl_policy", "ddl_trans", "index_trans", "topic_policy",
    "topic", "partition_policy", "kafka_data_format", "topic_name_format", "partitions_num",
    "replication_factor", "is_fill_materialized_view", "export_snapshot", "slot_name",
    "file_and_position", "gtid_set", "ddl_topic",
}  # fmt: skip
"""The 18 fields of an item in the vendor's Python SDK, 3.1.219."""


@pytest.fixture(scope="module")
def huawei() -> contract.Contract:
    return contract.load("huawei-cloud")


@pytest.fixture(scope="module")
def validator(huawei: contract.Contract) -> jsonschema_rs.Draft202012Validator:
    body = huawei.operation("batchSetPolicy").request["application/json"]
    return jsonschema_rs.Draft202012Validator(huawei.standalone(body))


def test_the_edition_has_the_fields_of_the_official_sdk(huawei: contract.Contract) -> None:
    """An item has the 18 fields of the vendor's SDK; the base lacks twelve of them."""
    item = "/components/schemas/SyncPolicyReq"
    assert huawei.at(item)["properties"].keys() >= SDK_FIELDS
    assert len(SDK_FIELDS - contract.load().at(item)["properties"].keys()) == 12
    assert huawei.at(item)["required"] == ["job_id"]


def test_one_client_has_the_fields_of_all_editions() -> None:
    """The generated class can carry every field of every edition."""
    assert inspect.signature(SyncPolicyReq).parameters.keys() >= SDK_FIELDS


def test_rules_and_responses_are_those_of_the_base(huawei: contract.Contract) -> None:
    """Every rule carries over, and every documented response; the version is the base's."""
    base = contract.load()
    assert huawei.rules == base.rules
    ours, theirs = huawei.operation("batchSetPolicy"), base.operation("batchSetPolicy")
    assert ours.responses == theirs.responses
    assert ours.tolerated_statuses == theirs.tolerated_statuses
    assert huawei.version == base.version


def test_version_and_hashes_are_known_without_reading_a_contract() -> None:
    """What the data package states of each edition is what the loaded contract computes."""
    loaded = {name: contract.load(name) for name in contract.editions()}
    assert {name: document.sha256 for name, document in loaded.items()} == SHA256
    assert {document.version for document in loaded.values()} == {VERSION}


def test_every_example_is_valid(
    huawei: contract.Contract, validator: jsonschema_rs.Draft202012Validator
) -> None:
    """The base's examples and the edition's own are requests of the edition."""
    examples = huawei.operation("batchSetPolicy").request_examples
    assert examples.keys() > contract.load().operation("batchSetPolicy").request_examples.keys()
    assert all(validator.is_valid(example) for example in examples.values())


def test_servers_and_credentials_are_the_editions_own(huawei: contract.Contract) -> None:
    """No server of T Cloud is left; a token and a signature are alternatives."""
    urls = [server["url"] for server in huawei.document["servers"]]
    assert urls == [
        "http://127.0.0.1:8080",
        "https://drs.{region}.myhuaweicloud.com",
        "https://drs.eu-west-101.myhuaweicloud.eu",
    ]
    assert len(huawei.document["servers"][1]["variables"]["region"]["enum"]) == 33
    assert huawei.document["security"] == [{"X-Auth-Token": []}, {"AK-SK": []}]


@pytest.mark.parametrize(
    "fields",
    [
        {"file_and_position": "mysql-bin.000019:197"},
        {"file_and_position": "a" * 60 + ".123:1"},
        {"file_and_position": "1700000000:2147483647"},
        {"gtid_set": "e4979f26-4bc3-11ee-b279-fa163ef21d64:1-23"},
        {"gtid_set": "x" * 2048},
        {"is_fill_materialized_view": False, "export_snapshot": True},
        {"topic_policy": "0", "topic": "t", "partition_policy": "5"},
        {"topic_policy": "1", "partition_policy": "5"},
        {"topic_policy": "4", "partition_policy": "3"},
        {"topic_policy": "3"},
        {"partition_policy": "4"},
        {"kafka_data_format": "json_c"},
        {"partitions_num": "1", "replication_factor": "1"},
        {"partitions_num": "2147483647", "replication_factor": "32767"},
        {"ddl_trans": True, "topic_policy": "2", "ddl_topic": "d", "topic_name_format": "$x$"},
        {"something_else": None},
    ],
    ids=lambda fields: str(fields)[:80],
)
def test_what_a_source_documents_is_accepted(
    fields: dict[str, Any], validator: jsonschema_rs.Draft202012Validator
) -> None:
    """A value that any of the sources takes is valid, and unknown fields are ignored."""
    assert validator.is_valid({"jobs": [{"job_id": "j", **fields}]})


@pytest.mark.parametrize(
    "fields",
    [
        {"file_and_position": "mysql-bin.19:197"},
        {"file_and_position": "a" * 61 + ".123:1"},
        {"file_and_position": "mysql/bin.000019:197"},
        {"file_and_position": "1700000000:2147483648"},
        {"file_and_position": "0:1"},
        {"file_and_position": "a" * 60 + "." + "1" * 20 + ":" + "1" * 20},
        {"gtid_set": "x" * 2049},
        {"gtid_set": "a&b"},
        {"gtid_set": "中"},
        {"is_fill_materialized_view": "false"},
        {"export_snapshot": "true"},
        {"topic_policy": "0"},
        {"topic_policy": "5"},
        {"topic_policy": 1},
        {"topic_policy": "1", "partition_policy": "3"},
        {"topic_policy": "2", "partition_policy": "5"},
        {"topic_policy": "3", "partition_policy": "2"},
        {"topic_policy": "4", "partition_policy": "2"},
        {"partition_policy": "6"},
        {"kafka_data_format": "JSON"},
        {"partitions_num": "0"},
        {"partitions_num": 1},
        {"partitions_num": "2147483648"},
        {"replication_factor": "32768"},
        {"replication_factor": ""},
        {"topic": None},
    ],
    ids=lambda fields: str(fields)[:80],
)
def test_what_no_source_takes_is_refused(
    fields: dict[str, Any], validator: jsonschema_rs.Draft202012Validator
) -> None:
    """A value outside the ranges, patterns and dependencies of every source is invalid."""
    assert not validator.is_valid({"jobs": [{"job_id": "j", **fields}]})


@pytest.mark.parametrize("name", edition_names())
def test_another_implementation_makes_the_same_edition(name: str, tmp_path: Path) -> None:
    """Redocly's bundler, which applies overlays too, makes the same document."""
    out = tmp_path / "out.json"
    overlay = str(OVERLAYS / f"{name}.yaml")
    subprocess.run(
        [node_tool("redocly"), "bundle", str(CONTRACT), "--overlay", overlay, "-o", str(out)],
        cwd=ROOT, env=node_environment(), capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(out.read_text("utf-8")) == edition(name, read_document(CONTRACT))


def test_an_overlay_that_does_not_fit_ends_the_generation(tmp_path: Path) -> None:
    """An edition that has fallen off the base is named with its action and a near match."""
    action = {"target": "$.components.schemas.SyncPolicyRequ", "update": {"title": "x"}}
    document = {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": [action]}
    (tmp_path / "moon.yaml").write_text(yaml.safe_dump(document))
    with pytest.raises(SystemExit, match=r"moon.yaml, action 1: .* did you mean `SyncPolicyReq`"):
        edition("moon", read_document(CONTRACT), overlays=tmp_path)


@pytest.mark.parametrize(
    ("pointer", "value", "reason"),
    [
        (("SyncPolicyReq", "required"), ["job_id", "slot_name"], "`required` of `SyncPolicyReq`"),
        (("SyncPolicyReq", "properties", "slot_name"), {"type": "integer"}, "field `slot_name`"),
        (("SyncPolicyReq", "properties"), {}, "field `job_id`"),
    ],
)
def test_an_edition_that_one_client_cannot_serve_is_refused(
    pointer: tuple[str, ...], value: object, reason: str
) -> None:
    """An edition may only add optional fields."""
    base = read_document(CONTRACT)
    changed = copy.deepcopy(base)
    node = changed["components"]["schemas"]
    for key in pointer[:-1]:
        node = node[key]
    node[pointer[-1]] = value
    assert any(reason in line for line in incompatibilities(base, changed))
    assert not list(incompatibilities(base, base))


def test_the_client_knows_the_fields_but_not_the_servers_of_an_edition() -> None:
    """Only schemas are taken from the editions: servers and credentials stay the base's."""
    base = read_document(CONTRACT)
    client = client_contract(base)
    assert client["servers"] == base["servers"]
    assert client["security"] == base["security"]
    assert "TopicPolicy" in client["components"]["schemas"]
    assert "TopicPolicy" not in base["components"]["schemas"]
