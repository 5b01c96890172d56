"""A PostgreSQL cluster of a test's own, from Debian's package, on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen


@frozen
class Postgres:
    """A running cluster that can be stopped and started."""

    programs: Path
    data: Path
    port: int

    @property
    def url(self) -> str:
        """Its `postgres` database, for SQLAlchemy."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it responses."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.data}"
        self._control("start", "-w", "-o", options, "-l", str(self.data / "log"))

    def stop(self) -> None:
        """Stop it at once, its clients' transactions undone, and wait until it is gone."""
        self._control("stop", "-w", "-m", "immediate")

    def fresh(self, name: str) -> str:
        """The URL of a new, empty database."""
        program = str(self.programs / "createdb")
        where = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres")
        _run([program, *where, name])
        return self.url.removesuffix("postgres") + name

    def _control(self, *arguments: str) -> None:
        _run([str(self.programs / "pg_ctl"), "-D", str(self.data), *arguments])


def _run(command: list[str]) -> None:
    # PostgreSQL does not run as root.
    as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run(
        [*as_owner, *command],
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
    )


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, "there is no PostgreSQL: run `make setup-system`"
    return found[-1].parent


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def cluster() -> Iterator[Postgres]:
    """A new cluster, gone at the end with all that is in it."""
    home = Path(tempfile.mkdtemp(prefix="sandbox-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    data = home / "data"
    programs = _programs()
    _run([str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"])
    postgres = Postgres(programs, data, _free_port())
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.stop()
        shutil.rmtree(home)
