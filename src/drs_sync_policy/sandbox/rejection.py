"""Why a request is rejected: the vendor's code for each reason, its text in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from drs_sync_policy.codes import ErrorCode, all_codes, find

DEFAULT_LANGUAGE: Final = "en-us"


class Rejection(Exception):
    """A request that gets an error instead of results: status, row of the tables, details."""

    def __init__(
        self,
        status: int,
        row: ErrorCode,
        *details: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {row.code}")
        self.status = status
        self.row = row
        self.details = details
        self.headers: dict[str, str] = dict(headers or {})

    def body(self, language: str, request_id: str) -> dict[str, Any]:
        """The error as the vendor writes it; what the gateway rejects has a `request_id`."""
        body = {
            "error_code": self.row.code,
            "error_msg": self.row.text(language, *self.details),
        }
        if self.row.issuer == "gateway":
            body["request_id"] = request_id
        return body


def row_of(code: str, *, status: int | None = None, nth: int | None = None) -> ErrorCode:
    """The row of the tables that has this code; of several, that of a status or the `nth`."""
    if nth is not None:
        return [row for row in all_codes() if row.code == code][nth]
    row = find(code, status)
    if row is None:
        raise LookupError(f"the tables have no error code `{code}`")
    return row


def no_such_path() -> Rejection:
    """404: no operation has this path."""
    return Rejection(404, row_of("APIGW.0101", nth=0))


def no_such_method(allowed: tuple[str, ...]) -> Rejection:
    """405 with `Allow`: the path is known, the method is not (rule other-methods-are-refused)."""
    return Rejection(405, row_of("APIGW.0101", nth=1), headers={"Allow": ", ".join(allowed)})


def bad_credentials() -> Rejection:
    """401: credentials missing, malformed, unknown or expired, all reported alike (decision 11)."""
    return Rejection(401, row_of("APIGW.0301"))


def foreign_project() -> Rejection:
    """403: valid credentials of another project (rule foreign-project-is-refused)."""
    return Rejection(403, row_of("DRS.M00261"))


def empty_parameter(name: str) -> Rejection:
    """400: a required value is missing or empty."""
    return Rejection(400, row_of("DRS.M00201"), name)


def invalid_parameter(name: str) -> Rejection:
    """400: a value violates the contract."""
    return Rejection(400, row_of("DRS.M00202"), name)


def not_i_json(reason: str) -> Rejection:
    """400: the body is not I-JSON (rule body-must-be-i-json)."""
    return Rejection(400, row_of("DRS.M00300"), reason)


def malformed_http() -> Rejection:
    """400: the bytes are not an HTTP request, so they have neither path nor credentials."""
    return Rejection(400, row_of("APIGW.0201", status=400), headers={"Connection": "close"})


def body_too_large() -> Rejection:
    """413: the body is above the limit; the rest of it is discarded."""
    return Rejection(413, row_of("APIGW.0201", status=413))


def other_media_type() -> Rejection:
    """415: the body is not `application/json` in UTF-8 (rule other-media-types-are-refused)."""
    return Rejection(415, row_of("DRS.M00007"))


def throttled(retry_after: int) -> Rejection:
    """429 with `Retry-After` in seconds."""
    return Rejection(429, row_of("APIGW.0308"), headers={"Retry-After": str(retry_after)})


def of_status(status: int, retry_after: int | None = None) -> Rejection:
    """An error with this status and the first code that the vendor has for it."""
    row = next((row for row in all_codes() if row.status == status), row_of("DRS.M00004"))
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Rejection(status, row, headers=headers)


def service_failed() -> Rejection:
    """500: a defect of the sandbox; no valid request may cause it."""
    return Rejection(500, row_of("DRS.M00004"))


def unavailable(retry_after: int = 1) -> Rejection:
    """503 with `Retry-After`: the database is unavailable, or the server is busy."""
    return Rejection(503, row_of("DRS.M00004"), headers={"Retry-After": str(retry_after)})
