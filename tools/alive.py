"""Run a command that may be silent for long, and say every few seconds that it still runs.

python alive.py npm ci      needs the standard library alone
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_SECONDS = 8


def run(command: Sequence[str], *, cwd: Path | None = None, quiet: bool = False) -> int:
    """The exit code of `command`; `quiet` if it shows itself that it runs."""
    named = " ".join(word for word in command if not word.startswith("-"))
    started = time.monotonic()
    with subprocess.Popen(command, cwd=cwd) as process:
        while True:
            try:
                return process.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                if not quiet:
                    print(f"... {named}: {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
