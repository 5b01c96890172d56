"""One change of the contract, rated; and the version that changes demand."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from attrs import frozen


class Level(IntEnum):
    """How much a change matters, and so which part of the version it bumps."""

    COSMETIC = 1
    COMPATIBLE = 2
    BREAKING = 3


REQUEST: Final = "request"
RESPONSE: Final = "response"
RULE: Final = "rule"
NEITHER: Final = ""

CLIENT: Final = "client"
IMPLEMENTER: Final = "implementer"
BOTH: Final = "client, implementer"
NOBODY: Final = "nobody"


@frozen(order=True)
class Change:
    """A change, its place, and whose working code it breaks or gives work to."""

    level: Level
    direction: str
    place: str
    what: str
    hurts: str


def needed_version(released: str, changes: Iterable[Change]) -> str:
    """The smallest version that may follow `released` after these changes."""
    major, minor, patch = version_tuple(released)
    level = max((change.level for change in changes), default=None)
    if level is None:
        return released
    if level is Level.BREAKING:
        return f"{major + 1}.0.0"
    if level is Level.COMPATIBLE:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def version_tuple(version: str) -> tuple[int, int, int]:
    """`version` as three numbers; SystemExit names a version that is not MAJOR.MINOR.PATCH."""
    parts = str(version).split(".")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        raise SystemExit(f"the version {version!r} is not MAJOR.MINOR.PATCH, like 1.2.0")
    major, minor, patch = map(int, parts)
    return major, minor, patch
