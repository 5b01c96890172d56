"""Whether an answer is one that the contract knows, and what it says of each item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from drs_sync_policy.client.errors import (
    BY_STATUS,
    Answer,
    OutsideContractError,
    RefusedError,
)
from drs_sync_policy.client.exchange import Carried
from drs_sync_policy.client.retries import retry_after
from drs_sync_policy_api.errors import UnexpectedAnswer
from drs_sync_policy_api.models import (
    BatchSetPolicyResponse,
    ErrorResponse,
    SyncPolicyReq,
    SyncPolicyResp,
)
from drs_sync_policy_api.types import decode, decode_lightly, settled


class _IamError(msgspec.Struct):
    code: int | str
    message: str


class _IamAnswer(msgspec.Struct):
    error: _IamError


_NO_RESULTS: Final = "its results are not those of the jobs that were sent"


def results_of(carried: Carried, items: Sequence[SyncPolicyReq]) -> list[SyncPolicyResp]:
    """One result for each item, in the order of the items: each a `SyncPolicyResp` once `settled`.

    Raises `RefusedError` or `OutsideContractError` where the answer is no success of the contract.
    What such an answer says of single items is in the error's `results`.
    """
    answer = carried.answer
    if carried.by_iam or answer.status != 200:
        raise refusal(carried, items)
    try:
        said = decode_lightly(answer.content, BatchSetPolicyResponse)
    except UnexpectedAnswer as error:
        raise OutsideContractError(error.reason, answer=answer, request=carried.sent()) from None
    results = match(said.results, items)
    if results is None:
        raise OutsideContractError(_NO_RESULTS, answer=answer, request=carried.sent())
    if said.count != len(results):
        reason = f"`count` is {said.count}, and there are {len(results)} results"
        wrong = OutsideContractError(reason, answer=answer, request=carried.sent())
        wrong.results = [settled(result) for result in results]
        raise wrong
    return results


def match(
    results: Sequence[SyncPolicyResp], items: Sequence[SyncPolicyReq]
) -> list[SyncPolicyResp] | None:
    """The results in the order of the items; None where they are not those of the items.

    The contract promises the order (rule `results-in-request-order`); the vendor does not, so
    that another order is put right by the ids.
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


def refusal(
    carried: Carried, items: Sequence[SyncPolicyReq]
) -> RefusedError | OutsideContractError:
    """The error for an answer that is no success."""
    answer = carried.answer
    kind = BY_STATUS.get(answer.status)
    if kind is None:
        reason = "IAM gave no token" if carried.by_iam else "the contract has no such status"
        odd = OutsideContractError(reason, answer=answer, request=carried.sent())
        odd.perhaps_acted = carried.perhaps_acted or not carried.by_iam
        return odd
    code, message, request_id = _explanation(answer)
    error = kind(
        answer=answer,
        code=code,
        message=message,
        request_id=request_id,
        retry_after=retry_after(answer.headers),
        request=carried.sent(),
        attempts=carried.attempts,
        by_iam=carried.by_iam,
    )
    failed = answer.status >= 500 and not carried.by_iam
    error.perhaps_acted = carried.perhaps_acted or failed
    error.results = None if carried.by_iam else _results_in_refusal(answer, items)
    return error


def _explanation(answer: Answer) -> tuple[str | None, str | None, str | None]:
    """The code, message and request id of an error's body, as far as they are there."""
    try:
        said = decode(answer.content, ErrorResponse, answer.status)
    except UnexpectedAnswer:
        return _explanation_by_iam(answer)
    return said.error_code, said.error_msg, said.request_id or None


def _explanation_by_iam(answer: Answer) -> tuple[str | None, str | None, str | None]:
    """IAM explains itself in `{"error": {"code", "message"}}`."""
    try:
        error = msgspec.json.decode(answer.content, type=_IamAnswer).error
    except (ValueError, RecursionError):
        return None, None, None
    return str(error.code)[:100], error.message[:500], None


def _results_in_refusal(
    answer: Answer, items: Sequence[SyncPolicyReq]
) -> list[SyncPolicyResp] | None:
    """The results in a 400, which this family of calls gives where a single job fails."""
    try:
        said = decode(answer.content, BatchSetPolicyResponse, answer.status)
    except UnexpectedAnswer:
        return None
    return match(said.results, items)
