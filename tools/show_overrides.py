"""Shows how the generated client differs from what the generator would write by itself.

python -m tools.show_overrides            each override with its reason, then the files that differ
python -m tools.show_overrides --diff     the differences line by line, too

It generates the stock client into a temporary folder, with the same contract and settings.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import openapi_python_client
from attrs import frozen

from tools.generate import CLIENT, GENERATED, OVERRIDES, write_client

TEMPLATES = OVERRIDES / "templates"
STOCK = Path(openapi_python_client.__file__).parent / "templates"


@frozen
class Override:
    """A template of ours in the place of one of the generator's."""

    name: str
    reason: str
    sha256: str

    @property
    def is_current(self) -> bool:
        """Whether the generator's template is still the one that this override was made for."""
        return self.sha256 == sha256_of(STOCK / self.name)


def overrides() -> list[Override]:
    """What `UPSTREAM.toml` says of each override, in its order."""
    table: Mapping[str, Mapping[str, str]] = tomllib.loads(
        (TEMPLATES / "UPSTREAM.toml").read_text("utf-8")
    )
    return [
        Override(name, " ".join(entry["reason"].split()), entry["sha256"])
        for name, entry in table.items()
    ]


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differences(stock: Path, ours: Path) -> Iterator[tuple[str, list[str]]]:
    """Each file that differs, with the lines of a unified diff; a file may be on one side only."""
    names = {
        path.relative_to(root).as_posix()
        for root in (stock, ours)
        for path in root.rglob("*.py")
        if "__pycache__" not in path.parts
    }
    for name in sorted(names):
        before, after = _lines(stock / name), _lines(ours / name)
        diff = list(
            difflib.unified_diff(before, after, f"stock/{name}", f"ours/{name}", lineterm="", n=1)
        )
        if diff:
            yield name, diff


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.is_file() else []


def main() -> int:
    parser = argparse.ArgumentParser(description="What overrides/templates change against stock.")
    parser.add_argument("--diff", action="store_true", help="show the lines, too")
    show_lines = parser.parse_args().diff
    stale = [override for override in overrides() if not override.is_current]
    for override in overrides():
        print(f"{override.name}{' (STALE)' if override in stale else ''}\n    {override.reason}\n")
    with tempfile.TemporaryDirectory() as folder:
        stock = Path(folder) / CLIENT
        write_client(stock, templates=None)
        for name, diff in differences(stock, GENERATED / CLIENT):
            added = sum(line.startswith("+") for line in diff[2:])
            removed = sum(line.startswith("-") for line in diff[2:])
            print(f"{name:60} +{added:<4} -{removed}")
            if show_lines:
                print("\n".join(diff), end="\n\n")
    if stale:
        names = ", ".join(override.name for override in stale)
        print(
            f"\nThe generator's {names} changed since the override was made: compare the two, carry"
            "\nover what is new, and write the new hash into overrides/templates/UPSTREAM.toml.",
            file=sys.stderr,
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
