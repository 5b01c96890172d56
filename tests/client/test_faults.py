"""What the client makes of everything that can go wrong on the wire, over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from drs_sync_policy import (
    AsyncSyncPolicyClient,
    DrsError,
    JobState,
    Outcome,
    Retries,
    SyncPolicyClient,
    SyncPolicyReq,
    Timeouts,
    WrongUseError,
    errors,
)
from drs_sync_policy.bodies import Body, UnreadableBodyError
from tests.wire import Act, drips, free_port, hangs, resets, says, sends, wire

TOKEN = "secret-token-value"
JOBS = [SyncPolicyReq(job_id="a"), SyncPolicyReq(job_id="b")]
RESULTS = [{"id": "a", "status": "success"}, {"id": "b", "status": "success"}]
DONE = {"count": 2, "results": RESULTS}
# Long enough for a machine that is busy with other work; only what hangs needs short ones.
PATIENT = Timeouts(connect=10.0, read=10.0, write=10.0, pool=10.0, total=25.0)
SHORT = Timeouts(connect=5.0, read=1.0, total=20.0)
QUICK = Retries(attempts=3, first_wait=0.01, longest_wait=0.5)

Call = Callable[..., Outcome]


def call_sync(url: str, *, times: int = 1, **options: Any) -> Outcome:
    options = {"timeouts": PATIENT, "retries": None, **options}
    with SyncPolicyClient(base_url=url, project_id="p", auth=TOKEN, **options) as drs:
        return [drs.set_policies(JOBS) for _ in range(times)][-1]


def call_async(url: str, *, times: int = 1, **options: Any) -> Outcome:
    async def call() -> Outcome:
        given = {"timeouts": PATIENT, "retries": None, **options}
        async with AsyncSyncPolicyClient(base_url=url, project_id="p", auth=TOKEN, **given) as drs:
            return [await drs.set_policies(JOBS) for _ in range(times)][-1]

    return asyncio.run(call())


@pytest.fixture(params=[call_sync, call_async], ids=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Call:
    """The same call by each of the two clients."""
    chosen: Call = request.param
    return chosen


@pytest.fixture(autouse=True)
def _nothing_shows_the_token(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever happens, no log line of ours or of httpcore has the token in it."""
    caplog.set_level(logging.DEBUG)
    yield
    assert TOKEN not in caplog.text


def failure(call: Call, url: str, **options: Any) -> DrsError:
    """The error that a call ends with, which must come in time and show no secret."""
    begun = time.monotonic()
    with pytest.raises(DrsError) as caught:
        call(url, **options)
    assert time.monotonic() - begun < 30.0, "no call outlasts its total timeout"
    error = caught.value
    shown = "".join(traceback.TracebackException.from_exception(
        error, capture_locals=True).format())  # fmt: skip
    ours = [line for line in shown.splitlines() if "TOKEN" not in line]
    assert TOKEN not in "\n".join(ours)
    assert TOKEN not in repr(vars(error))
    assert error.outcome is not None
    assert [job.job_id for job in error.outcome] == ["a", "b"]
    return error


def states(error: DrsError) -> set[JobState]:
    assert error.outcome is not None
    return {job.state for job in error.outcome}


def whole(body: bytes, *headers: str, status: int = 200) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


# --- no answer --------------------------------------------------------------------------------
def test_refused_connections_send_nothing(call: Call) -> None:
    """Where nothing listens, the error says so, and that no job was sent."""
    error = failure(call, f"http://127.0.0.1:{free_port()}")
    assert type(error) is errors.ConnectFailedError
    assert states(error) == {JobState.NOT_SENT}


@pytest.mark.parametrize(
    "act",
    [
        resets,
        sends(b""),
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"),
        sends(b"not http at all\r\n\r\n"),
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    ],
    ids=["reset", "closed", "cut short", "chunk cut short", "no http", "two lengths"],
)
def test_broken_connections_leave_the_jobs_unknown(call: Call, act: Act) -> None:
    """The server may have acted before the connection broke, and the outcome says so."""
    with wire(act) as server:
        error = failure(call, server.url)
    assert type(error) is errors.ConnectionLostError
    assert states(error) == {JobState.UNKNOWN}


