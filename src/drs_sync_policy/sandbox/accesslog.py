"""One line of JSON for each answer: what was asked, what was said, how long it took.

No header, no query and no body is logged, so that no secret is.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Final, TextIO

from drs_sync_policy.sandbox.call import Call

LOGGER: Final = logging.getLogger("drs_sync_policy.sandbox.access")
_LONGEST_PATH: Final = 200


def write_to(stream: TextIO) -> None:
    """Write the log to `stream`, one line for each answer."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


def log(call: Call, status: int | None, seconds: float) -> None:
    """Log one answer; a status of None means that the client got none."""
    if not LOGGER.isEnabledFor(logging.INFO):
        return
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": call.method[:16],
        "path": call.path.decode("utf-8", "replace")[:_LONGEST_PATH],
        "status": status,
        "ms": round(1000 * seconds, 2),
        "request_id": call.request_id,
    }
    LOGGER.info("%s", json.dumps(entry))
