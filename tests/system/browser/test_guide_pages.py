"""The guide, looked at in a browser, opened as files."""

from __future__ import annotations

import gzip
import http.server
import re
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

import pytest

from drs_sync_policy import contract
from drs_sync_policy.client.settings import VARIABLES
from tools import guide
from tools.pages.command import options
from tools.pages.errors import found_codes
from tools.pages.faults import found_faults
from tools.pages.fields import found_fields

if TYPE_CHECKING:
    from .conftest import Visit

PAGES = sorted({*(page.stem for page in guide.DOCS.glob("*.md")), *(n[:-3] for n in guide.MADE)})
by_page = pytest.mark.parametrize("name", PAGES)


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
    assert visit((site / f"{name}.html").as_uri(), color_scheme=scheme).grave() == []


def test_no_text_of_a_chart_is_cut_off(site: Path, visit: Callable[..., Visit]) -> None:
    """In the fonts that are here, every name and number is inside of its picture."""
    for width in (1440, 390):
        page = visit((site / "performance.html").as_uri(), viewport={"width": width, "height": 900})
        outside, seen = page.page.evaluate("""(() => {
            const texts = [...document.querySelectorAll('svg.chart text')];
            const all = texts.filter(e => e.checkVisibility());
            return [all.filter(e => {
                const box = e.getBBox(), {width, height} = e.ownerSVGElement.viewBox.baseVal;
                return box.x < 0 || box.x + box.width > width || box.y + box.height > height;
            }).map(e => e.textContent), all.length]; })()""")
        assert outside == []
        assert seen > 50


SEARCHED = [
    ("retry", "recipes.html"),
    ("rate limit", "python.html"),
    ("changelog", "changelog.html"),
    # The words of a fault's text lead to what is right, not to faults.
    ("wrong method", "rules.html"),
    ("crash", "rules.html"),
    ("another tenant", "rules.html"),
    ("unknown field", "rules.html"),
    ("Chinese message", "rules.html"),
    ("duplicate", "errors.html"),
    ("errors", "python.html"),
    ("how do I retry", "recipes.html"),
    ("install", "python.html"),
    ("flask", "implementer.html"),
    ("target profile", "target.html"),
    ("waivers", "target.html"),
    ("environment variables", "settings.html"),
    ("GitHub Actions", "recipes.html"),
    ("exit code", "cli.html"),
    ("baseline", "fuzzing.html"),
    *((name, "settings.html") for name in VARIABLES.values()),
    *((name, "fields.html") for name, *_ in found_fields()),
    *((code, "errors.html") for code, *_ in found_codes()),
    *((name, "cli.html") for name, *_ in options()),
    *((rule.id, "rules.html") for rule in contract.load().rules),
    *((name, "faults.html") for name, _ in found_faults()),
]
PARTS = 4
"""So many tests look for them: one needs over two minutes on a busy machine."""
FIRST = """() => [...document.querySelectorAll('*')].filter(e => e.shadowRoot)
    .map(e => e.shadowRoot.querySelector('a[role=option]')?.href ?? '').join('')"""


@pytest.mark.parametrize("part", range(PARTS))
def test_search_finds_everything_with_the_right_page_first(
    part: int, site: Path, visit: Callable[..., Visit]
) -> None:
    """Each field, code, option, rule and fault; also in a page that was opened as a file."""
    words = list(dict.fromkeys(SEARCHED))[part::PARTS]
    assert len(words) > 100
    page = visit((site / "index.html").as_uri()).page
    page.keyboard.press("Control+k")
    for word, found in words:
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(word)
        # The address follows what is typed at once, the results a moment later: wait for both.
        query = f"/{found}?h={quote(word)}".replace("%20", "+")
        arrived = f"({FIRST})().replaceAll('%20', '+').includes({query!r})"
        page.wait_for_function(arrived, timeout=10_000)


def test_the_guide_and_the_api_reference_share_the_choice_of_colours(
    site: Path, visit: Callable[..., Visit]
) -> None:
    """What a reader chooses on one of them is kept on the other, against the system's scheme."""
    start, reference = (site / "index.html").as_uri(), (site / "reference/index.html").as_uri()
    for scheme, other in (("light", "dark"), ("dark", "light")):
        page = visit(start, color_scheme=scheme).page
        page.locator("label[title^=Switch]:visible").click()
        page.goto(reference)
        page.locator(f"html.{other} #redoc h1").first.wait_for()
        page.get_by_test_id("color-mode-switcher").click()
        page.locator(f"html.{scheme}").wait_for()
        page.goto(start)
        name = {"light": "default", "dark": "slate"}[scheme]
        page.locator(f"body[data-md-color-scheme={name}]").wait_for()


