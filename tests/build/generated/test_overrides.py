"""Every template that differs from the generator's says why, and which original it replaced."""

from __future__ import annotations

from pathlib import Path

import openapi_python_client
import pytest

from tools import show_overrides

TEMPLATES = show_overrides.TEMPLATES


def test_every_override_has_its_entry_and_every_entry_its_override() -> None:
    """`UPSTREAM.toml` and the templates beside it name each other, both ways."""
    templates = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.jinja")}
    assert {override.name for override in show_overrides.overrides()} == templates
    assert all(override.reason for override in show_overrides.overrides())


@pytest.mark.parametrize("override", show_overrides.overrides(), ids=lambda o: o.name)
def test_the_original_is_the_one_that_was_overridden(override: show_overrides.Override) -> None:
    """A new release of the generator whose template changed must be looked at."""
    assert override.is_current, f"compare {override.name} with the generator's and note its hash"


def test_every_override_differs_from_stock() -> None:
    """A template that equals the generator's is none of ours."""
    stock = Path(openapi_python_client.__file__).parent / "templates"
    for override in show_overrides.overrides():
        ours = (TEMPLATES / override.name).read_text("utf-8")
        assert ours != (stock / override.name).read_text("utf-8")


def test_differences_name_edited_missing_and_new_files(tmp_path: Path) -> None:
    """The report shows a file that one side lacks as well as one that was changed."""
    for side, files in {"a": ("same", "edit", "gone"), "b": ("same", "edit", "new")}.items():
        (tmp_path / side).mkdir()
        for name in files:
            text = f"{name}{side if name == 'edit' else ''}\n"
            (tmp_path / side / f"{name}.py").write_text(text)
    found = dict(show_overrides.differences(tmp_path / "a", tmp_path / "b"))
    assert sorted(found) == ["edit.py", "gone.py", "new.py"]
