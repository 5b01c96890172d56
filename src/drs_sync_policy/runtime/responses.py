"""Which error a response that is not a success becomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from drs_sync_policy.runtime.errors import BY_STATUS, OutsideContractError, RefusedError
from drs_sync_policy.runtime.messages import ResponseInfo
from drs_sync_policy.runtime.serialization import InvalidJsonError, read_lightly, settled

_LONGEST_WAIT: Final = 999_999_999.0


class _IamError(msgspec.Struct):
    code: int | str
    message: str


class _AnyError(msgspec.Struct):
    error: _IamError | None = None
    error_code: str | None = None
    error_msg: str | None = None
    request_id: str | None = None


def error_for(
    status_code: int,
    content: bytes,
    headers: Mapping[str, str] | None = None,
    model: type[Any] | None = None,
) -> RefusedError | OutsideContractError:
    """The error for a response that is not a success.

    `model` is the body that the contract describes for this status. If the body does not match
    it, the class still says the status; `code` and `message` are None then.
    """
    response = ResponseInfo(status_code, headers or {}, content)
    kind = BY_STATUS.get(status_code, RefusedError if model else None)
    if kind is None:
        return OutsideContractError("the contract does not have this status", response=response)
    return _error(kind, response, model)


def login_error(response: ResponseInfo) -> RefusedError | OutsideContractError:
    """The error for a response of IAM that has no token."""
    kind = BY_STATUS.get(response.status)
    if kind is None:
        return OutsideContractError("IAM gave no token", response=response)
    return _error(kind, response, None)


def _error(
    kind: type[RefusedError], response: ResponseInfo, model: type[Any] | None
) -> RefusedError:
    parsed, request_id = _parsed(response.content, model), None
    if parsed is None:
        code, message, request_id = _explanation(response.content)
    else:
        code, message = getattr(parsed, "error_code", None), getattr(parsed, "error_msg", None)
        request_id = getattr(parsed, "request_id", None)
    return kind(
        response=response,
        code=code or None,
        message=message,
        request_id=request_id or None,
        retry_after=retry_after(response.headers),
        parsed=parsed,
    )


def _parsed(content: bytes, model: type[Any] | None) -> Any:
    if model is None:
        return None
    try:
        return settled(read_lightly(content, model))
    except InvalidJsonError:
        return None


def _explanation(content: bytes) -> tuple[str | None, str | None, str | None]:
    """The code, message and request id of an error that the contract does not describe.

    The vendor's services have two forms: `{"error_code", "error_msg"}`, and IAM's
    `{"error": {"code", "message"}}`.
    """
    try:
        found = msgspec.json.decode(content, type=_AnyError)
    except (ValueError, RecursionError):
        return None, None, None
    if found.error is not None:
        return str(found.error.code)[:100], found.error.message[:500], None
    if found.error_code is None or found.error_msg is None:
        return None, None, None
    return found.error_code[:100], found.error_msg[:500], found.request_id


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that `Retry-After` asks for, as a number or a date; None if it is missing.

    RFC 9110, section 10.2.3. A date in the past is 0; an invalid value is ignored.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
