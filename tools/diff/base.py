"""What the contract is compared with: the last release, a file, or a commit."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from tools.diff.change import version_tuple
from tools.documents import CONTRACT, ROOT, parse_document, read_document
from tools.editions import OVERLAYS, edition_names, make_edition
from tools.overlay import OverlayError, apply

RELEASES: Final = ROOT / "docs" / "contract"
"""VERSION.yaml for each release of the contract, and VERSION.EDITION.json for its editions."""

COMMITTED: Final = "HEAD"
"""The commit that stands in for a release while there is none."""


@frozen
class Contracts:
    """A contract with its editions, and what to call it."""

    name: str
    base: dict[str, Any]
    editions: Mapping[str, dict[str, Any]]
    broken: Mapping[str, str] = field(factory=dict)
    """Editions whose overlay no longer fits the base, with the reason."""

    @property
    def version(self) -> str:
        """`info.version`."""
        return str(self.base["info"]["version"])


def working_tree() -> Contracts:
    """The contract and the editions as they are on disk now."""
    base = read_document(CONTRACT)
    editions: dict[str, dict[str, Any]] = {}
    broken: dict[str, str] = {}
    for name in edition_names():
        try:
            editions[name] = make_edition(name, base)
        except OverlayError as error:
            broken[name] = str(error)
    return Contracts("this one", base, editions, broken)


def releases(folder: Path = RELEASES) -> list[Path]:
    """The released contracts, the oldest first."""
    return sorted(folder.glob("*.*.*.yaml"), key=lambda path: version_tuple(path.stem))


def last_release(folder: Path = RELEASES) -> Contracts | None:
    """The newest contract that was released; nothing before the first release."""
    known = releases(folder)
    return released(known[-1]) if known else None


def released(file: Path) -> Contracts:
    """The contract of a release and its editions, from the files next to it."""
    editions = {
        path.name.removeprefix(f"{file.stem}.").removesuffix(".json"): read_document(path)
        for path in sorted(file.parent.glob(f"{file.stem}.*.json"))
    }
    return Contracts(f"release {file.stem}", read_document(file), editions)


def chosen(base: str) -> Contracts:
    """The contract in a file, or of a commit, whichever `base` names.

    Raises `LookupError` saying what was tried where it names neither.
    """
    path = Path(base)
    if path.is_file():
        if path.resolve().parent == RELEASES:
            return released(path.resolve())
        return Contracts(base, read_document(path), {})
    text = _git("show", f"{base}:{CONTRACT.name}")
    if text is None:
        raise LookupError(f"`{base}` is neither a file nor a commit that has an {CONTRACT.name}")
    document = parse_document(text)
    folder = OVERLAYS.relative_to(ROOT).as_posix()
    names = (_git("ls-tree", "--name-only", base, f"{folder}/") or "").split()
    editions: dict[str, dict[str, Any]] = {}
    for name in names:
        overlay = parse_document(_git("show", f"{base}:{name}") or "")
        with suppress(OverlayError):  # it did not fit then, so that there was no such edition
            editions[Path(name).stem] = apply(document, overlay, name=name)
    return Contracts(f"`{base}`", document, editions)


def _git(*arguments: str) -> str | None:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else None
