"""Requests and responses as values: what errors and hooks carry, and what an operation returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from attrs import field, frozen

from drs_sync_policy.runtime.redaction import redacted_response_headers

T = TypeVar("T")


@frozen
class RequestInfo:
    """A request as it may be shown: its credentials are replaced by `***`."""

    method: str
    url: str
    headers: Mapping[str, str]
    body_bytes: int

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


@frozen
class ResponseInfo:
    """A response as it may be kept: status, headers (names in lower case) and the whole body.

    A token or a cookie in its headers is replaced by `***`.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False, converter=redacted_response_headers)
    content: bytes = field(repr=False)

    @property
    def request_id(self) -> str | None:
        """The server's id of the request, from `X-Request-Id`."""
        return self.headers.get("x-request-id")


@frozen
class Response(Generic[T]):
    """A response: its status, body and headers as received, and the parsed body."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: T
