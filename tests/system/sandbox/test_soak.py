"""Everything at once: valid, invalid and hostile, from 8 clients, on 2 workers."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from drs_sync_policy.sandbox.seed import FIRST, SECOND

from .server import rss_kib, served
from .writers import JOBS, PATH

CLIENTS = 8
FIELDS: dict[str, list[Any]] = {
    "conflict_policy": ["ignore", "overwrite", "stop"],
    "filter_ddl_policy": ["drop_database"],
    "ddl_trans": [True, False],
    "index_trans": [True, False],
    "slot_name": ["", "slot", "\0", "ä\U0001f600", "x" * 1000],
}
HOSTILE: list[tuple[bytes, dict[str, str]]] = [
    (b"", {}),
    (b"{", {}),
    (b'{"jobs": [{"job_id": "\\ud800"}]}', {}),
    (b'{"jobs": [{"job_id": "x", "job_id": "y"}]}', {}),
    (b'{"jobs": [{"job_id": "x", "y": ' + b"[" * 3000 + b"]" * 3000 + b"}]}", {}),
    (b'{"jobs": [{"job_id": "x", "y": 1e999}]}', {}),
    (b'{"jobs": [{"job_id": "' + b"x" * 200_000 + b'"}]}', {}),
    (b"\xff" * 1000, {}),
    (b"{}", {"Content-Type": "text/plain"}),
    (b"{}", {"X-Language": "xx"}),
    (b"{}", {"X-Auth-Token": "wrong"}),
    (b"{}", {"X-Auth-Token": SECOND.token}),
]
JUNK = (b"\x00\x01\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"GET / HT")


class Soaker(threading.Thread):
    """One client with a job of its own, and a model of what must be stored for it."""

    def __init__(self, url: str, job: str, seed: int, until: float) -> None:
        super().__init__()
        self.url = url
        self.job = job
        self.random = random.Random(seed)
        self.until = until
        self.model: dict[str, Any] = {}
        self.statuses: Counter[int] = Counter()
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Send one request after the other until the time is over."""
        try:
            with httpx.Client(base_url=self.url, timeout=60) as client:
                while time.monotonic() < self.until:
                    act = self.random.choices(
                        (self.valid, self.invalid, self.hostile, self.junk), (8, 2, 2, 1)
                    )[0]
                    act(client)
        except BaseException as error:  # noqa: BLE001 - reported by the test at the end
            self.failure = error

    def valid(self, client: httpx.Client) -> None:
        """A batch that is carried out; now and then the model is compared with what is stored."""
        chosen = self.random.sample(sorted(FIELDS), self.random.randint(0, len(FIELDS)))
        policy = {name: self.random.choice(FIELDS[name]) for name in chosen}
        others: list[dict[str, Any]] = [{"job_id": "unknown"}, {"job_id": FIRST.blocked_job_ids[0]}]
        items = self.random.sample([{"job_id": self.job, **policy}, *others], 3)
        response = self.send(client, json.dumps({"jobs": items}).encode(), {})
        assert response.status_code == 200
        assert [result["id"] for result in response.json()["results"]] == [
            item["job_id"] for item in items
        ]
        self.model.update(policy)
        if self.random.random() < 0.2:
            self.compare(client)

    def invalid(self, client: httpx.Client) -> None:
        """A batch that is rejected, and must leave its valid item undone."""
        items = [{"job_id": self.job, "conflict_policy": "stop"}, {"job_id": "x", "ddl_trans": 1}]
        response = self.send(client, json.dumps({"jobs": items}).encode(), {})
        assert response.status_code == 400

    def hostile(self, client: httpx.Client) -> None:
        """Something that no client should send."""
        self.send(client, *self.random.choice(HOSTILE))

    def junk(self, _client: httpx.Client) -> None:
        """Bytes that are not a request, on a connection that is then closed."""
        address = urlsplit(self.url)
        with socket.create_connection((str(address.hostname), int(address.port or 0)), 30) as wire:
            wire.sendall(self.random.choice(JUNK))

    def send(self, client: httpx.Client, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """The response, counted."""
        given = {"X-Auth-Token": FIRST.token, "Content-Type": "application/json", **headers}
        response = client.post(PATH, content=body, headers=given)
        self.statuses[response.status_code] += 1
        return response

    def compare(self, client: httpx.Client) -> None:
        """Fails where something else is stored than the model says."""
        assert client.get(f"{JOBS}/{self.job}").json()["policy"] == self.model


@pytest.mark.soak(usual=24, long=600)
def test_everything_at_once(amount: int, tmp_path: Path) -> None:
    """No 5xx, no lost update, and memory that does not grow once everything was seen."""
    options = ("--workers", "2", "--database", f"sqlite:///{tmp_path / 'state.db'}")
    with served(*options) as sandbox, httpx.Client(base_url=sandbox.url, timeout=60) as client:
        jobs = [client.post(JOBS, json={}).json()["job_id"] for _ in range(CLIENTS)]
        began = time.monotonic()
        soakers = [Soaker(sandbox.url, job, seed, began + amount) for seed, job in enumerate(jobs)]
        for soaker in soakers:
            soaker.start()
        time.sleep(amount / 3)
        warm = rss_kib(sandbox)
        for soaker in soakers:
            soaker.join()
        for soaker in soakers:
            assert soaker.failure is None
            soaker.compare(client)
        grown = rss_kib(sandbox) - warm
    statuses = sum((soaker.statuses for soaker in soakers), Counter[int]())
    print(f"{amount} s: {statuses.total()} requests, memory grew by {grown} KiB")
    assert set(statuses) == {200, 400, 401, 403, 415}
    assert grown < 20 * 1024, f"memory grew by {grown} KiB after the first third"
