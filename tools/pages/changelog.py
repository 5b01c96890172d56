"""The page of the changelog: by area, where the file has the kinds of changes first."""

from __future__ import annotations

import re
from typing import Final

from tools.documents import ROOT

CONTRACT: Final = "Contract"
AREAS: Final[dict[str, tuple[str, ...]]] = {
    "Python client": (
        "Python:", "`SyncPolicyClient", "`PasswordAuth", "`drs_sync_policy.testing", "Profiles",
        "`list_jobs", "A request field", "One job or", "A refu", "Every module",
        "The generated client", "Generated package",
    ),
    "Sandbox and console": (
        "Sandbox", "Console", "The console", "The sandbox", "`sandbox", "`create_app",
        "`drs-sync-policy sandbox", "A catalogue of faults", "The life around", "`make sandbox",
    ),
    "Fuzzer, traffic and load": (
        "Fuzzer", "`fuzz", "Target profile", "The jud", "`pytest", "A fault of the", "A finding",
        "What a server says that", "Reports", "`check", "`proxy", "`load", "`merge", "`replay",
        "`verdict", "`exchanges", "`junit", "`drs-sync-policy fuzz", "`drs-sync-policy check",
        "`drs-sync-policy proxy", "`drs-sync-policy load", "`drs-sync-policy replay",
    ),
    "Command": (
        "Command", "The command", "`get", "`plan", "Messages", "A credential", "Help texts",
        "`drs-sync-policy",
        "`set", "`apply", "`login", "`doctor", "`explain", "`--curl", "Files of", "Ctrl-C",
        "What a server says moves", "An empty", "Shells", "`python -m drs",
    ),
    "Docs": ("Docs", "The site", "API reference", "The links of", "The recipes", "`make docs"),
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
    title, *kinds = re.split(r"^### ", section, flags=re.MULTILINE)
    areas: dict[str, list[str]] = {area: [] for area in (CONTRACT, *AREAS)}
    for kind in kinds:
        name, _, entries = kind.partition("\n")
        for entry in re.split(r"^- ", entries, flags=re.MULTILINE)[1:]:
            if name == CONTRACT:
                areas[CONTRACT].append(f"- {entry.strip()}")
            else:
                areas[_area(entry)].append(f"- **{name}** {entry.strip()}")
    parts = [title.rstrip()]
    if title.startswith(f"## {UNRELEASED}"):
        parts.append("No release has these changes yet.")
    for area, found in areas.items():
        parts += [f"### {area}", "\n".join(found)] if found else []
    return "\n\n".join(parts) + "\n"


def _area(entry: str) -> str:
    return next(area for area, begins in AREAS.items() if entry.startswith(begins))
