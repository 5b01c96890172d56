"""The outcome of a call: that of every job, in the order given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, cast, overload

from attrs import define, field

from drs_sync_policy.client.call_record import CallRecord
from drs_sync_policy.client.job_outcome import JobOutcome, JobState
from drs_sync_policy.runtime.errors import JobsFailedError
from drs_sync_policy_api.models import SyncPolicyReq


@define(eq=False, repr=False)
class Outcome(Sequence[JobOutcome]):
    """The outcome of every job, in the order given: a sequence of `JobOutcome`.

    It is filled during the call, so that one given as `record=` is right even after an
    interruption.
    """

    _record: CallRecord = field(factory=CallRecord, init=False)

    @property
    def items(self) -> Sequence[SyncPolicyReq]:
        """The policies that were given."""
        return self._record.items

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
        return self._record.jobs()

    @overload
    def __getitem__(self, index: int) -> JobOutcome: ...
    @overload
    def __getitem__(self, index: slice) -> list[JobOutcome]: ...
    def __getitem__(self, index: int | slice) -> JobOutcome | list[JobOutcome]:
        return list(self)[index]

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in self.counts.items())
        return f"Outcome({counts or 'no jobs'})"


def record_of(outcome: Outcome) -> CallRecord:
    """Where the client notes what it knows."""
    record: CallRecord = cast("Any", outcome)._record  # noqa: SLF001 - the same module
    return record
