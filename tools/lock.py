"""Writes `requirements/*.txt` from `pyproject.toml`: every version, every hash, no URL.

`python tools/lock.py --upgrade` takes newer versions; without it, only what has to change does.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "uv": ("--group", "uv"),
    "dev": ("pyproject.toml", "--all-extras", "--group", "dev"),
    "wild": ("--group", "wild"),
    "system": ("pyproject.toml", "--all-extras", "--group", "dev", "--group", "system"),
}
"""What each lock holds, as options of uv."""


def lock(name: str, *options: str) -> int:
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("uv")), "pip", "compile",
            *LOCKS[name], "--universal", "--python-version", "3.11",
            "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url",
            "--no-emit-find-links", "--output-file", f"requirements/{name}.txt", *options,
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip
    return done.returncode


def main() -> int:
    return max(lock(name, *sys.argv[1:]) for name in LOCKS)


if __name__ == "__main__":
    sys.exit(main())