def test_a_silent_server_ends_in_a_read_timeout(call: Call) -> None:
    """A server that never answers costs the read timeout, not for ever."""
    with wire(hangs) as server:
        error = failure(call, server.url, timeouts=Timeouts(read=0.3))
    assert isinstance(error, errors.TimedOutError)
    assert error.phase == "read"
    assert states(error) == {JobState.UNKNOWN}


def test_no_single_wait_outlasts_the_call(call: Call) -> None:
    """A read timeout that is longer than what is left of the call is cut short."""
    with wire(hangs) as server:
        error = failure(call, server.url, timeouts=Timeouts(read=60.0, total=0.5))
    assert isinstance(error, errors.TimedOutError)
    assert error.phase == "total"


@pytest.mark.parametrize("from_byte", [0, 40], ids=["headers", "body"])
def test_a_slow_drip_ends_with_the_call(call: Call, from_byte: int) -> None:
    """No single read is late, and the call ends in its time all the same."""
    raw = whole(b"{" + b" " * 300, "X-Padding: " + "x" * 300)

    def act(connection: Any) -> bool:
        connection.sendall(raw[:from_byte])
        return drips(raw[from_byte:])(connection)

    with wire(act) as server:
        error = failure(call, server.url, timeouts=Timeouts(total=1.0))
    assert isinstance(error, errors.TimedOutError)
    assert error.phase == "total"


# --- answers outside the contract ---------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b'{"count": 2, "results": ['),
        (200, b"[]"),
        (200, b'{"count": 2}'),
        (200, b'{"results": []}'),
        (200, b'{"count": 2, "results": null}'),
        (200, b'{"count": 2, "results": [null, null]}'),
        (200, b'{"count": 2, "results": [{"id": "a"}, {"id": "b"}]}'),
        (200, b'{"count": 1, "results": [{"id": "a", "status": "success"}]}'),
        (200, b'{"count": 2, "results": [{"id": "a", "status": 1}, {"id": "b", "status": 1}]}'),
        (200, b"[" * 100_000),
        (204, b""),
        (299, b"{}"),
        (302, b""),
        (499, b"{}"),
        (418, b"<html>"),
    ],
)
def test_answers_outside_the_contract_are_errors(call: Call, status: int, body: bytes) -> None:
    """Whatever is no answer of the contract is named as such, with the answer attached."""
    with wire(says(status, body)) as server:
        error = failure(call, server.url)
    assert type(error) is errors.OutsideContractError
    assert error.answer is not None
    assert (error.answer.status, error.answer.content) == (status, body)
    assert states(error) == {JobState.UNKNOWN}


def test_a_redirect_is_not_followed(call: Call) -> None:
    """The token stays with the server that it was meant for."""
    with (
        wire(says(200, DONE)) as elsewhere,
        wire(says(302, b"", {"Location": elsewhere.url})) as server,
    ):
        assert isinstance(failure(call, server.url), errors.OutsideContractError)
    assert elsewhere.heard == []


def test_answers_for_other_jobs_are_errors(call: Call) -> None:
    """Results whose ids are not those of the jobs that were sent are not taken for theirs."""
    with wire(says(200, {**DONE, "results": [RESULTS[0], {**RESULTS[1], "id": "c"}]})) as server:
        error = failure(call, server.url)
    assert type(error) is errors.OutsideContractError
    assert states(error) == {JobState.UNKNOWN}


def test_results_in_another_order_are_put_right(call: Call) -> None:
    """The vendor promises no order, and the ids tell which result is whose."""
    failed = {"id": "b", "status": "failed", "error_code": "DRS.M05003", "error_msg": "no"}
    with wire(says(200, {"count": 2, "results": [failed, RESULTS[0]]})) as server:
        outcome = call(server.url)
    assert [(job.job_id, str(job.state)) for job in outcome] == [
        ("a", "succeeded"),
        ("b", "failed"),
    ]


def test_a_wrong_count_keeps_the_results(call: Call) -> None:
    """A breach of `count-equals-results` is an error that still has what was said of each job."""
    with wire(says(200, {**DONE, "count": 7})) as server:
        error = failure(call, server.url)
    assert type(error) is errors.OutsideContractError
    assert states(error) == {JobState.SUCCEEDED}


