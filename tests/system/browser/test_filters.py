"""The filter of long pages of the guide, and links into what is folded there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Visit


@pytest.mark.parametrize(
    ("name", "entry", "word"),
    [
        ("faults", "td a.place", "another tenant"),
        ("rules", "article h3", "charset"),
        ("errors", "td a.place", "token"),
        ("api", "article h3", "timeout"),
        ("fields", "td a.place", "conflict"),
        # A subcommand is found by its name, which its rows do not have.
        ("cli", "article tbody tr", "merge"),
    ],
)
def test_a_long_page_is_filtered(
    name: str, entry: str, word: str, site: Path, visit: Callable[..., Visit]
) -> None:
    """Only what has the typed words stays, and the number of it is said; on a phone, too."""
    url = (site / f"{name}.html").as_uri()
    page = visit(url, viewport={"width": 390, "height": 844}).page
    every, groups = page.locator(f"{entry}:visible").count(), page.locator("h2:visible").count()
    page.get_by_role("searchbox", name="Find a").fill(word)
    kept = page.locator(f"{entry}:visible").count()
    assert 0 < kept < every / 4
    assert page.locator("h2:visible").count() < groups
    assert page.locator("p.filter output").inner_text() == f"{kept} of {every}"
    page.get_by_role("searchbox", name="Find a").fill("xyzzy")
    assert page.locator("h2:visible").count() == 0
    assert "0 of" in page.locator("p.filter output").inner_text()
    page.get_by_role("searchbox", name="Find a").fill("")
    assert page.locator(f"{entry}:visible").count() == every
    assert page.locator("h2:visible").count() == groups


@pytest.mark.parametrize("name", ["faults", "rules", "errors", "api", "fields", "cli"])
def test_the_filter_is_in_the_first_screen(
    name: str, site: Path, visit: Callable[..., Visit]
) -> None:
    """Of a computer and of a phone: who has to look for it scrolls through a long page instead."""
    for width, height in ((1440, 900), (390, 844)):
        size = {"width": width, "height": height}
        page = visit((site / f"{name}.html").as_uri(), viewport=size).page
        box = page.locator("input.filter").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= height


def test_what_a_filter_hides_leaves_no_gap(site: Path, visit: Callable[..., Visit]) -> None:
    """The theme puts each table into a box with a margin, which goes with its table."""
    page = visit((site / "cli.html").as_uri(), viewport={"width": 1440, "height": 900}).page
    page.locator(".md-typeset__scrollwrap").first.wait_for()
    page.get_by_role("searchbox", name="Find a").fill("xyzzy")
    assert page.locator(".md-typeset__scrollwrap:visible").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_link_to_a_rule_opens_its_example(
    scheme: str, site: Path, visit: Callable[..., Visit]
) -> None:
    """From another page and from the list above the rules; axe finds nothing in it.

    The other examples stay folded.
    """
    url = (site / "rules.html").as_uri()
    opened = """[...document.querySelectorAll('details[open]')].map(e => {
        while (!e.matches('h3')) e = e.previousElementSibling;
        return e.id; })"""
    assert visit(url).page.evaluate(opened) == []
    seen = visit(f"{url}#count-equals-results", color_scheme=scheme)
    page = seen.page
    page.get_by_text("A response that fails").locator("visible=true").first.wait_for()
    assert page.evaluate(opened) == ["count-equals-results"]
    assert seen.grave() == []
    page.locator("article table").get_by_role("link", name="later-items-win").click()
    page.wait_for_function(f"{opened}.includes('later-items-win')")
    top = page.locator("#later-items-win").bounding_box()
    assert top is not None
    assert 0 <= top["y"] < 720
