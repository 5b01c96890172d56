"""State that outlives its process, and its failures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from drs_sync_policy.sandbox import create_app, running
from drs_sync_policy.sandbox.seed import FIRST
from drs_sync_policy.sandbox.store.database import BadDatabaseError, Database

from .conftest import Caller


def test_a_file_keeps_what_was_stored(serve: Callable[..., Caller], tmp_path: Path) -> None:
    """A second sandbox on the same file knows what the first one stored."""
    url = f"sqlite:///{tmp_path / 'state.db'}"
    job = FIRST.job_ids[0]
    serve(database=url).set({"job_id": job, "slot_name": "kept\0"})
    assert serve(database=url).stored(job) == {"slot_name": "kept\0"}


def test_two_sandboxes_share_a_file(serve: Callable[..., Caller], tmp_path: Path) -> None:
    """What one stores the other reads at once."""
    url = f"sqlite:///{tmp_path / 'state.db'}"
    one, other = serve(database=url), serve(database=url)
    job = one.new_job()
    one.set({"job_id": job, "ddl_trans": True})
    other.set({"job_id": job, "index_trans": True})
    assert one.stored(job) == other.stored(job) == {"ddl_trans": True, "index_trans": True}


def test_memory_is_not_shared(serve: Callable[..., Caller]) -> None:
    """Two sandboxes in one process have nothing in common."""
    one, other = serve(), serve()
    one.set({"job_id": FIRST.job_ids[0], "ddl_trans": True})
    assert other.stored(FIRST.job_ids[0]) == {}


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite"])
def test_a_bad_url_is_refused_with_the_choices(url: str) -> None:
    """A URL that names no usable database says which do."""
    with pytest.raises(BadDatabaseError, match="sqlite"):
        create_app(database=url)


def test_the_password_is_not_shown() -> None:
    """A database's name has no password in it."""
    database = Database("sqlite://")
    assert database.name == "sqlite://"
    database.close()
    database.close()


def test_running_lets_go_of_its_port(tmp_path: Path) -> None:
    """After the block the port is free again and the file can be opened by another."""
    url = f"sqlite:///{tmp_path / 'state.db'}"
    for _ in range(3):
        with running(database=url) as served:
            assert served.url.startswith("http://127.0.0.1:")
