"""httpcore's DEBUG logs without credentials.

httpcore logs the headers of responses, the credentials of a SOCKS proxy, and the value of a header
that HTTP does not allow, each as Python writes bytes: in single or in double quotes. Wherever else
the server quotes the credentials of the request that is being sent, they are hidden, too.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import httpx

from drs_sync_policy.client.credentials.login import secrets_in
from drs_sync_policy.runtime.redaction import (
    HIDDEN,
    REQUEST_HEADERS,
    RESPONSE_HEADERS,
    unquoted,
)

_LOGGERS: Final = ("connection", "http11", "http2", "proxy", "socks")
_NAMES: Final = "|".join(sorted(REQUEST_HEADERS | RESPONSE_HEADERS))
_LITERAL: Final = r"""b(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CREDENTIAL: Final = re.compile(
    rf"""(b(['"])(?:{_NAMES})\2, |\bauth=\(|Illegal header value ){_LITERAL}(?:, {_LITERAL}\))?""",
    re.IGNORECASE,
)


_SENDING: Final[ContextVar[httpx.Request | None]] = ContextVar("drs_sending", default=None)


@contextmanager
def sending(request: httpx.Request) -> Generator[None]:
    """In the block, the logs hide what quotes the credentials of this request."""
    token = _SENDING.set(request)
    try:
        yield
    finally:
        _SENDING.reset(token)


class _WithoutCredentials(logging.Filter):
    """Replaces credentials in what httpcore logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = _CREDENTIAL.sub(rf"\1'{HIDDEN}'", str(record.msg))
        request = _SENDING.get()
        if request is not None:
            text = unquoted(text.encode("utf-8", "replace"), secrets_in(request)).decode()
        record.msg = text
        return True


def hide_credentials(package: str = "httpcore") -> None:
    """Makes the loggers of httpcore, or of the `package` under another httpx, hide credentials."""
    for name in _LOGGERS:
        logger = logging.getLogger(f"{package}.{name}")
        if not any(isinstance(known, _WithoutCredentials) for known in logger.filters):
            logger.addFilter(_WithoutCredentials())