def test_unknown_fields_nulls_and_statuses_are_survived(call: Call) -> None:
    """A newer server's fields are kept, and a status that nobody knows is no success."""
    results = [
        {"id": "a", "status": "success", "error_code": None, "error_msg": None, "took": 3},
        {"id": "b", "status": "pending"},
    ]
    with wire(says(200, {"count": 2, "results": results, "more": True})) as server:
        outcome = call(server.url)
    assert [job.state for job in outcome] == [JobState.SUCCEEDED, JobState.UNKNOWN]
    assert outcome[0].result is not None
    assert outcome[0].result.additional_properties == {"took": 3}
    assert not outcome.ok


# --- bodies that are too much -------------------------------------------------------------------
def test_a_gzip_bomb_is_not_unpacked(call: Call) -> None:
    """A body that grows beyond the limit while it is unpacked is given up."""
    bomb = gzip.compress(b" " * 70_000_000)
    with wire(sends(whole(bomb, "Content-Encoding: gzip"))) as server:
        error = failure(call, server.url)
    assert type(error) is errors.OutsideContractError
    assert "longer than" in str(error)


def test_a_bomb_is_unpacked_no_further_than_the_limit() -> None:
    """Memory is bounded by the limit, and not by what a chunk would unpack to."""
    bomb = gzip.compress(b" " * 50_000_000)
    body = Body([(b"Content-Encoding", b"gzip")], 200, 1000)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableBodyError, match="longer than 1000 bytes"):
            body.add(bomb)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_body_without_end_is_given_up(call: Call) -> None:
    """A body that never ends is read up to the limit."""

    def act(connection: Any) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        for _ in range(100):
            connection.sendall(b" " * 1_000_000)
        return False

    with wire(act) as server:
        error = failure(call, server.url)
    assert type(error) is errors.OutsideContractError


@pytest.mark.parametrize(
    "body", [gzip.compress(b"{}" * 100, mtime=0)[:-20], b"not gzip"], ids=["cut", "none"]
)
def test_a_broken_compression_is_outside_the_contract(call: Call, body: bytes) -> None:
    """What cannot be unpacked is no answer."""
    with wire(sends(whole(body, "Content-Encoding: gzip"))) as server:
        error = failure(call, server.url)
    assert type(error) is errors.OutsideContractError


def test_a_compressed_answer_is_read(call: Call) -> None:
    """A server that compresses although nobody asked for it is understood."""
    packed = gzip.compress(json.dumps(DONE).encode())
    with wire(sends(whole(packed, "Content-Encoding: gzip"))) as server:
        assert call(server.url).ok


@pytest.mark.parametrize("rest", [b"garbage", b"HTTP/1.1 200 OK\r\n\r\n"])
@pytest.mark.parametrize("chunked", [False, True])
def test_what_follows_an_answer_does_not_reach_the_next_call(
    call: Call, rest: bytes, chunked: bool
) -> None:
    """A connection with more on it than its answer is given up, though the server keeps it open."""
    body = json.dumps(DONE).encode()
    pieces = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    first = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces
    long = sends((first if chunked else whole(body)) + rest, stays=True)
    with wire(long, then=says(200, DONE)) as server:
        assert call(server.url, times=2).ok
        assert len(server.connections) == 2


# --- refusals -------------------------------------------------------------------------------------
@pytest.mark.parametrize(("status", "kind"), sorted(errors.BY_STATUS.items()))
def test_each_status_has_its_class(
    call: Call, status: int, kind: type[errors.RefusedError]
) -> None:
    """A refusal carries the server's code, message and request id, and what we know of the code."""
    body = {"error_code": "DRS.M00300", "error_msg": "Invalid request.", "request_id": "r1"}
    with wire(says(status, body)) as server:
        error = failure(call, server.url)
    assert type(error) is kind
    assert (error.status, error.code, error.message) == (status, "DRS.M00300", "Invalid request.")
    assert error.request_id == "r1"
    assert error.meaning
    assert error.remedy
    assert states(error) == {JobState.UNKNOWN if status >= 500 else JobState.REFUSED}


@pytest.mark.parametrize("status", [400, 401, 413, 429, 500, 502, 503, 504])
def test_a_refusal_in_html_is_a_refusal_without_a_code(call: Call, status: int) -> None:
    """What a proxy says in HTML is told by its status; its text is an attribute."""
    with wire(says(status, b"<html>no</html>", {"Content-Type": "text/html"})) as server:
        error = failure(call, server.url)
    assert type(error) is errors.BY_STATUS[status]
    assert isinstance(error, errors.RefusedError)
    assert error.code is None
    assert "html" not in str(error)
    assert error.answer is not None
    assert error.answer.content == b"<html>no</html>"


