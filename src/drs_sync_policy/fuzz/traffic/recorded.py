"""A recorded exchange: what was sent and received, as far as the recorder kept it."""

from __future__ import annotations

from attrs import frozen

from drs_sync_policy.fuzz.oracle import Expectation
from drs_sync_policy.fuzz.target.http import Request, Response


class RecordingError(ValueError):
    """A file that cannot be read as a recording; the text says where and why."""


@frozen
class Recorded:
    """One exchange of a recording.

    `origin` is the scheme, host and port that the request went to. `began` and `ended` are seconds
    since 1970, None if the recorder does not say. `gaps` names what the recorder left out, so that
    nobody takes it for what was sent: an exchange with gaps cannot be checked.
    """

    origin: str
    request: Request
    response: Response | None
    began: float | None = None
    ended: float | None = None
    gaps: tuple[str, ...] = ()
    expectation: Expectation | None = None
    """What the contract allows as the response, if who recorded it knows more than the request."""
    silence: str = ""
    """Why there was no response, if that is known."""
    case: str = "recorded traffic"
    """What the exchange is part of, for the reader of a report."""


def size_of(recorded: Recorded) -> int:
    """Roughly the memory that an exchange takes, in bytes."""
    body = len(recorded.request.body or b"")
    return 1000 + body + (len(recorded.response.body) if recorded.response else 0)
