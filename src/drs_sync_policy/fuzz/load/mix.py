"""What users send: valid batches of many sizes, and bodies that are invalid.

Bodies come from the contract's schema alone. Jobs that nobody has fill a batch up to its size.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import Bodies
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.request_maker import bodies_for

SIZES: Final = (1, 1, 1, 2, 3, 5, 12, 30, 60)
"""The sizes of batches that are all checked; several times those that are more frequent."""
LARGE_SIZES: Final = (150, 400, 1000)
SMALL_BYTES: Final = 16_384
"""Of longer bodies only a sample is checked."""
SAMPLED: Final = 0.125
"""The part of the large batches that is checked."""
_VARIANTS: Final = 40
_UNKNOWN: Final = tuple(f"no-such-job-of-load-{number}" for number in range(1000))
"""Ids of jobs that nobody has."""


class Mix:
    """Bodies for one target."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self.bodies: Bodies = bodies_for(oracle, _UNKNOWN)
        """Builds bodies for jobs that nobody has."""
        self.languages: tuple[str | None, ...] = (None, *oracle.languages)
        self._large: dict[int, bytes] = {}
        self._invalid: dict[tuple[str, ...], list[bytes]] = {}

    def valid(self, job_ids: Sequence[str], size: int, source: random.Random) -> bytes:
        """A valid batch: an item for each of these jobs, the rest for some of them and others."""
        jobs = [*job_ids, *(source.choice(job_ids) for _ in range(job_ids != () and size > 2))]
        others = [*_UNKNOWN, *self._oracle.target.blocked_job_ids]
        jobs += source.choices(others, k=max(size - len(jobs), 0))
        source.shuffle(jobs)
        return ijson.dumps(self.bodies.body([self._item(job, source) for job in jobs]))

    def large(self, size: int) -> bytes:
        """A valid batch for jobs that nobody has: it changes nothing."""
        if size not in self._large:
            self._large[size] = ijson.dumps(self.bodies.batch(size, 1))
        return self._large[size]

    def invalid(self, job_ids: Sequence[str], source: random.Random) -> bytes:
        """A body with one defect; its items are for one of these jobs, or for nobody's."""
        jobs = (source.choice(job_ids),) if job_ids else _UNKNOWN[:1]
        if jobs not in self._invalid:
            found = bodies_for(self._oracle, jobs).typical()
            self._invalid[jobs] = [ijson.dumps(entry.body) for entry in found]
        return source.choice(self._invalid[jobs])

    def _item(self, job_id: str, source: random.Random) -> dict[str, Any]:
        policy = self.bodies.policy(source.randrange(_VARIANTS))
        names = source.sample(list(policy), source.randint(0, len(policy)))
        return self.bodies.item(job_id, **{name: policy[name] for name in names})
