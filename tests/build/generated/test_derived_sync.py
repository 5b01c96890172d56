"""The sync modules of the client are derived from the async ones, and nothing else."""

from __future__ import annotations

from pathlib import Path

from tools import derive_sync

SOURCE = '''"""Sends one request."""

import asyncio


class AsyncSender:
    async def async_send(self, client: AsyncClient) -> bytes:
        try:
            async with client as open_client:
                return b"".join([chunk async for chunk in open_client.aiter_bytes()])
        except StopAsyncIteration:
            await client.aclose()
            return asyncio.run(anext(client))
'''
DERIVED = '''"""Sends one request."""


class Sender:
    def sync_send(self, client: Client) -> bytes:
        try:
            with client as open_client:
                return b"".join([chunk for chunk in open_client.iter_bytes()])
        except StopIteration:
            client.close()
            return next(client)
'''


def test_the_sync_modules_are_up_to_date() -> None:
    """What is committed is what the async sources say."""
    assert list(derive_sync.sources())
    assert list(derive_sync.drift()) == []


def test_async_code_is_translated(tmp_path: Path) -> None:
    """Each word that differs, and a header that says where to edit."""
    source = tmp_path / "async_sender.py"
    source.write_text(SOURCE)
    header, _, code = derive_sync.derived(source).partition("\n")
    assert "async_sender.py" in header
    assert code == DERIVED


def test_every_kind_of_drift_is_named(tmp_path: Path) -> None:
    """A derived module that was edited, one that is missing, and one without a source."""
    for name in ("a", "b"):
        (tmp_path / f"async_{name}.py").write_text(SOURCE)
    (tmp_path / "sync_a.py").write_text(derive_sync.derived(tmp_path / "async_a.py") + "x = 1\n")
    (tmp_path / "sync_c.py").write_text("")
    assert list(derive_sync.drift(tmp_path)) == [
        "sync_a.py differs from what async_a.py says",
        "sync_b.py differs from what async_b.py says",
        "sync_c.py has no source",
    ]
