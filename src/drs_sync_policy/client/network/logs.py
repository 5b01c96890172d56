"""httpcore's DEBUG logs without credentials.

httpcore logs the headers of responses, the credentials of a SOCKS proxy, and the value of a header
that HTTP does not allow, each as Python writes bytes: in single or in double quotes.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from drs_sync_policy.runtime.redaction import HIDDEN, REQUEST_HEADERS, RESPONSE_HEADERS

_LOGGERS: Final = ("connection", "http11", "http2", "proxy", "socks")
_NAMES: Final = "|".join(sorted(REQUEST_HEADERS | RESPONSE_HEADERS))
_LITERAL: Final = r"""b(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CREDENTIAL: Final = re.compile(
    rf"""(b(['"])(?:{_NAMES})\2, |\bauth=\(|Illegal header value ){_LITERAL}(?:, {_LITERAL}\))?""",
    re.IGNORECASE,
)


class _WithoutCredentials(logging.Filter):
    """Replaces credentials in what httpcore logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _CREDENTIAL.sub(rf"\1'{HIDDEN}'", str(record.msg))
        return True


def hide_credentials(package: str = "httpcore") -> None:
    """Makes the loggers of httpcore, or of the `package` under another httpx, hide credentials."""
    for name in _LOGGERS:
        logger = logging.getLogger(f"{package}.{name}")
        if not any(isinstance(known, _WithoutCredentials) for known in logger.filters):
            logger.addFilter(_WithoutCredentials())
