"""The page of the changelog: by area, where the file has the kinds of changes first."""

from __future__ import annotations

import re
from typing import Final

from tools.documents import ROOT

CONTRACT: Final = "Contract"
AREAS: Final[dict[str, tuple[str, ...]]] = {
    "Python client": ("Python", "`SyncPolicyClient", "`drs_sync_policy."),
    "Command": ("Command", "`apply", "`set", "`get", "`plan", "`login", "`doctor", "`explain"),
    "Sandbox and console": ("Sandbox", "Console", "`sandbox", "The sandbox"),
    "Fuzzer, traffic and load": (
        "Fuzzer", "`fuzz", "`check", "`proxy", "`load", "`merge", "`replay", "A finding",
        "A profile",
    ),
    "Docs": ("Docs",),
    "Contract tools, releases and work on the project": ("",),
}  # fmt: skip
"""How an entry begins, by area; the last area has the rest."""
UNRELEASED: Final = "Unreleased"


def changelog() -> str:
    """The changelog by area, with its links as they are on the site."""
    text = re.sub(r"\]\(docs/", "](", (ROOT / "CHANGELOG.md").read_text("utf-8"))
    intro, *versions = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    return f"{intro.rstrip()}\n\n" + "\n".join(map(_version, versions))


def _version(section: str) -> str:
    head, *kinds = re.split(r"^### ", section, flags=re.MULTILINE)
    title, _, said = head.partition("\n")
    areas: dict[str, list[str]] = {area: [] for area in (CONTRACT, *AREAS)}
    several = sum(not kind.startswith(CONTRACT) for kind in kinds) > 1
    for text in kinds:
        name, _, entries = text.partition("\n")
        for entry in re.split(r"^- ", entries, flags=re.MULTILINE)[1:]:
            if name == CONTRACT:
                areas[CONTRACT].append(f"- {entry.strip()}")
            else:
                area, kind = _area(entry), f"**{name}** " if several else ""
                areas[area].append(f"- {kind}{_below(area, entry.strip())}")
    parts = [title]
    if title == f"## {UNRELEASED}":
        parts.append("Not released yet.")
    parts += [said.strip()] if said.strip() else []
    for area, found in areas.items():
        parts += [f"### {area}", "\n".join(found)] if found else []
    return "\n\n".join(parts) + "\n"


def _area(entry: str) -> str:
    return next(area for area, begins in AREAS.items() if entry.startswith(begins))


def _below(area: str, entry: str) -> str:
    """The entry without the name of its area, which the heading says."""
    name, colon, text = entry.partition(": ")
    return f"{text[:1].upper()}{text[1:]}" if colon and area.startswith(name) else entry
