"""The guide, looked at in a browser, opened as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tools import guide
from tools.documents import ROOT

if TYPE_CHECKING:
    from .conftest import Visit

pytestmark = pytest.mark.system
AXE = ROOT / "tools" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = sorted({*(page.stem for page in guide.DOCS.glob("*.md")), *(n[:-3] for n in guide.MADE)})
by_page = pytest.mark.parametrize("name", PAGES)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "site"
    guide.build(folder)
    return folder


@by_page
def test_no_request_leaves_a_page(name: str, site: Path, visit: Callable[..., Visit]) -> None:
    """A page loads nothing but files of the site, and complains of nothing."""
    seen = visit((site / f"{name}.html").as_uri())
    seen.page.wait_for_load_state("networkidle")
    root = site.as_uri()
    outside = [url for url in seen.requests if not url.startswith((root, "data:", "blob:"))]
    assert outside == []
    assert seen.complaints == []


# All pages in the light, and in the dark one of each kind: prose, tables, output.
SEEN = [(name, "light") for name in PAGES] + [(n, "dark") for n in ("index", "errors", "cli")]


@pytest.mark.parametrize(("name", "scheme"), SEEN)
def test_no_page_has_a_serious_accessibility_finding(
    name: str, scheme: str, site: Path, visit: Callable[..., Visit]
) -> None:
    """Axe finds nothing serious or critical."""
    page = visit((site / f"{name}.html").as_uri(), color_scheme=scheme).page
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run().then(result => result.violations)")
    grave = [
        (finding["id"], [node["html"][:120] for node in finding["nodes"][:3]])
        for finding in found
        if finding["impact"] in {"serious", "critical"}
    ]
    assert grave == []


@pytest.mark.parametrize(
    ("word", "page"),
    [
        ("slot_name", "fields.html"),
        ("DRS.M00304", "errors.html"),
        ("count-equals-results", "rules.html"),
    ],
)
def test_search_finds_fields_codes_and_rules(
    word: str, page: str, site: Path, visit: Callable[..., Visit]
) -> None:
    """Also when the page was opened as a file, without a server."""
    opened = visit((site / "index.html").as_uri()).page
    opened.keyboard.press("Control+k")
    opened.keyboard.type(word)
    opened.locator(f"a[href*='{page}']:visible", has_text=word).first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_guide_follows_the_readers_colour_scheme(
    scheme: str, site: Path, visit: Callable[..., Visit]
) -> None:
    """Dark means light text on a dark ground, and light the reverse."""
    page = visit((site / "index.html").as_uri(), color_scheme=scheme).page
    colour = page.evaluate(
        "getComputedStyle(document.querySelector('article p')).color.match(/[\\d.]+/g).map(Number)"
    )
    assert (sum(colour[:3]) > 382) == (scheme == "dark")


@by_page
def test_a_page_fits_a_narrow_screen(name: str, site: Path, visit: Callable[..., Visit]) -> None:
    """On a phone tables and code scroll by themselves, the page does not."""
    page = visit((site / f"{name}.html").as_uri(), viewport={"width": 390, "height": 844}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_menu_leads_to_the_reference(site: Path, visit: Callable[..., Visit]) -> None:
    """And the reference leads back."""
    page = visit((site / "index.html").as_uri()).page
    page.get_by_role("link", name="Reference", exact=True).first.click()
    page.get_by_role("heading", name="Data Replication Service").wait_for()
    page.get_by_role("link", name="The guide").click()
    page.get_by_role("heading", name="drs-sync-policy").wait_for()
