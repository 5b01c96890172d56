"""The generated models: frozen, forgiving when read, and the same however they were made."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from typing import Any

import attrs
import msgspec
import pytest

from drs_sync_policy_api.models import (
    BatchSetPolicyReq,
    BatchSetPolicyResponse,
    SyncPolicyReq,
    SyncPolicyResp,
    SyncPolicyStatus,
)
from drs_sync_policy_api.types import UNSET, decode, encode
from tests.processes import completed


def test_models_are_frozen_attrs_classes() -> None:
    """A model takes keywords only, never changes, has no `__dict__`, and works with `attrs`."""
    item: Any = SyncPolicyReq(job_id="a", ddl_trans=True)
    odd: Any = SyncPolicyReq
    with pytest.raises(TypeError):
        odd("a")
    for field in ("job_id", "slot_name", "additional_properties", "new"):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(item, field, "b")
    assert not hasattr(item, "__dict__")
    assert attrs.evolve(item, job_id="b") == SyncPolicyReq(job_id="b", ddl_trans=True)
    assert repr(item) == "SyncPolicyReq(job_id='a', ddl_trans=True)"


def test_a_model_that_was_read_is_as_one_that_was_made() -> None:
    """Reading makes what the constructor makes: equal, complete, and open to pickle and copies."""
    text = b'{"count": 1, "results": [{"id": "a", "status": "failed", "error_code": "c"}]}'
    read = decode(text, BatchSetPolicyResponse)
    item = SyncPolicyResp(id="a", status=SyncPolicyStatus.FAILED, error_code="c")
    assert read == BatchSetPolicyResponse(count=1, results=[item])
    assert repr(read.results[0]) == repr(item)
    assert attrs.asdict(read.results[0])["error_msg"] is UNSET
    assert pickle.loads(pickle.dumps(decode(text, BatchSetPolicyResponse))) == read


def test_looking_at_unknown_fields_changes_nothing_that_is_sent() -> None:
    """`additional_properties` is a dict also where there are none, and what is put in is sent."""
    item = SyncPolicyReq(job_id="additional_properties", slot_name='"additional_properties":{}')
    before = json.loads(encode(item))
    assert item.additional_properties == {}
    assert json.loads(encode(item)) == before == item.to_dict()
    assert "additional_properties" not in before
    item.additional_properties["more"] = 1
    assert json.loads(encode(item)) == {**before, "more": 1}
    assert SyncPolicyReq(job_id="b").additional_properties == {}


@pytest.mark.parametrize(
    ("model", "plain"),
    [
        (SyncPolicyReq, {"job_id": "a"}),
        (SyncPolicyReq, {"job_id": "a", "conflict_policy": "ignore", "ddl_trans": False}),
        (SyncPolicyReq, {"job_id": "a", "conflict_policy": "of a newer contract"}),
        (SyncPolicyReq, {"job_id": "a", "slot_name": None, "unknown": [1], "other": {"x": None}}),
        (SyncPolicyReq, {"job_id": ""}),
        (BatchSetPolicyReq, {"jobs": [{"job_id": "a"}, {"job_id": "b", "topic": "t", "new": 1}]}),
        (BatchSetPolicyResponse, {"count": 2, "results": [{"id": "a", "status": "new", "x": 1}]}),
    ],
)
def test_a_dict_is_read_as_its_json_is(model: Any, plain: dict[str, Any]) -> None:
    """`from_dict` makes what `decode` makes, and keeps nothing of the caller's own dict."""
    given = copy.deepcopy(plain)
    made = model.from_dict(given)
    assert made == decode(json.dumps(plain).encode(), model)
    assert type(made) is model
    assert repr(made) == repr(decode(json.dumps(plain).encode(), model))
    assert given == plain


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ({}, "missing required field `job_id`"),
        ({"job_id": 1}, r"Expected `str`, got `int` - at `\$.job_id`"),
        ({"job_id": "a", "ddl_trans": "true"}, r"Expected `bool`.* - at `\$.ddl_trans`"),
    ],
)
def test_a_dict_of_wrong_types_is_refused(plain: dict[str, Any], message: str) -> None:
    """The error names the place."""
    with pytest.raises(msgspec.ValidationError, match=message):
        SyncPolicyReq.from_dict(plain)


def test_unset_keeps_its_identity() -> None:
    """`UNSET` is the same object after pickle and deepcopy, so that `is UNSET` holds."""
    item = SyncPolicyReq(job_id="a")
    assert pickle.loads(pickle.dumps(item)).slot_name is UNSET
    assert copy.deepcopy(item).slot_name is UNSET
    assert not UNSET


def test_models_come_without_httpx() -> None:
    """Building and reading models imports no HTTP client."""
    code = "import sys, drs_sync_policy_api.models; print('httpx' in sys.modules)"
    done = completed([sys.executable, "-c", code], check=True)
    assert done.stdout.strip() == "False"
