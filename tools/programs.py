"""Programs that the tools run: those of this environment and those of npm."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.documents import ROOT


def program(name: str) -> str:
    """The path of a program in the environment of this Python."""
    return str(Path(sys.executable).with_name(name))


def run(
    command: Sequence[str],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    text: str | None = None,
    fine: Sequence[int] = (0,),
) -> subprocess.CompletedProcess[str]:
    """What a program printed that was given `text`; ends with it for an exit code not in `fine`."""
    done = subprocess.run(
        command, cwd=cwd, env=env, input=text, capture_output=True, text=True, check=False
    )
    if done.returncode not in fine:
        name = f"{Path(command[0]).name} {command[1]}"
        raise SystemExit(f"`{name}` failed:\n{done.stdout}{done.stderr}")
    return done


def node_tool(name: str) -> str:
    """The path of an npm tool that `make setup` installed; a clear end where it did not."""
    path = ROOT / "tools" / "node_modules" / ".bin" / name
    if not path.exists():
        raise SystemExit(f"`{name}` is not installed: run `make setup setup-node`")
    return str(path)


def node_environment() -> dict[str, str]:
    """The caller's environment with our Node first and Redocly's reports home switched off."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "REDOCLY_TELEMETRY": "off",
        "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
        "REDOCLY_SUPPRESS_NOTIFICATIONS": "true",
        "NO_COLOR": "1",
    }
