"""Runs measurements: all of `bench/`, or those that are named.

python -m bench [NAME ...] [-- options of a single one]

A measurement is a module of this folder with a function `main`; each runs in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def measurements() -> list[str]:
    """The names of the modules that measure something."""
    return [
        path.stem
        for path in sorted(FOLDER.glob("*.py"))
        if not path.stem.startswith("_") and "\ndef main(" in path.read_text("utf-8")
    ]


def run(arguments: list[str]) -> int:
    split = arguments.index("--") if "--" in arguments else len(arguments)
    names, options = arguments[:split], arguments[split + 1 :]
    known = measurements()
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"there is no measurement {unknown[0]!r}: choose of {', '.join(known)}")
        return 2
    codes = [
        subprocess.run([sys.executable, "-m", f"bench.{name}", *options], check=False).returncode
        for name in names or known
    ]
    return max(codes, default=0)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