def test_a_400_with_results_keeps_them(call: Call) -> None:
    """The family answers 400 with results where jobs fail: refused, with the outcome attached."""
    results = [
        {"id": job, "status": "failed", "error_code": "DRS.M05004", "error_msg": "deleted"}
        for job in ("a", "b")
    ]
    with wire(says(400, {"count": 2, "results": results})) as server:
        error = failure(call, server.url)
    assert type(error) is errors.BadRequestError
    assert error.outcome is not None
    assert [job.error_code for job in error.outcome.failed] == ["DRS.M05004"] * 2
    assert all(job.remedy for job in error.outcome)


def test_a_400_with_results_of_other_jobs_is_only_refused(call: Call) -> None:
    """Results in a refusal count only if they are those of the jobs that were sent."""
    results = [{"id": "x", "status": "success"}, {"id": "y", "status": "success"}]
    with wire(says(400, {"count": 2, "results": results})) as server:
        error = failure(call, server.url)
    assert states(error) == {JobState.REFUSED}


def test_a_huge_retry_after_is_told_and_not_waited_for(call: Call) -> None:
    """A wait beyond the longest is the caller's decision."""
    body = {"error_code": "APIGW.0308", "error_msg": "slow down"}
    with wire(says(429, body, {"Retry-After": "3600"})) as server:
        error = failure(call, server.url, retries=QUICK)
        assert len(server.heard) == 1
    assert isinstance(error, errors.TooManyRequestsError)
    assert error.retry_after == 3600.0


# --- repeats --------------------------------------------------------------------------------------
_SOON = format_datetime(datetime.now(UTC) - timedelta(seconds=5), usegmt=True)


@pytest.mark.parametrize(
    "first",
    [
        resets,
        hangs,
        sends(b""),
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        says(429, {"error_code": "APIGW.0308", "error_msg": "slow"}),
        says(429, {"error_code": "APIGW.0308", "error_msg": "slow"}, {"Retry-After": "0"}),
        says(429, {"error_code": "APIGW.0308", "error_msg": "slow"}, {"Retry-After": _SOON}),
        says(400, {"error_code": "DRS.M01503", "error_msg": "too frequent"}),
        says(502, b"<html>"),
        says(503, {"error_code": "DRS.M00004", "error_msg": "x"}, {"Retry-After": "0"}),
        says(504, b""),
    ],
    ids=["reset", "hang", "closed", "cut", "429", "429 seconds", "429 date", "M01503", "502",
         "503", "504"],
)  # fmt: skip
def test_what_may_pass_is_repeated(call: Call, first: Act) -> None:
    """After an error that may pass, the call is repeated with the same body, and succeeds."""
    with wire(first, says(200, DONE)) as server:
        outcome = call(server.url, retries=QUICK, timeouts=SHORT)
        assert len(server.heard) == 2
        assert server.heard[0].body == server.heard[1].body
    assert outcome.ok


@pytest.mark.parametrize(
    "answer",
    [
        says(400, {"error_code": "DRS.M00202", "error_msg": "x"}),
        says(401, {"error_code": "APIGW.0301", "error_msg": "x"}),
        says(403, {"error_code": "DRS.M00261", "error_msg": "x"}),
        says(404, b""),
        says(413, b""),
        says(422, b""),
        says(500, {"error_code": "DRS.M00004", "error_msg": "x"}),
        says(200, b"<html>"),
        says(302, b""),
    ],
)
def test_what_will_not_pass_is_not_repeated(call: Call, answer: Act) -> None:
    """A refusal that repeating cannot change comes at once."""
    with wire(answer) as server:
        failure(call, server.url, retries=QUICK)
        assert len(server.heard) == 1


def test_repeats_end(call: Call) -> None:
    """After the last attempt the error says how many there were."""
    with wire(then=says(503, {"error_code": "DRS.M00004", "error_msg": "x"})) as server:
        error = failure(call, server.url, retries=QUICK)
        assert len(server.heard) == 3
    assert isinstance(error, errors.ServiceUnavailableError)
    assert error.attempts == 3
    assert "after 3 attempts" in str(error)


