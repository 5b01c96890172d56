"""How jobs are cut into requests, and results matched with them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drs_sync_policy import Batches, SyncPolicyReq, SyncPolicyResp, SyncPolicyStatus
from drs_sync_policy.client.results import match
from drs_sync_policy.runtime.serialization import to_builtins

# No time limit: a machine that is busy with other work is slow.
untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@untimed
@given(
    sizes=st.lists(st.integers(1, 300), min_size=1, max_size=60),
    most=st.integers(1, 20),
    limit=st.integers(1, 1500),
)
def test_chunks_hold_every_job_once_and_keep_to_both_limits(
    sizes: list[int], most: int, limit: int
) -> None:
    """Chunks are all the jobs in order; only a single job may be longer than the limit."""
    items = [SyncPolicyReq(job_id="x" * size) for size in sizes]
    chunks = list(Batches(jobs=most, bytes=limit).split(items))
    assert [index for c in chunks for index in range(c.start, c.stop)] == list(range(len(items)))
    for chunk in chunks:
        count = chunk.stop - chunk.start
        assert 1 <= count <= most
        assert len(chunk.content) <= limit or count == 1
        written = json.loads(chunk.content)["jobs"]
        assert written == to_builtins(items[chunk.start : chunk.stop])


@untimed
@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_results_are_matched_by_id_and_in_their_order(ids: list[str], random: Any) -> None:
    """Whatever the order of the results, each item gets a result with its own id, each once."""
    items = [SyncPolicyReq(job_id=job) for job in ids]
    results = [
        SyncPolicyResp(id=job, status=SyncPolicyStatus.SUCCESS, error_msg=str(n))
        for n, job in enumerate(ids)
    ]
    random.shuffle(results)
    matched = match(results, items)
    assert matched is not None
    assert [result.id for result in matched] == ids
    # The messages may be Unset for mypy; here all are texts.
    assert sorted(r.error_msg for r in matched) == sorted(r.error_msg for r in results)  # type: ignore[type-var]
    assert match(results[1:], items) is None
