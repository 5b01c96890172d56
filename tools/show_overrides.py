"""Shows how the generated client differs from what the generator would write by itself.

python -m tools.show_overrides            each override with its reason, then the files that differ
python -m tools.show_overrides --diff     the differences line by line, too

It generates the stock client into a temporary folder, with the same contract and settings.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from tools.generate import CLIENT, GENERATED, OVERRIDES, differences, write_client

TEMPLATES = OVERRIDES / "templates"
# To import the generator takes a third of a second.
STOCK = Path(
    str(distribution("openapi-python-client").locate_file("openapi_python_client/templates"))
)


_IMPORT: Final = re.compile(r'{%-? *(?:from|import) "([^"]+)" *(?:import|as|%})')
_DYNAMIC: Final = 'import "property_templates/" +'
_PROPERTIES: Final = "property_templates/*"


@frozen
class Override:
    """A template of ours in the place of one of the generator's."""

    name: str
    reason: str
    sha256: str
    imports: Mapping[str, str]
    """The stock templates that it imports, by name or pattern, with the hash of each."""

    @property
    def is_current(self) -> bool:
        """Whether its original and the templates that it imports are what it was made for."""
        return not self.changed(STOCK)

    def changed(self, stock: Path) -> list[str]:
        """The templates in `stock` that have another hash than noted."""
        noted = {self.name: self.sha256, **self.imports}
        return [name for name, sha256 in noted.items() if sha256_of(stock, name) != sha256]


def overrides() -> list[Override]:
    """What `UPSTREAM.toml` says of each override, in its order."""
    table: Mapping[str, Mapping[str, Any]] = tomllib.loads(
        (TEMPLATES / "UPSTREAM.toml").read_text("utf-8")
    )
    return [
        Override(name, " ".join(entry["reason"].split()), entry["sha256"], entry.get("imports", {}))
        for name, entry in table.items()
    ]


def imported_by(name: str) -> frozenset[str]:
    """The stock templates that a template of ours imports, directly or through another."""
    found: set[str] = set()
    todo = [(TEMPLATES / name).read_text("utf-8")]
    while todo:
        text = todo.pop()
        names = set(_IMPORT.findall(text)) | ({_PROPERTIES} if _DYNAMIC in text else set())
        for new in names - found:
            if new == _PROPERTIES or (STOCK / new).is_file():
                found.add(new)
                todo += [] if new == _PROPERTIES else [(STOCK / new).read_text("utf-8")]
    return frozenset(found)


def sha256_of(folder: Path, pattern: str) -> str:
    """The hash of the files in `folder` that match, in the order of their names."""
    hashed = hashlib.sha256()
    for path in sorted(folder.glob(pattern)):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


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
        for name, diff in differences(stock, GENERATED / CLIENT, names=("stock", "ours")):
            added = sum(line.startswith("+") for line in diff[2:])
            removed = sum(line.startswith("-") for line in diff[2:])
            print(f"{name:60} +{added:<4} -{removed}")
            if show_lines:
                print("\n".join(diff), end="\n\n")
    if stale:
        names = ", ".join(override.name for override in stale)
        print(
            f"\nThe originals of {names}, or templates that they import, changed since the override"
            "\nwas made: compare them, carry over what is new, and write the new hashes into"
            "\noverrides/templates/UPSTREAM.toml.",
            file=sys.stderr,
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
