"""Clones of this repository at HEAD."""

from __future__ import annotations

from pathlib import Path

from tests.processes import completed
from tools.documents import ROOT


def git(folder: Path, *arguments: str) -> str:
    done = completed(["git", *arguments], cwd=folder, check=True)
    return done.stdout


def new_clone(parent: Path) -> Path:
    """A clean clone without tags, in which commits can be made."""
    tree = parent / "clone"
    git(parent, "clone", "--quiet", "--no-tags", str(ROOT), str(tree))
    for setting in ("user.name=Somebody", "user.email=somebody@example.org"):
        git(tree, "config", *setting.split("="))
    return tree
