"""The faults of the generator's stock client. Ours must have none of them."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from drs_sync_policy.runtime.validation import path_segment
from drs_sync_policy_api import AuthenticatedClient, Client
from drs_sync_policy_api.api.synchronization_policies import batch_set_policy
from drs_sync_policy_api.errors import DrsError, OutsideContractError, RefusedError, WrongUseError
from drs_sync_policy_api.models import (
    BatchSetPolicyReq,
    BatchSetPolicyResponse,
    ConflictPolicy,
    ErrorResponse,
    SyncPolicyReq,
    SyncPolicyResp,
    SyncPolicyStatus,
)
from drs_sync_policy_api.types import UNSET, encode
from drs_sync_policy.runtime.errors import BY_STATUS
from drs_sync_policy.runtime.messages import ResponseInfo
from tests.wire import says, wire

BODY = BatchSetPolicyReq(jobs=[SyncPolicyReq(job_id="a", conflict_policy="ignore")])
DONE = {"count": 1, "results": [{"id": "a", "status": "success"}]}
TOKEN = "secret-token-value"


def call(url: str, body: BatchSetPolicyReq = BODY, **options: Any) -> BatchSetPolicyResponse:
    with AuthenticatedClient(base_url=url, token=TOKEN) as client:
        return batch_set_policy.sync("p", client=client, body=body, **options)


def test_the_token_goes_into_the_contracts_header_without_a_prefix() -> None:
    """`X-Auth-Token` carries the bare token, as the contract's security scheme says."""
    with wire(says(200, DONE)) as server:
        call(server.url)
    assert server.heard[0].headers["x-auth-token"] == TOKEN
    assert "authorization" not in server.heard[0].headers


def test_the_base_url_is_the_contracts_first_server() -> None:
    """A client without a base URL calls the first of the contract's servers."""
    assert AuthenticatedClient(token=TOKEN).base_url == "https://drs.eu-de.otc.t-systems.com"


def test_every_phase_of_a_call_has_an_end() -> None:
    """No timeout is infinite unless it was asked for."""
    with AuthenticatedClient(base_url="http://127.0.0.1:9", token=TOKEN) as client:
        timeout = client.get_httpx_client().timeout
    assert None not in (timeout.connect, timeout.read, timeout.write, timeout.pool)


def test_the_token_is_not_in_the_repr() -> None:
    """Neither the token nor headers that may carry secrets are printed."""
    client = AuthenticatedClient(token=TOKEN, headers={"Cookie": "another-secret"})
    assert "secret" not in repr(client)


def test_the_callers_headers_are_left_alone() -> None:
    """The dict that was given for headers is as it was after a call."""
    headers = {"X-Mine": "1"}
    with wire(says(200, DONE)) as server:
        client = AuthenticatedClient(base_url=server.url, token=TOKEN, headers=headers)
        batch_set_policy.sync("p", client=client, body=BODY)
        client.get_httpx_client().close()
    assert headers == {"X-Mine": "1"}
    assert server.heard[0].headers["x-mine"] == "1"


def test_a_new_token_counts_from_the_next_call_on() -> None:
    """The token may be replaced, or come from a function, at any time."""
    tokens = iter(["third", "fourth"])
    with wire(then=says(200, DONE)) as server:
        with AuthenticatedClient(base_url=server.url, token="first") as client:
            batch_set_policy.sync("p", client=client, body=BODY)
            client.token = "second"
            batch_set_policy.sync("p", client=client, body=BODY)
            client.token = lambda: next(tokens)
            batch_set_policy.sync("p", client=client, body=BODY)
            batch_set_policy.sync("p", client=client, body=BODY)
        sent = [heard.headers["x-auth-token"] for heard in server.heard]
    assert sent == ["first", "second", "third", "fourth"]


