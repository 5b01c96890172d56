"""Jobs split into requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import field, frozen

from drs_sync_policy.client.validators import integer_from
from drs_sync_policy.runtime.serialization import encode
from drs_sync_policy_api.models import BatchSetPolicyReq, SyncPolicyReq


@frozen
class Chunk:
    """The items from `start` to `stop`, and the body of their request."""

    start: int
    stop: int
    content: bytes = field(repr=False)


@frozen(kw_only=True)
class Batches:
    """How jobs are split into requests.

    The vendor documents no maximum for the number of jobs. A body of 1 MB is always accepted
    (decision 5).

    Attributes:
        jobs: The maximum number of jobs in one request.
        bytes: The maximum length of a request's body; a single job may be longer.
        concurrency: The maximum number of requests at the same time.
    """

    jobs: int = field(default=1000, validator=integer_from(1))
    bytes: int = field(default=1_000_000, validator=integer_from(1))
    concurrency: int = field(default=4, validator=integer_from(1))

    def split(self, items: Sequence[SyncPolicyReq]) -> Iterator[Chunk]:
        """The chunks of the items, in order, each made when it is asked for."""
        for start in range(0, len(items), self.jobs):
            yield from self._split(items, start, min(start + self.jobs, len(items)))

    def _split(self, items: Sequence[SyncPolicyReq], start: int, stop: int) -> Iterator[Chunk]:
        content = encode(BatchSetPolicyReq(jobs=list(items[start:stop])))
        if len(content) <= self.bytes or stop - start == 1:
            yield Chunk(start, stop, content)
        else:
            middle = (start + stop) // 2
            yield from self._split(items, start, middle)
            yield from self._split(items, middle, stop)


def in_chunks(count: int, size: int) -> list[Chunk]:
    """So many things in chunks of at most `size`; what reads them makes the bodies."""
    return [Chunk(start, min(start + size, count), b"") for start in range(0, count, size)]


def has_duplicates(items: Sequence[SyncPolicyReq]) -> bool:
    """Whether a job occurs twice, so that the chunks must be sent in order.

    The later item of a job wins (rule `later-items-win`).
    """
    return len({item.job_id for item in items}) < len(items)
