"""Why a request is refused: the vendor's code for each reason, its text in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from drs_sync_policy.codes import ErrorCode, all_codes, find

DEFAULT_LANGUAGE: Final = "en-us"


class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure of the program
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
        """The error as the vendor writes it; what the gateway refuses carries `request_id`."""
        body = {
            "error_code": self.row.code,
            "error_msg": self.row.text(language, *self.details),
        }
        if self.row.issuer == "gateway":
            body["request_id"] = request_id
        return body


def _row(code: str, *, status: int | None = None, nth: int | None = None) -> ErrorCode:
    if nth is not None:
        return [row for row in all_codes() if row.code == code][nth]
    row = find(code, status)
    if row is None:
        raise LookupError(f"the tables have no error code `{code}`")
    return row


def no_such_path() -> Refusal:
    """404: no operation has this path."""
    return Refusal(404, _row("APIGW.0101", nth=0))


def no_such_method(allowed: tuple[str, ...]) -> Refusal:
    """405 with `Allow`: the path is there, the method is not (rule other-methods-are-refused)."""
    return Refusal(405, _row("APIGW.0101", nth=1), headers={"Allow": ", ".join(allowed)})


def bad_credentials() -> Refusal:
    """401: credentials missing, malformed, unknown or expired, all told alike (decision 11)."""
    return Refusal(401, _row("APIGW.0301"))


def foreign_project() -> Refusal:
    """403: known credentials, and not of this project (rule foreign-project-is-refused)."""
    return Refusal(403, _row("DRS.M00261"))


def empty_parameter(name: str) -> Refusal:
    """400: something required is missing or empty."""
    return Refusal(400, _row("DRS.M00201"), name)


def invalid_parameter(name: str) -> Refusal:
    """400: something has a value that the contract does not allow."""
    return Refusal(400, _row("DRS.M00202"), name)


def not_i_json(reason: str) -> Refusal:
    """400: the body is not I-JSON (rule body-must-be-i-json)."""
    return Refusal(400, _row("DRS.M00300"), reason)


def malformed_http() -> Refusal:
    """400: what arrived is no HTTP request, so no path and no credentials can be read from it."""
    return Refusal(400, _row("APIGW.0201", status=400), headers={"Connection": "close"})


def body_too_large() -> Refusal:
    """413: the body is above the limit; what is left of it is not kept."""
    return Refusal(413, _row("APIGW.0201", status=413))


def other_media_type() -> Refusal:
    """415: the body is not `application/json` in UTF-8 (rule other-media-types-are-refused)."""
    return Refusal(415, _row("DRS.M00007"))


def throttled(retry_after: int) -> Refusal:
    """429 with `Retry-After` in seconds."""
    return Refusal(429, _row("APIGW.0308"), headers={"Retry-After": str(retry_after)})


def service_failed() -> Refusal:
    """500: a defect of the sandbox; no valid request may cause it."""
    return Refusal(500, _row("DRS.M00004"))


def unavailable(retry_after: int = 1) -> Refusal:
    """503 with `Retry-After`: the database is away."""
    return Refusal(503, _row("DRS.M00004"), headers={"Retry-After": str(retry_after)})
