"""Every template that differs from the generator's says why, and which original it replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import show_overrides
from tools.generate import differences

TEMPLATES = show_overrides.TEMPLATES


def test_every_override_has_its_entry_and_every_entry_its_override() -> None:
    """`UPSTREAM.toml` and the templates next to it name each other, both ways."""
    templates = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.jinja")}
    assert {override.name for override in show_overrides.overrides()} == templates
    assert all(override.reason for override in show_overrides.overrides())


@pytest.mark.parametrize("override", show_overrides.overrides(), ids=lambda o: o.name)
def test_the_originals_are_those_that_it_was_made_for(override: show_overrides.Override) -> None:
    """A change of the original, or of a stock template that ours imports, must be looked at."""
    assert not override.changed(show_overrides.STOCK), "compare them, then note their hashes"
    assert override.imports.keys() == show_overrides.imported_by(override.name)


def test_every_override_differs_from_stock() -> None:
    """A template that equals the generator's is none of ours."""
    for override in show_overrides.overrides():
        ours = (TEMPLATES / override.name).read_text("utf-8")
        assert ours != (show_overrides.STOCK / override.name).read_text("utf-8")


def test_differences_name_edited_missing_and_new_files(tmp_path: Path) -> None:
    """The report shows a file that one side lacks as well as one that was changed."""
    for side, files in {"a": ("same", "edit", "gone"), "b": ("same", "edit", "new")}.items():
        (tmp_path / side).mkdir()
        for name in files:
            text = f"{name}{side if name == 'edit' else ''}\n"
            (tmp_path / side / f"{name}.py").write_text(text)
    found = dict(differences(tmp_path / "a", tmp_path / "b", names=("a", "b")))
    assert sorted(found) == ["edit.py", "gone.py", "new.py"]
