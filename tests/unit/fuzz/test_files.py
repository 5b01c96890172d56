"""Which recorded requests are the same as that of a finding."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from attrs import evolve

from drs_sync_policy import sandbox
from drs_sync_policy.fuzz.evidence import files
from drs_sync_policy.fuzz.evidence.encode import Encoder
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.oracle import Expectation
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.http import Request

_PLAIN: Final = Request("POST", "/", body=b'{"jobs": []}')
_SENT: Final = (
    _PLAIN,
    evolve(_PLAIN, chunked=True, cuts=(1,)),
    evolve(_PLAIN, chunked=True, cuts=(2,)),
    evolve(_PLAIN, fresh=True),
    evolve(_PLAIN, body=b"{}"),
    _PLAIN,
)


def test_a_request_in_other_chunks_is_another_request(tmp_path: Path) -> None:
    """A server that reads only chunks wrongly gave the right response to the same bytes."""
    target = profile.parse(sandbox.target_profile("http://application"))
    record = files.Recorder(target, tmp_path)
    for request in _SENT:
        record(Exchange(request, Expectation("valid-request-is-accepted", None)))
    record.close()
    encoded = [
        next(files.same_request(tmp_path, {"request": Encoder.of(target).request(request)}))
        for request in _SENT
    ]
    assert [entry["number"] for entry in encoded] == [1, 2, 3, 4, 5, 1]
