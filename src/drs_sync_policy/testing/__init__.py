"""For your own tests of code that sets synchronization policies.

Three ways, from the fastest to the most realistic:

- `Scripted`: an httpx transport that responds by a script, without a network;
- `Recorder` and `replayed`: a transport that keeps real exchanges, and one that replays them;
- the pytest fixture `drs_sandbox`: the real sandbox on a free port of 127.0.0.1, fresh for each
  test. It comes with the extra `sandbox`.

>>> from drs_sync_policy import SyncPolicyReq
>>> from drs_sync_policy.testing import Scripted, fails, rejects, succeeds
>>> scripted = Scripted(rejects(429, retry_after=0), fails({"b": "DRS.M00304"}), then=succeeds())
>>> with scripted.client() as drs:
...     outcome = drs.set_policies([SyncPolicyReq(job_id="a"), SyncPolicyReq(job_id="b")])
>>> [(job.job_id, job.error_code) for job in outcome.failed]
[('b', 'DRS.M00304')]
>>> len(scripted.requests), scripted.requests[0].json()["jobs"][1]
(2, {'job_id': 'b'})
"""

from __future__ import annotations

from drs_sync_policy.testing.recording import Recorder, replayed
from drs_sync_policy.testing.running import Sandbox, sandbox
from drs_sync_policy.testing.scripted import (
    Request,
    Scripted,
    Step,
    breaks,
    fails,
    rejects,
    responds,
    succeeds,
)

__all__ = [
    "Recorder",
    "Request",
    "Sandbox",
    "Scripted",
    "Step",
    "breaks",
    "fails",
    "rejects",
    "replayed",
    "responds",
    "sandbox",
    "succeeds",
]
