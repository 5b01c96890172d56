"""How many jobs are cut into requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import field, frozen

from drs_sync_policy.client.bounds import whole
from drs_sync_policy_api.models import BatchSetPolicyReq, SyncPolicyReq
from drs_sync_policy_api.types import encode


@frozen
class Chunk:
    """The items from `start` to `stop` of a call, and the body of their request."""

    start: int
    stop: int
    content: bytes = field(repr=False)


@frozen(kw_only=True)
class Batches:
    """How many jobs are cut into requests.

    No number of jobs is documented as too many, and a body of 1 MB is always accepted (decision
    5); siblings of the call recommend few jobs for each request.

    Attributes:
        jobs: The most jobs of one request.
        bytes: The longest body of one request; a single job may be longer.
        concurrency: The most requests at the same time.
    """

    jobs: int = field(default=1000, validator=whole(1))
    bytes: int = field(default=1_000_000, validator=whole(1))
    concurrency: int = field(default=4, validator=whole(1))

    def cut(self, items: Sequence[SyncPolicyReq]) -> Iterator[Chunk]:
        """The chunks of a call, in order, each made when it is asked for."""
        for start in range(0, len(items), self.jobs):
            yield from self._cut(items, start, min(start + self.jobs, len(items)))

    def _cut(self, items: Sequence[SyncPolicyReq], start: int, stop: int) -> Iterator[Chunk]:
        content = encode(BatchSetPolicyReq(jobs=list(items[start:stop])))
        if len(content) <= self.bytes or stop - start == 1:
            yield Chunk(start, stop, content)
        else:
            middle = (start + stop) // 2
            yield from self._cut(items, start, middle)
            yield from self._cut(items, middle, stop)


def in_turn(items: Sequence[SyncPolicyReq]) -> bool:
    """Whether the chunks of a call must go one after the other.

    The later item of a job wins (rule `later-items-win`), which holds among chunks only if they
    are sent in order.
    """
    return len({item.job_id for item in items}) < len(items)
