"""Writes the locks from `pyproject.toml` and `tools/package.json`: versions, hashes, no URL.

`python tools/lock.py --upgrade` takes newer versions; without it, only what has to change does.
"""

from __future__ import annotations

import os
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


def lock_npm(folder: Path = ROOT / "tools", *, verb: str = "install") -> int:
    """The exit code of npm, which writes the lock of `folder`; its `.npmrc` leaves out URLs."""
    programs = Path(sys.executable).parent
    done = subprocess.run(
        [str(programs / "npm"), verb, "--package-lock-only", "--loglevel=error"],
        cwd=folder,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode


def main() -> int:
    options = sys.argv[1:]
    written = [lock(name, *options) for name in LOCKS]
    return max(*written, lock_npm(verb="update" if "--upgrade" in options else "install"))


if __name__ == "__main__":
    sys.exit(main())
