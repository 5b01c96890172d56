"""The guide, looked at in a browser, opened as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from drs_sync_policy import contract
from tools import guide
from tools.documents import ROOT
from tools.pages.command import options
from tools.pages.errors import found_codes
from tools.pages.fields import found_fields

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


SEARCHED = [
    ("retry", "recipes.html"),
    ("rate limit", "python.html"),
    ("changelog", "changelog.html"),
    *((name, "fields.html") for name, *_ in found_fields()),
    *((code, "errors.html") for code, *_ in found_codes()),
    *((name, "cli.html") for name, *_ in options()),
    *((rule.id, "rules.html") for rule in contract.load().rules),
]
FIRST = """() => [...document.querySelectorAll('*')].filter(e => e.shadowRoot)
    .map(e => e.shadowRoot.querySelector('a[role=option]')?.href ?? '').join('')"""


def test_search_finds_everything_with_the_right_page_first(
    site: Path, visit: Callable[..., Visit]
) -> None:
    """Each field, code, option and rule; also in a page that was opened as a file."""
    page = visit((site / "index.html").as_uri()).page
    page.keyboard.press("Control+k")
    assert len(dict.fromkeys(SEARCHED)) > 150
    for word, found in dict.fromkeys(SEARCHED):
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(word)
        query = f"h={quote(word)}".replace("%20", "+")
        page.wait_for_function(f"({FIRST})().replaceAll('%20', '+').includes({query!r})")
        assert f"/{found}?" in page.evaluate(FIRST), word


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
    page.get_by_role("link", name="drs-sync-policy").click()
    page.get_by_role("heading", name="drs-sync-policy").wait_for()
