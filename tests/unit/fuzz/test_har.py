"""HAR files of several recorders, with what each of them leaves out."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest

from drs_sync_policy.fuzz.traffic import har
from drs_sync_policy.fuzz.traffic.recorded import Recorded, RecordingError

BODY = '{"jobs": [{"job_id": "é"}]}'
URL = "https://drs.example:8443/v3/p/jobs/batch-sync-policy?x=%2F"


def _entry(**changes: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "startedDateTime": "2026-11-30T05:00:00.250Z",
        "time": 500,
        "request": {
            "method": "POST",
            "url": URL,
            "headers": [
                {"name": ":authority", "value": "drs.example"},
                {"name": "x-auth-token", "value": "t"},
            ],
            "postData": {"mimeType": "application/json", "text": BODY},
        },
        "response": {
            "status": 200,
            "httpVersion": "h2",
            "headers": [
                {"name": "content-type", "value": "application/json"},
                {"name": "content-encoding", "value": "gzip"},
            ],
            "content": {"size": 2, "text": "{}"},
        },
    }
    for path, value in changes.items():
        first, _, second = path.partition("__")
        entry[first] = {**entry[first], second: value} if second else value
    return entry


def _read(*entries: Any) -> list[Recorded]:
    return list(har.read(io.BytesIO(json.dumps({"log": {"entries": entries}}).encode())))


def test_an_entry_becomes_what_was_on_the_wire() -> None:
    """Path and query stay raw; pseudo-headers and headers of undone encodings go."""
    (recorded,) = _read(_entry())
    assert recorded.origin == "https://drs.example:8443"
    assert recorded.request.path == "/v3/p/jobs/batch-sync-policy?x=%2F"
    assert recorded.request.headers == (("x-auth-token", "t"),)
    assert recorded.request.body == BODY.encode()
    assert recorded.response is not None
    assert recorded.response.headers == (("content-type", "application/json"),)
    assert (recorded.response.version, recorded.response.body) == (20, b"{}")
    assert recorded.began is not None
    assert recorded.ended == recorded.began + 0.5
    assert recorded.gaps == ()


def test_base64_is_decoded() -> None:
    """Of the response, and of the request where a recorder says so."""
    raw = b"\xff\x00"
    text = base64.b64encode(raw).decode()
    (recorded,) = _read(
        _entry(
            request__postData={"text": text, "encoding": "base64"},
            response__content={"size": 2, "text": text, "encoding": "base64"},
        )
    )
    assert recorded.request.body == raw
    assert recorded.response is not None
    assert recorded.response.body == raw


def _length(value: int) -> dict[str, str]:
    return {"name": "content-length", "value": str(value)}


MISSING_REQUEST = "the body of the request is missing"
LOSSY_REQUEST = "the body of the request is incomplete or was not text"


@pytest.mark.parametrize(
    ("changes", "gap"),
    [
        ({"request__postData": None, "request__bodySize": 12}, MISSING_REQUEST),
        (
            {
                "request__postData": {},
                "request__headers": [{"name": "Content-Length", "value": "9"}],
            },
            MISSING_REQUEST,
        ),
        ({"request__postData": {"text": "a\ufffd"}}, LOSSY_REQUEST),
        ({"request__postData": {"text": "?", "encoding": "base64"}}, LOSSY_REQUEST),
        ({"request__headers": [_length(1)]}, LOSSY_REQUEST),
        ({"response__content": {"size": 9}}, "the body of the response is missing"),
        (
            {"response__headers": [], "response__content": {"size": 9, "text": "{}"}},
            "the body of the response is incomplete or was not text",
        ),
        ({"response__status": 0}, "the response is missing"),
    ],
)
def test_what_the_recorder_lost_is_named(changes: dict[str, Any], gap: str) -> None:
    """A body that is not there is not taken for an empty one."""
    (recorded,) = _read(_entry(**changes))
    assert recorded.gaps == (gap,)


def test_a_request_without_a_body_has_no_gap() -> None:
    """GET requests have none."""
    (recorded,) = _read(_entry(request__postData=None, request__bodySize=0))
    assert recorded.request.body is None
    assert recorded.gaps == ()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[1, 2", "not JSON at its start"),
        (b'{"log": {"entries": [{"request": 1}]}}', "entry 1 is not an entry of HAR 1.2"),
        (b'{"log": {"entries": [{"request": {"url": "http://[", "method": "GET"}}]}}', "entry 1"),
    ],
)
def test_a_file_that_is_not_a_har_is_an_error(content: bytes, says: str) -> None:
    """It names the place."""
    with pytest.raises(RecordingError, match=says):
        list(har.read(io.BytesIO(content)))


def test_what_comes_before_an_error_is_read() -> None:
    """A file that is cut off loses its end only."""
    whole = json.dumps({"log": {"entries": [_entry(), _entry()]}}).encode()
    found = har.read(io.BytesIO(whole[:-200]))
    assert next(found).request.method == "POST"
    with pytest.raises(RecordingError, match="after entry 1"):
        next(found)
