"""The outcome of each job.

Jobs are split into chunks; each chunk is one request. The result of each job is kept, whatever
happens to later chunks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import overload

from attrs import define, field, frozen

from drs_sync_policy.client.batching import Chunk
from drs_sync_policy.runtime.errors import (
    DrsError,
    JobsFailedError,
    LoginError,
    RefusedError,
    WrongUseError,
    explained,
)
from drs_sync_policy.runtime.serialization import settled
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


@frozen
class _Part:
    """The items from `start` to `stop`: a result for each, or the same state for all."""

    start: int
    stop: int
    results: Sequence[SyncPolicyResp] | None = None
    state: JobState = JobState.UNKNOWN
    error: DrsError | None = None


@define(eq=False, repr=False)
class Outcome(Sequence[JobOutcome]):
    """The outcome of every job, in the order given: a sequence of `JobOutcome`.

    It is filled during the call, so that one given as `record=` is right even after an
    interruption.
    """

    items: Sequence[SyncPolicyReq] = field(default=(), init=False)
    _parts: dict[int, _Part] = field(factory=dict[int, _Part], init=False)

    @property
    def ok(self) -> bool:
        """Whether every job succeeded."""
        return all(job.succeeded for job in self)

    @property
    def succeeded(self) -> list[JobOutcome]:
        """The jobs whose policy was set."""
        return [job for job in self if job.state is JobState.SUCCEEDED]

    @property
    def failed(self) -> list[JobOutcome]:
        """The jobs that failed, with the reason from the server."""
        return [job for job in self if job.state is JobState.FAILED]

    @property
    def undecided(self) -> list[JobOutcome]:
        """The jobs without a result: their request was rejected, unknown, or not sent."""
        decided = (JobState.SUCCEEDED, JobState.FAILED)
        return [job for job in self if job.state not in decided]

    @property
    def counts(self) -> dict[JobState, int]:
        """The number of jobs in each state, without states that have no jobs."""
        return dict(Counter(job.state for job in self))

    def raise_for_failures(self) -> None:
        """Raises `JobsFailedError` unless every job succeeded."""
        bad = [job for job in self if not job.succeeded]
        if bad:
            shown = "; ".join(str(job) for job in bad[:5])
            more = f"; and {len(bad) - 5} more" if len(bad) > 5 else ""
            raise JobsFailedError(
                f"{len(bad)} of {len(self)} jobs did not succeed: {shown}{more}", self
            )

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[JobOutcome]:
        at = 0
        for start in sorted(self._parts):
            part = self._parts[start]
            yield from (self._job(index, None) for index in range(at, start))
            yield from (self._job(index, part) for index in range(start, part.stop))
            at = part.stop
        yield from (self._job(index, None) for index in range(at, len(self.items)))

    @overload
    def __getitem__(self, index: int) -> JobOutcome: ...
    @overload
    def __getitem__(self, index: slice) -> list[JobOutcome]: ...
    def __getitem__(self, index: int | slice) -> JobOutcome | list[JobOutcome]:
        return list(self)[index]

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in self.counts.items())
        return f"Outcome({counts or 'no jobs'})"

    def begin(self, items: Sequence[SyncPolicyReq]) -> None:
        """Starts the record of a call; raises `WrongUseError` if it was used before."""
        if self.items or self._parts:
            raise WrongUseError("an `Outcome` records one call; give each call its own")
        self.items = items

    def note_sending(self, chunk: Chunk) -> None:
        """The request of a chunk is about to be sent: its outcome is unknown from now on."""
        self._parts[chunk.start] = _Part(chunk.start, chunk.stop)

    def note_results(self, chunk: Chunk, results: Sequence[SyncPolicyResp]) -> None:
        """The results of a chunk."""
        self._parts[chunk.start] = _Part(chunk.start, chunk.stop, results)

    def note_error(self, chunk: Chunk, error: DrsError) -> None:
        """The request of a chunk ended with an error."""
        state = JobState.UNKNOWN
        if not error.perhaps_acted:
            rejected = isinstance(error, RefusedError)
            state = JobState.REFUSED if rejected else JobState.NOT_SENT
        self._parts[chunk.start] = _Part(chunk.start, chunk.stop, error.results, state, error)

    def of(self, chunk: Chunk) -> list[JobOutcome]:
        """The outcome of the jobs of one chunk."""
        part = self._parts.get(chunk.start)
        return [self._job(index, part) for index in range(chunk.start, chunk.stop)]

    def _job(self, index: int, part: _Part | None) -> JobOutcome:
        item = self.items[index]
        if part is None:
            return JobOutcome(index, item, JobState.NOT_SENT)
        if part.results is None:
            return JobOutcome(index, item, part.state, None, part.error)
        result = part.results[index - part.start]
        return JobOutcome(index, item, _state_of(result), settled(result), part.error)


def _state_of(result: SyncPolicyResp) -> JobState:
    known = {"success": JobState.SUCCEEDED, "failed": JobState.FAILED}
    return known.get(result.status, JobState.UNKNOWN)
