"""Clients that write without pause and remember what was acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
from attrs import define, field

from drs_sync_policy.sandbox.seed import FIRST

PATH = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"
JOBS = f"/_sandbox/projects/{FIRST.project_id}/jobs"


@define
class Writer:
    """Writes one number after the other into its two jobs, always into both in one batch."""

    jobs: tuple[str, str]
    attempted: int = 0
    acknowledged: int = 0
    statuses: set[int] = field(factory=set[int])

    def write(self, client: httpx.Client) -> None:
        """Write the next number. Raises what the connection raises."""
        self.attempted += 1
        policy = {"slot_name": str(self.attempted), "ddl_trans": self.attempted % 2 == 0}
        response = client.post(
            PATH,
            json={"jobs": [{"job_id": job, **policy} for job in self.jobs]},
            headers={"X-Auth-Token": FIRST.token},
        )
        self.statuses.add(response.status_code)
        if response.status_code == 200:
            assert {result["status"] for result in response.json()["results"]} == {"success"}
            self.acknowledged = self.attempted
        else:
            assert set(response.json()) >= {"error_code", "error_msg"}

    def check(self, client: httpx.Client) -> None:
        """Fails unless both jobs hold, whole, what was acknowledged last or attempted since."""
        one, other = (client.get(f"{JOBS}/{job}").json()["policy"] for job in self.jobs)
        assert one == other
        stored = int(one.get("slot_name", 0))
        assert self.acknowledged <= stored <= self.attempted
        assert stored == 0 or one["ddl_trans"] == (stored % 2 == 0)


def writers(url: str, number: int = 8) -> list[Writer]:
    """So many writers, each with two new jobs."""
    with httpx.Client(base_url=url, timeout=30) as client:
        made = [client.post(JOBS, json={}).json()["job_id"] for _ in range(2 * number)]
    return [Writer((made[2 * at], made[2 * at + 1])) for at in range(number)]


def await_acknowledged(busy: Sequence[Writer], more: int) -> None:
    """Wait for so many further writes."""
    wanted = sum(writer.acknowledged for writer in busy) + more
    end = time.monotonic() + 60
    while sum(writer.acknowledged for writer in busy) < wanted:
        assert time.monotonic() < end, "the sandbox does not go on"
        time.sleep(0.05)


@contextmanager
def writing(url: str, busy: Sequence[Writer]) -> Iterator[None]:
    """Have all of them write until the block ends or the server is gone."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def work(writer: Writer) -> None:
        try:
            with httpx.Client(base_url=url, timeout=30) as client:
                while not stop.is_set():
                    writer.write(client)
        except httpx.TransportError:
            return  # the server is gone, as it was meant to be
        except BaseException as error:  # noqa: BLE001 - reported by the test at the end
            failures.append(error)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in busy]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
