"""Where the client notes what it knows of each job, while it sends and receives.

Jobs are split into chunks; each chunk is one request. The result of each job is kept, whatever
happens to later chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import define, field, frozen

from drs_sync_policy.client.batching import Chunk
from drs_sync_policy.client.job_outcome import JobOutcome, JobState
from drs_sync_policy.runtime.errors import DrsError, RefusedError, WrongUseError
from drs_sync_policy.runtime.serialization import settled
from drs_sync_policy_api.models import SyncPolicyReq, SyncPolicyResp

Listener = Callable[[Sequence[JobOutcome]], object]
"""Called with the outcome of the jobs of each request, as soon as it is known."""


@frozen
class _Part:
    """The items from `start` to `stop`: a result for each, or the same state for all."""

    start: int
    stop: int
    results: Sequence[SyncPolicyResp] | None = None
    state: JobState = JobState.UNKNOWN
    error: DrsError | None = None


@define(eq=False, repr=False)
class CallRecord:
    """What is known of each job of one call."""

    items: Sequence[SyncPolicyReq] = ()
    listener: Listener | None = None
    _parts: dict[int, _Part] = field(factory=dict[int, _Part], init=False)

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
        self._report(chunk)

    def note_error(self, chunk: Chunk, error: DrsError) -> None:
        """The request of a chunk ended with an error."""
        state = JobState.UNKNOWN
        if not error.perhaps_acted:
            rejected = isinstance(error, RefusedError)
            state = JobState.REFUSED if rejected else JobState.NOT_SENT
        self._parts[chunk.start] = _Part(chunk.start, chunk.stop, error.results, state, error)
        self._report(chunk)

    def jobs(self) -> Iterator[JobOutcome]:
        """The outcome of every job, in the order given."""
        at = 0
        for start in sorted(self._parts):
            part = self._parts[start]
            yield from (self._job(index, None) for index in range(at, start))
            yield from (self._job(index, part) for index in range(start, part.stop))
            at = part.stop
        yield from (self._job(index, None) for index in range(at, len(self.items)))

    def _report(self, chunk: Chunk) -> None:
        if self.listener is not None:
            part = self._parts[chunk.start]
            self.listener([self._job(index, part) for index in range(chunk.start, chunk.stop)])

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