def test_a_client_of_your_own_gets_the_token_too() -> None:
    """`set_httpx_client` keeps the credentials, which stock loses."""
    with wire(says(200, DONE)) as server, httpx.Client(base_url=server.url) as mine:
        client = AuthenticatedClient(token=TOKEN).set_httpx_client(mine)
        batch_set_policy.sync("p", client=client, body=BODY)
    assert server.heard[0].headers["x-auth-token"] == TOKEN


def test_copies_leave_the_original_alone() -> None:
    """`with_headers`, `with_cookies` and `with_timeout` change the copy's connections only."""
    with AuthenticatedClient(base_url="http://127.0.0.1:9", token=TOKEN) as client:
        before = client.get_httpx_client()
        copies = [
            client.with_headers({"X-New": "1"}),
            client.with_cookies({"c": "1"}),
            client.with_timeout(1.0),
        ]
        assert "X-New" not in before.headers
        assert not before.cookies
        assert before.timeout.read == 30.0
        assert copies[0].get_httpx_client().headers["X-New"] == "1"
        assert copies[1].get_httpx_client().cookies["c"] == "1"
        assert copies[2].get_httpx_client().timeout.read == 1.0
        assert {copy.token for copy in copies} == {TOKEN}
        for made in copies:
            made.get_httpx_client().close()


def test_threads_that_race_for_the_client_get_the_same_one() -> None:
    """Eight threads that ask at once share one `httpx.Client`."""
    client = Client(base_url="http://127.0.0.1:9")
    start = threading.Barrier(8)

    def ask(_: int) -> httpx.Client:
        start.wait()
        return client.get_httpx_client()

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(ask, range(8)))
    got[0].close()
    assert len({id(made) for made in got}) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422, 429, 500, 503])
def test_documented_errors_are_raised(status: int) -> None:
    """An error of the contract is an exception with the code, the parsed body and the headers."""
    error = {"error_code": "DRS.M00001", "error_msg": "no"}
    with (
        wire(says(status, error, {"X-Request-Id": "r1"})) as server,
        pytest.raises(RefusedError) as caught,
    ):
        call(server.url)
    assert type(caught.value) is BY_STATUS[status]
    assert (caught.value.status, caught.value.code) == (status, "DRS.M00001")
    assert caught.value.parsed == ErrorResponse(error_code="DRS.M00001", error_msg="no")
    assert caught.value.request_id == "r1"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (204, b""),
        (200, b""),
        (200, b"<html>"),
        (200, b'{"count": 1}'),
        (200, b'{"count": "1", "results": []}'),
        (200, b'{"count": 1, "results": [{"id": "a", "status": null}]}'),
        (200, b'{"count": 1, "results": [{"id": "\xff", "status": "success"}]}'),
        (200, b"[" * 5000),
        (499, b"{}"),
        (299, b"{}"),
        (302, b""),
    ],
)
def test_responses_outside_the_contract_are_named_as_such(status: int, body: bytes) -> None:
    """Any other response raises `OutsideContractError`, with the body as an attribute."""
    with wire(says(status, body)) as server, pytest.raises(OutsideContractError) as caught:
        call(server.url)
    response = caught.value.response
    assert response is not None
    assert (response.status, response.content) == (status, body)
    assert "html" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, b"<html>bad gateway</html>"), (400, b"<html>"), (400, b'{"results": [], "count": 0}')],
)
def test_an_error_without_a_documented_body_keeps_its_class(status: int, body: bytes) -> None:
    """A gateway responds in HTML; its status still says what happened."""
    with wire(says(status, body)) as server, pytest.raises(BY_STATUS[status]) as caught:
        call(server.url)
    assert (caught.value.code, caught.value.parsed) == (None, None)
    assert "html" not in str(caught.value)


def test_redirects_are_not_followed() -> None:
    """A token is not carried to wherever a redirect leads, even by a client that follows them."""
    with (
        wire(says(302, b"", {"Location": "http://127.0.0.1:9/"})) as server,
        httpx.Client(base_url=server.url, follow_redirects=True) as mine,
    ):
        client = AuthenticatedClient(token=TOKEN).set_httpx_client(mine)
        with pytest.raises(OutsideContractError):
            batch_set_policy.sync("p", client=client, body=BODY)