def test_a_search_that_finds_nothing_says_what_finds_more(
    site: Path, visit: Callable[..., Visit]
) -> None:
    """Below "No results", and only there."""
    seen = visit((site / "index.html").as_uri())
    status = seen.page.locator("[role=status]").filter(has_text="result")
    hint = "e => getComputedStyle(e, '::after').content"
    seen.page.keyboard.press("Control+k")
    for typed, said in (("xyzzy", True), ("retry", False), ("xyzzy", True)):
        seen.page.keyboard.press("Control+a")
        seen.page.keyboard.insert_text(typed)
        shown = "([e, said]) => (getComputedStyle(e, '::after').content !== 'none') === said"
        seen.page.wait_for_function(shown, arg=[status.element_handle(), said])
        assert ("as it is written" in status.evaluate(hint)) is said
    assert seen.complaints == []


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
    """On a phone code scrolls by itself, the page does not, and no table is cut off."""
    page = visit((site / f"{name}.html").as_uri(), viewport={"width": 390, "height": 844}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cut = """[...document.querySelectorAll('.md-typeset__scrollwrap')]
        .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.slice(0, 60))"""
    assert page.evaluate(cut) == []


def test_on_a_phone_a_cell_begins_with_the_name_of_its_column(
    site: Path, visit: Callable[..., Visit]
) -> None:
    """And a chart is as wide as the screen; on a wide screen the table has its head."""
    shown = "getComputedStyle(document.querySelector('td:nth-child(2)'), '::before').content"
    head = "getComputedStyle(document.querySelector('thead')).display"
    url = (site / "errors.html").as_uri()
    phone = visit(url, viewport={"width": 390, "height": 844}).page
    assert phone.evaluate(shown) == '"Status: "'
    assert phone.evaluate(head) == "none"
    wide = visit(url, viewport={"width": 1440, "height": 900}).page
    assert wide.evaluate(shown) == "none"
    assert wide.evaluate(head) == "table-header-group"
    page = visit((site / "performance.html").as_uri(), viewport={"width": 390, "height": 844}).page
    ends = "[...document.querySelectorAll('svg.chart text')].map(e => e.getBoundingClientRect())"
    assert page.evaluate(f"Math.max(...{ends}.map(box => box.right))") <= 390


COVERED = """[...document.querySelectorAll('.md-code__nav')].flatMap(nav => {
    if (!nav.checkVisibility()) return [];
    const code = nav.closest('.highlight').querySelector('code');
    const box = code.getBoundingClientRect(), button = nav.getBoundingClientRect(), found = [];
    const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    for (let text; (text = texts.nextNode());) {
        const range = document.createRange();
        range.selectNodeContents(text);
        for (const part of text.data.trim() ? range.getClientRects() : []) {
            const right = Math.min(part.right, box.right), left = Math.max(part.left, box.left);
            const aside = right <= button.left + 1 || left >= button.right - 1;
            const apart = part.bottom <= button.top + 1 || part.top >= button.bottom - 1;
            if (!aside && !apart) found.push(text.data);
        }
    }
    return found; })"""
"""The texts of code that are below a button."""


@pytest.mark.parametrize("width", [1440, 768, 390])
def test_the_button_that_copies_covers_no_code(
    width: int, site: Path, visit: Callable[..., Visit]
) -> None:
    """On pages with long lines, which scroll: next to the button, or below it on a phone."""
    for name in ("sandbox", "shell", "authentication", "recipes"):
        size = {"width": width, "height": 900}
        page = visit((site / f"{name}.html").as_uri(), viewport=size).page
        assert page.locator(".md-code__nav").count() > 0
        assert page.evaluate(COVERED) == []


def test_the_first_screen_of_the_first_page_has_a_command_with_its_output(
    site: Path, visit: Callable[..., Visit]
) -> None:
    """On a computer; on a phone the command is there, and its output begins."""
    for width, height in ((1440, 900), (390, 844)):
        size = {"width": width, "height": height}
        page = visit((site / "index.html").as_uri(), viewport=size).page
        output = page.locator(".output").first.bounding_box()
        assert output is not None
        seen = output["height"] if width > height else 40
        assert output["y"] + seen <= height


def test_the_menu_leads_to_the_reference(site: Path, visit: Callable[..., Visit]) -> None:
    """And the reference leads back."""
    page = visit((site / "index.html").as_uri()).page
    page.get_by_role("link", name="Reference", exact=True).first.click()
    page.get_by_role("heading", name="Data Replication Service").wait_for()
    page.get_by_role("link", name="drs-sync-policy").click()
    page.get_by_role("heading", name="drs-sync-policy").wait_for()


def test_copy_takes_commands_only(site: Path, visit: Callable[..., Visit]) -> None:
    """What a button copies can be pasted into a shell: no prompt and no output."""
    for name in ("index", "shell", "sandbox", "cli"):
        options = {"permissions": ["clipboard-read", "clipboard-write"]}
        with _served(site) as url:
            page = visit(f"{url}/{name}.html", **options).page
            blocks = page.locator(".highlight:not(.no-copy):visible")
            assert blocks.count() > 0
            for number in range(min(blocks.count(), 5)):
                block = blocks.nth(number)
                block.hover()
                block.locator("button").first.click()
                copied = page.evaluate("navigator.clipboard.readText()")
                assert copied.strip() == block.locator("code").inner_text().strip()
                assert not re.search(r"^\$ ", copied, re.MULTILINE)
            assert page.locator(".output button").count() == 0


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The URL of a server of the folder, until the block ends; unknown paths get the 404 page."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def send_error(self, code: int, *_: object, **__: object) -> None:
            content = next(folder.rglob("404.html")).read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    handler = partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_404_page_leads_on_below_a_path(
    tmp_path: Path, visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for an address that is several folders deep, with its styles."""
    monkeypatch.setenv("SITE_URL", "https://docs.example.org/drs/")
    guide.build(tmp_path / "drs")
    with _served(tmp_path) as url:
        page = visit(f"{url}/drs/nowhere/at/all.html").page
        page.get_by_role("heading", name="Page not found").wait_for()
        assert page.evaluate("getComputedStyle(document.querySelector('.md-header')).position") in (
            "sticky",
            "fixed",
        )
        page.get_by_role("link", name="Error codes").last.click()
        page.get_by_role("heading", name="Error codes").first.wait_for()
        assert page.url == f"{url}/drs/errors.html"


def test_the_404_page_searches_and_suggests_the_nearest_page(
    tmp_path: Path, visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For an address that is nearly right; for another, nothing is suggested."""
    monkeypatch.setenv("SITE_URL", "https://docs.example.org/drs/")
    guide.build(tmp_path / "drs")
    with _served(tmp_path) as url:
        page = visit(f"{url}/drs/trouble-shooting/").page
        page.get_by_role("button", name="Search the site").click()
        page.get_by_role("textbox").or_(page.get_by_role("combobox")).first.wait_for()
        page.keyboard.press("Escape")
        page.locator("#nearest a").click()
        page.wait_for_url(f"{url}/drs/troubleshooting.html")
        page.goto(f"{url}/drs/xyzzy")
        assert page.locator("#nearest").inner_text() == ""


def test_a_code_as_it_is_typed_leads_to_its_row(site: Path, visit: Callable[..., Visit]) -> None:
    """`#DRS.M00304` works, and so does the anchor of older links."""
    for anchor in ("DRS.M00304", "drs-m00304"):
        page = visit(f"{(site / 'errors.html').as_uri()}#{anchor}").page
        row = page.locator("tr", has=page.locator(f"[id='{anchor}']"))
        page.wait_for_function(
            "row => row.getBoundingClientRect().top >= 0 && row.getBoundingClientRect().top < 720",
            arg=row.element_handle(),
        )
        assert "current task status" in row.inner_text()


CONFIG = tomllib.loads(guide.CONFIG.read_text("utf-8"))["project"]
GUIDES = {"index.md", *(p for e in CONFIG["nav"][1]["Guides"] for p in e.values())}


@by_page
def test_a_page_is_light(name: str, site: Path, visit: Callable[..., Visit]) -> None:
    """A guide has less than 300 KB, any other page less than 550 KB; compressed, less than 110 KB.

    All files that a page loads when it is opened are counted, besides those of the search: its
    index and its worker.
    """
    seen = visit((site / f"{name}.html").as_uri())
    seen.page.wait_for_load_state("networkidle")
    urls = [url for url in seen.requests if url.startswith("file:") and "search" not in url]
    files = [Path(unquote(urlsplit(url).path)) for url in urls]
    most = 300_000 if f"{name}.md" in GUIDES else 550_000
    assert sum(file.stat().st_size for file in files) < most
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 110_000


def test_what_the_script_of_the_theme_shows_has_its_styles(
    site: Path, visit: Callable[..., Visit]
) -> None:
    """Classes that are in no page are kept: the menu, the title of a page, what "copy" says."""
    page = visit((site / "shell.html").as_uri(), viewport={"width": 390, "height": 844}).page
    shown = "document.querySelector('.md-nav--primary').getBoundingClientRect().left >= 0"
    assert not page.evaluate(shown)
    page.locator("label.md-header__button[for=__drawer]").click()
    page.wait_for_function(shown)
    page = visit((site / "shell.html").as_uri()).page
    opacity = "e => getComputedStyle(document.querySelector(e)).opacity === '1'"
    assert not page.evaluate(opacity, ".md-dialog")
    page.locator(".highlight:not(.no-copy)").first.hover()
    button = page.locator(".highlight button").first
    icon = "e => getComputedStyle(e, '::after').maskImage"
    assert button.evaluate(icon).startswith("url(")
    button.click()
    page.wait_for_function(opacity, arg=".md-dialog")
    title = ".md-header__topic + .md-header__topic"
    assert not page.evaluate(opacity, title)
    page.mouse.wheel(0, 2000)
    page.wait_for_function(opacity, arg=title)
