"""Bodies that are large and invalid: one error is looked for, and memory has a bound."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from drs_sync_policy.sandbox.seed import FIRST

from .server import served
from .writers import PATH


@pytest.mark.parametrize("item", [b"{}", b"[]", b"null"])
def test_millions_of_invalid_items_take_little_memory(item: bytes) -> None:
    """A batch of 12 MB with nothing but these gets the 400 of the first, in less than 1 GB."""
    body = b'{"jobs":[' + b",".join([item] * (11_900_000 // (len(item) + 1))) + b"]}"
    headers = {"X-Auth-Token": FIRST.token, "Content-Type": "application/json"}
    with served("--database", "sqlite://") as sandbox:
        response = httpx.post(sandbox.url + PATH, content=body, headers=headers, timeout=300)
        assert response.status_code == 400
        assert "jobs[0]" in response.json()["error_msg"]
        status = Path(f"/proc/{sandbox.process.pid}/status").read_text("ascii")
        assert int(status.partition("VmHWM:")[2].split()[0]) < 1_000_000
