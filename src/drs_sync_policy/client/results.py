"""The results of a request's items, in the order of the items, or the error of the response.

The generated operation reads the response; the client adds what only it knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from drs_sync_policy.client.exchange import Received
from drs_sync_policy.runtime.errors import LoginError, OutsideContractError, RefusedError
from drs_sync_policy.runtime.messages import ResponseInfo
from drs_sync_policy.runtime.responses import login_error
from drs_sync_policy.runtime.serialization import settled
from drs_sync_policy_api.api.synchronization_policies import batch_set_policy as operation
from drs_sync_policy_api.models import BatchSetPolicyResponse, SyncPolicyReq, SyncPolicyResp

T_co = TypeVar("T_co", covariant=True)


class Parse(Protocol[T_co]):
    """Reads the body of a success, or raises the error of the response."""

    def __call__(
        self, status_code: int, content: bytes, headers: Mapping[str, str] | None = None, /
    ) -> T_co: ...


def body_of(received: Received, parse: Parse[T_co]) -> T_co:
    """The body of a success of the contract; raises the error of any other response."""
    error: RefusedError | OutsideContractError
    if received.iam_host is not None:
        raise _login_error(received, received.iam_host)
    try:
        return parse(received.response.status, received.response.content, received.response.headers)
    except (RefusedError, OutsideContractError) as raised:
        error = raised
    raise _noted(error, received)


def outside_contract(received: Received, reason: str) -> OutsideContractError:
    """The error for a success that contradicts itself or an earlier one."""
    error = OutsideContractError(reason, response=received.response)
    error.request = received.request()
    return error


def results_of(received: Received, items: Sequence[SyncPolicyReq]) -> list[SyncPolicyResp]:
    """One result for each item, in the order of the items: each a `SyncPolicyResp` once `settled`.

    Raises `RefusedError` or `OutsideContractError` if the response is not a success of the
    contract. Results of single items in such a response are in the error's `results`.
    """
    response = received.response
    error: RefusedError | OutsideContractError
    if received.iam_host is not None:
        raise _login_error(received, received.iam_host)
    try:
        parsed = operation.parse_lightly(response.status, response.content, response.headers)
    except (RefusedError, OutsideContractError) as raised:
        error = raised
    else:
        results = match(parsed.results, items)
        if results is not None and parsed.count == len(results):
            return results
        error = _inconsistent(response, parsed, results)
    raise _completed(error, received, items)


def match(
    results: Sequence[SyncPolicyResp], items: Sequence[SyncPolicyReq]
) -> list[SyncPolicyResp] | None:
    """The results in the order of the items; None if they are not those of the items.

    The contract states the order (rule `results-in-request-order`); the vendor does not, so
    results in another order are sorted by their ids.
    """
    ids = [result.id for result in results]
    wanted = [item.job_id for item in items]
    if ids == wanted:
        return list(results)
    if sorted(ids) != sorted(wanted):
        return None
    by_id: dict[str, list[SyncPolicyResp]] = {}
    for result in reversed(results):
        by_id.setdefault(result.id, []).append(result)
    return [by_id[job_id].pop() for job_id in wanted]


def _inconsistent(
    response: ResponseInfo, parsed: BatchSetPolicyResponse, results: list[SyncPolicyResp] | None
) -> OutsideContractError:
    if results is None:
        reason = "its results are not those of the jobs that were sent"
        return OutsideContractError(reason, response=response)
    reason = f"`count` is {parsed.count}, and there are {len(results)} results"
    error = OutsideContractError(reason, response=response)
    error.results = [settled(result) for result in results]
    return error


def _completed(
    error: RefusedError | OutsideContractError, received: Received, items: Sequence[SyncPolicyReq]
) -> RefusedError | OutsideContractError:
    """The error with what the client knows of the request."""
    _noted(error, received)
    if isinstance(error, RefusedError):
        error.perhaps_acted = received.perhaps_acted or error.status >= 500
        error.results = _results_in_error(received.response, items)
    return error


def _noted(
    error: RefusedError | OutsideContractError, received: Received
) -> RefusedError | OutsideContractError:
    """The error with the request and the number of its attempts."""
    error.request = received.request()
    if isinstance(error, RefusedError):
        error.note_attempts(received.attempts)
    return error


def _login_error(received: Received, host: str) -> LoginError:
    """The error for a response of IAM that has no token."""
    reason = login_error(received.response)
    reason.request = received.request()
    if isinstance(reason, RefusedError):
        reason.note_attempts(received.attempts)
    error = LoginError(host, reason)
    error.perhaps_acted = received.perhaps_acted
    return error


def _results_in_error(
    response: ResponseInfo, items: Sequence[SyncPolicyReq]
) -> list[SyncPolicyResp] | None:
    """The results in a 400: some operations of the vendor respond so if a single job fails."""
    try:
        parsed = operation.parse(200, response.content)
    except OutsideContractError:
        return None
    return match(parsed.results, items)
