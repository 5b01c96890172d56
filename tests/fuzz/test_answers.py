"""What one response is accused of: each kind of flaw once, however often it is in it."""

from __future__ import annotations

from typing import Any

from tests.fuzz import servers
from tests.fuzz.servers import Handler


class Untied(Handler):
    """Gives an error code to jobs that succeeded."""

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        return {**super().apply(project, item, place), "error_code": "E0"}


def test_a_flaw_that_several_items_have_is_one_violation() -> None:
    """A batch counts as one example of it."""
    with servers.serving(handler=Untied) as server:
        prober = servers.prober(server)
        jobs = [{"job_id": job} for job in servers.JOBS[servers.OWN]]
        prober.send(prober.request({"jobs": jobs}), case="own jobs")
        prober.wire.close()
    (violation,) = prober.ledger.violations("status-ties-error-fields")
    assert violation.times == 1
    assert "results[0]" in violation.received