def test_enum_values_that_the_contract_does_not_list_are_kept() -> None:
    """A newer server's status is read, and compares equal to its text."""
    response = {"count": 1, "results": [{"id": "a", "status": "pending"}]}
    with wire(says(200, response)) as server:
        status: str = call(server.url).results[0].status
    assert status == "pending"
    assert status != SyncPolicyStatus.SUCCESS
    assert status == SyncPolicyStatus("pending")
    assert hash(status) == hash("pending")
    assert isinstance(status, SyncPolicyStatus)
    assert pickle.loads(pickle.dumps(status)) == copy.deepcopy(status) == "pending"


def test_fields_that_the_contract_does_not_describe_are_kept() -> None:
    """Unknown response fields are read at every level, and null where a field may be left out."""
    response = {
        "count": 1,
        "results": [{"id": "a", "status": "success", "error_code": None, "took": [1]}],
        "more": {"x": None},
    }
    with wire(says(200, response)) as server:
        parsed = call(server.url)
    assert parsed.additional_properties == {"more": {"x": None}}
    assert parsed.results[0].additional_properties == {"took": [1]}
    assert parsed.results[0].error_code is UNSET
    assert pickle.loads(pickle.dumps(parsed)) == parsed == copy.deepcopy(parsed)


def test_a_field_may_have_the_name_of_the_place_for_unknown_ones() -> None:
    """An unknown field called `additional_properties` is one like any other."""
    result = {"id": "a", "status": "success", "additional_properties": {}}
    response = {"count": 1, "results": [result]}
    with wire(says(200, response)) as server:
        parsed = call(server.url)
    assert parsed.results[0].additional_properties == {"additional_properties": {}}
    assert parsed.to_dict() == response
    assert json.loads(encode(parsed)) == response


@pytest.mark.parametrize("policy", ["ignore", ConflictPolicy.IGNORE])
def test_an_enum_may_be_given_as_its_text(policy: Any) -> None:
    """A member and its text are sent alike."""
    body = BatchSetPolicyReq(jobs=[SyncPolicyReq(job_id="a", conflict_policy=policy)])
    with wire(says(200, DONE)) as server:
        call(server.url, body)
    assert server.heard[0].json() == {"jobs": [{"job_id": "a", "conflict_policy": "ignore"}]}


def test_fields_beyond_the_contract_are_sent() -> None:
    """`additional_properties` of a request stand in their object, and known fields win."""
    item = SyncPolicyReq(job_id="a", additional_properties={"topic": "t", "job_id": "b"})
    with wire(says(200, DONE)) as server:
        call(server.url, BatchSetPolicyReq(jobs=[item]))
    assert server.heard[0].json() == {"jobs": [{"job_id": "a", "topic": "t"}]}


@pytest.mark.parametrize(
    ("item", "at"),
    [
        ({"job_id": ""}, "jobs[1].job_id"),
        ({"job_id": 7}, "jobs[1].job_id"),
        ({"job_id": None}, "jobs[1].job_id"),
        ({"job_id": "\ud800"}, "jobs[1].job_id"),
        ({"job_id": "a", "conflict_policy": "Ignore"}, "jobs[1].conflict_policy"),
        ({"job_id": "a", "conflict_policy": ConflictPolicy("new")}, "jobs[1].conflict_policy"),
        ({"job_id": "a", "conflict_policy": None}, "jobs[1].conflict_policy"),
        ({"job_id": "a", "filter_ddl_policy": ["drop_database"]}, "jobs[1].filter_ddl_policy"),
        ({"job_id": "a", "ddl_trans": 1}, "jobs[1].ddl_trans"),
        ({"job_id": "a", "index_trans": "true"}, "jobs[1].index_trans"),
        ({"job_id": "a", "slot_name": 5}, "jobs[1].slot_name"),
    ],
)
def test_what_breaks_the_contract_is_not_sent(item: Mapping[str, Any], at: str) -> None:
    """Constraints are checked before sending; the error names item and field."""
    body = BatchSetPolicyReq(jobs=[SyncPolicyReq(job_id="fine"), SyncPolicyReq(**item)])
    with wire() as server, pytest.raises(WrongUseError) as caught:
        call(server.url, body)
    assert [problem.at for problem in caught.value.problems] == [at]
    assert server.heard == []


