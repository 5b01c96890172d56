"""What became of one job."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from drs_sync_policy.runtime.errors import DrsError, LoginError, RefusedError, explained
from drs_sync_policy_api.models import SyncPolicyReq, SyncPolicyResp


class JobState(StrEnum):
    """What is known of one job."""

    SUCCEEDED = "succeeded"
    """The server set its policy."""
    FAILED = "failed"
    """The server did not set its policy, and gave the reason."""
    REFUSED = "refused"
    """The whole request was rejected: nothing of it was stored."""
    UNKNOWN = "unknown"
    """It was sent, and no response says whether its policy was set. Sending it again is safe."""
    NOT_SENT = "not sent"
    """It was not sent."""


@frozen
class JobOutcome:
    """The outcome of one item: its index, the item itself, and what the server responded."""

    index: int
    item: SyncPolicyReq
    state: JobState
    result: SyncPolicyResp | None = None
    error: DrsError | None = None

    @property
    def job_id(self) -> str:
        """The job."""
        return self.item.job_id

    @property
    def succeeded(self) -> bool:
        """Whether the server set its policy."""
        return self.state is JobState.SUCCEEDED

    @property
    def error_code(self) -> str | None:
        """The server's code for the failure, of the item or else of the whole request."""
        if self.result is not None and self.result.error_code:
            return self.result.error_code
        rejected = self._rejected
        return rejected.code if rejected else None

    @property
    def error_msg(self) -> str | None:
        """The server's message for the failure, of the item or else of the whole request."""
        if self.result is not None and self.result.error_msg:
            return self.result.error_msg
        rejected = self._rejected
        return rejected.message if rejected else None

    @property
    def meaning(self) -> str | None:
        """What the code means, if it is known."""
        known = explained(self.error_code) if self.error_code else None
        return known.meaning if known else None

    @property
    def remedy(self) -> str | None:
        """What to do about it, if it is known."""
        known = explained(self.error_code) if self.error_code else None
        return known.remedy if known else None

    @property
    def _rejected(self) -> RefusedError | None:
        error = self.error.reason if isinstance(self.error, LoginError) else self.error
        return error if isinstance(error, RefusedError) else None

    def __str__(self) -> str:
        said = f": {self.error_code} {self.error_msg}" if self.error_code else ""
        return f"{self.job_id} {self.state}{said}"
