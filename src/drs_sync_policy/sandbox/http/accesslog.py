"""One line of JSON for each response: method, path, status, duration, request id.

Headers, queries and bodies are not logged, so that secrets are not. Failures of the server itself
are lines of JSON, too.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Final, TextIO

from drs_sync_policy.sandbox.http.request import Request

LOGGER: Final = logging.getLogger("drs_sync_policy.sandbox.access")
_LONGEST_PATH: Final = 200
_SERVER: Final = logging.getLogger("uvicorn.error")  # uvicorn's name for all but its access log
_OURS: Final = logging.getLogger("drs_sync_policy.sandbox")


def write_to(stream: TextIO) -> None:
    """Write the log to `stream`, one line for each response."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


def keep_quiet() -> None:
    """Keep uvicorn's messages off stderr if the caller has not configured logging."""
    if not any(isinstance(handler, logging.NullHandler) for handler in _SERVER.handlers):
        _SERVER.addHandler(logging.NullHandler())


def write_failures_to(stream: TextIO) -> None:
    """Write failures of the server itself to `stream`, as lines of JSON.

    uvicorn's warnings are about what a client did, which the access log shows.
    """
    for logger, level in ((_SERVER, logging.ERROR), (_OURS, logging.WARNING)):
        handler = logging.StreamHandler(stream)
        handler.setLevel(level)
        handler.setFormatter(_Line())
        logger.addHandler(handler)


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def log(request: Request, status: int | None, seconds: float) -> None:
    """Log one response; a status of None means that the client got none."""
    if not LOGGER.isEnabledFor(logging.INFO):
        return
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": request.method[:16],
        "path": request.path.decode("utf-8", "replace")[:_LONGEST_PATH],
        "status": status,
        "ms": round(1000 * seconds, 2),
        "request_id": request.request_id,
    }
    LOGGER.info("%s", json.dumps(entry))
