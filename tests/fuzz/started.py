"""The command as a process that checks a server of these tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

import tomlkit

from tests.fuzz import servers
from tests.processes import PROGRAM


def started(
    server: servers.Server, folder: Path, *, budget: float, **changes: object
) -> subprocess.Popen[bytes]:
    """The process; what it prints, its profile and its reports are in `folder`."""
    profile = folder / "target.toml"
    profile.write_text(tomlkit.dumps(servers.described(server, **changes)), encoding="utf-8")
    command = [str(PROGRAM), "fuzz", "--target", str(profile), "--budget", str(budget)]
    with (folder / "output.txt").open("wb") as output:
        return subprocess.Popen(
            [*command, "--report", str(folder / "report")], stdout=output, stderr=subprocess.STDOUT
        )