def test_repeats_end_with_the_call(call: Call) -> None:
    """No wait goes beyond the time of the whole call."""
    many = Retries(attempts=1000, first_wait=0.2, longest_wait=0.2, budget=1000)
    with wire(then=says(503, b"", {"Retry-After": "0"})) as server:
        error = failure(call, server.url, retries=many, timeouts=Timeouts(total=1.5))
        assert len(server.heard) < 1000
    assert isinstance(error, errors.ServiceUnavailableError)


def test_a_call_that_ends_among_repeats_tells_why_there_were_any(call: Call) -> None:
    """What the server said of an earlier attempt says more than that the time ended."""
    timeouts, retries = Timeouts(read=60.0, total=1.0), Retries(first_wait=0.0)
    with wire(says(503, b""), hangs) as server:
        error = failure(call, server.url, retries=retries, timeouts=timeouts)
    assert isinstance(error, errors.ServiceUnavailableError)
    assert error.attempts == 2
    assert states(error) == {JobState.UNKNOWN}


@pytest.mark.parametrize(
    ("first", "heard"),
    [(resets, 1), (says(503, b""), 1), (says(502, b""), 1), (says(429, b""), 2)],
    ids=["reset", "503", "502", "429"],
)
def test_only_what_was_surely_not_done_is_repeated_on_demand(
    call: Call, first: Act, heard: int
) -> None:
    """`repeat_sent=False` repeats only what the server cannot have acted on."""
    careful = Retries(attempts=2, first_wait=0.01, repeat_sent=False)
    with wire(first, says(400, b"")) as server:
        failure(call, server.url, retries=careful)
        assert len(server.heard) == heard


def test_a_refusal_after_a_lost_attempt_leaves_the_jobs_unknown(call: Call) -> None:
    """The first attempt may have been carried out, whatever the second is told."""
    with wire(resets, says(401, {"error_code": "APIGW.0301", "error_msg": "x"})) as server:
        error = failure(call, server.url, retries=QUICK)
    assert isinstance(error, errors.UnauthorizedError)
    assert states(error) == {JobState.UNKNOWN}


def test_the_budget_keeps_a_server_that_is_down_from_being_made_busy() -> None:
    """All calls of a client share their repeats; each success earns a tenth of one."""
    few = Retries(attempts=3, first_wait=0.0, budget=2)
    with (
        wire(then=says(503, b"")) as server,
        SyncPolicyClient(base_url=server.url, project_id="p", auth=TOKEN, retries=few) as drs,
    ):
        for _ in range(5):
            with pytest.raises(errors.ServiceUnavailableError):
                drs.set_policies(JOBS)
        assert len(server.heard) == 5 + 2


# --- before anything is sent --------------------------------------------------------------------
def test_wrong_use_names_item_field_value_and_choices() -> None:
    """A mistake in one item is found before sending, with all that is needed to mend it."""
    odd: Any = "Ignore"
    jobs = [SyncPolicyReq(job_id="a"), SyncPolicyReq(job_id="b", conflict_policy=odd)]
    with (
        wire() as server,
        SyncPolicyClient(base_url=server.url, project_id="p", auth=TOKEN) as drs,
        pytest.raises(WrongUseError) as caught,
    ):
        drs.set_policies(jobs)
    (problem,) = caught.value.problems
    assert problem.at == "jobs[1].conflict_policy"
    assert problem.value == "Ignore"
    assert problem.choices == ("ignore", "overwrite", "stop")
    assert "did you mean 'ignore'?" in str(caught.value)
    assert server.heard == []


@pytest.mark.parametrize("jobs", [[], [SyncPolicyReq(job_id="")], ["a"], [None]])
def test_wrong_jobs_are_refused(jobs: Any) -> None:
    """No jobs, an empty id and what is no policy are wrong use."""
    with (
        SyncPolicyClient(base_url="http://127.0.0.1:9", project_id="p", auth=TOKEN) as drs,
        pytest.raises(WrongUseError),
    ):
        drs.set_policies(jobs)


def test_what_has_no_json_is_refused_before_anything_is_sent() -> None:
    """A lone surrogate or an object in a field beyond the contract ends the call at once."""
    jobs = [SyncPolicyReq(job_id=str(n)) for n in range(10)]
    for value in ("\ud800", object()):
        odd = SyncPolicyReq(job_id="x", additional_properties={"k": value})
        with (
            wire() as server,
            SyncPolicyClient(base_url=server.url, project_id="p", auth=TOKEN) as drs,
            pytest.raises(WrongUseError),
        ):
            drs.set_policies([*jobs, odd])
        assert server.heard == []