def test_no_jobs_are_refused() -> None:
    """`minItems` of `jobs` is checked, and an item that is not a model is named."""
    with pytest.raises(WrongUseError, match=r"`jobs` is .*at least 1 item"):
        call("http://127.0.0.1:9", BatchSetPolicyReq(jobs=[]))
    odd: Any = [{"job_id": "a"}]
    with pytest.raises(WrongUseError, match=r"`jobs\[0\]` .* it must be a `SyncPolicyReq`"):
        call("http://127.0.0.1:9", BatchSetPolicyReq(jobs=odd))


@pytest.mark.parametrize("project_id", ["", ".", "..", "a/b", "a b", "é", "a" * 65, "a\n"])
def test_a_project_id_cannot_lead_elsewhere(project_id: str) -> None:
    """An invalid project id raises an error and cannot change the path."""
    client = AuthenticatedClient(base_url="http://127.0.0.1:9", token=TOKEN)
    with pytest.raises(WrongUseError, match="project_id"):
        batch_set_policy.sync(project_id, client=client, body=BODY)


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_path_without_a_pattern_is_guarded_too(segment: str) -> None:
    """Even where the contract states no pattern, a segment stays one segment."""
    with pytest.raises(WrongUseError):
        path_segment(segment)
    assert path_segment("a/..") == "a%2F.."


def test_an_unknown_language_is_refused_with_the_choices() -> None:
    """The error names the valid values, and the nearest of them."""
    odd: Any = "EN-US"
    with pytest.raises(WrongUseError, match="`en-us` or `zh-cn`; did you mean `en-us`"):
        call("http://127.0.0.1:9", x_language=odd)


def test_the_caller_is_named() -> None:
    """A request says which client sent it, in which version."""
    with wire(says(200, DONE)) as server:
        call(server.url, x_language="zh-cn")
    assert server.heard[0].headers["user-agent"].startswith("drs-sync-policy/")
    assert server.heard[0].headers["x-language"] == "zh-cn"


def test_errors_survive_pickle() -> None:
    """An error of a worker process arrives with its attributes."""
    body = ErrorResponse(error_code="c", error_msg="m")
    errors: list[DrsError] = [
        BY_STATUS[400](response=ResponseInfo(400, {"a": "b"}, b"x"), code="c", parsed=body),
        OutsideContractError("no such status", response=ResponseInfo(499, {}, b"y")),
    ]
    for error in errors:
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
    vars(errors[0])["outcome"] = [errors[0]]
    again = pickle.loads(pickle.dumps(errors[0]))
    assert vars(again)["outcome"] == [again], "an attribute of an error may lead back to it"


async def _call_async(url: str) -> BatchSetPolicyResponse:
    async with AuthenticatedClient(base_url=url, token=TOKEN) as client:
        return await batch_set_policy.asyncio("p", client=client, body=BODY)


def test_the_async_functions_do_the_same() -> None:
    """`asyncio` and `asyncio_detailed` send and read the same as their sync twins."""
    import asyncio

    with wire(says(200, DONE)) as server:
        parsed = asyncio.run(_call_async(server.url))
    assert parsed.results == [SyncPolicyResp(id="a", status=SyncPolicyStatus.SUCCESS)]
    assert server.heard[0].headers["x-auth-token"] == TOKEN
