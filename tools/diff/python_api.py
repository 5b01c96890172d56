"""The public Python API of the generated client before and after a change of the contract.

The client is generated twice with today's settings and templates, so that the difference is that
of the contract alone; griffe compares what a caller can see of the two.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import griffe
from attrs import evolve

from tools.api import MODULES
from tools.diff.base import Contracts
from tools.documents import ROOT
from tools.editions import client_contract
from tools.generate import CLIENT, OVERRIDES, write_client
from tools.public import PACKAGES, names, packages, target


def changes(before: Contracts, after: Contracts) -> list[str]:
    """One line of Markdown for each thing that a caller of the generated client would notice.

    A contract that the generator rejects has its reason on standard error, and one line here: it
    must not hide the verdict on the contract.
    """
    known = {name: doc for name, doc in before.editions.items() if name not in after.broken}
    with tempfile.TemporaryDirectory() as folder:
        try:
            old = _generate(Path(folder) / "before", evolve(before, editions=known))
            new = _generate(Path(folder) / "after", after)
        except SystemExit as error:
            return [f"it cannot be compared: {error}"]
        return [*sorted({line for _, line in _breaking(old, new)}), *_added(old, new)]


def breaking_since(tag: str, root: Path = ROOT) -> list[str]:
    """One line for each public name that breaks callers since `tag`, found by griffe."""
    now = packages(root / "src", root / "generated")
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", tag, "src", "generated"], cwd=root, capture_output=True, check=True
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as tree:
            tree.extractall(folder, filter="data")
        then = packages(Path(folder, "src"), Path(folder, "generated"))
        public = _public_paths(then)
        return sorted(
            {
                line
                for name in PACKAGES
                for breakage, line in _breaking(then[name], now[name])
                if breakage.obj.path.startswith(public)
            }
        )


def _public_paths(packages: griffe.ModulesCollection) -> tuple[str, ...]:
    """Where each name that a public module exports is defined; the whole generated package."""
    found = {CLIENT}
    for name in (name for name in MODULES if name in packages):
        for member in (packages[name].members[each] for each in names(packages[name])):
            found |= {target(member).path, f"{name}.{member.name}"}
    return tuple(found)


def _generate(folder: Path, contracts: Contracts) -> griffe.Object:
    document = client_contract(contracts.base, contracts.editions)
    write_client(folder / CLIENT, templates=OVERRIDES / "templates", document=document)
    loaded = griffe.load(CLIENT, search_paths=[folder], try_relative_path=False)
    # Only an alias is no Object, and a package is not an alias.
    if not isinstance(loaded, griffe.Object):  # pragma: no cover
        raise SystemExit(f"griffe cannot read the generated {CLIENT}")
    return loaded


def _breaking(old: griffe.Object, new: griffe.Object) -> Iterator[tuple[griffe.Breakage, str]]:
    for breakage in griffe.find_breaking_changes(old, new):
        place = breakage.obj.path
        what = breakage.kind.value
        values = (breakage.old_value, breakage.new_value)
        shown = " → ".join(f"`{value}`" for value in values if _is_plain(value))
        yield breakage, f"breaking: `{place}`: {what}" + (f" ({shown})" if shown else "")


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | griffe.Expr) and len(str(value)) < 80


def _added(old: griffe.Object, new: griffe.Object) -> Iterator[str]:
    before, after = _public(old), _public(new)
    for path in sorted(after - before):
        if path.rpartition(".")[0] not in after - before:
            yield f"new: `{path}`"


def _public(node: griffe.Object) -> set[str]:
    found: set[str] = set()
    for member in node.members.values():
        if member.is_alias or not member.is_public or not isinstance(member, griffe.Object):
            continue
        found.add(member.path)
        found |= _public(member)
    return found
