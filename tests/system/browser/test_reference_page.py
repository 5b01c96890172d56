"""The reference page, looked at in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from drs_sync_policy import contract
from tools import reference

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Visit

OPERATION = "#/other/batchsetpolicy"


def _show_fields(page: Page) -> None:
    """Scroll until the last field is there: Redoc fills in what is near the screen."""
    page.get_by_role("heading", name="Configure synchronization policies").wait_for()
    last = page.locator("#redoc", has_text="slot_name")
    for _ in range(100):
        if last.count():
            return
        page.mouse.wheel(0, 100)
        page.wait_for_timeout(100)
    last.wait_for()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return reference.write(tmp_path_factory.mktemp("site"))[0].as_uri()


def test_opening_it_sends_no_request_and_raises_no_complaint(
    url: str, visit: Callable[..., Visit]
) -> None:
    """From a file, without a server: the page itself is all that is loaded."""
    seen = visit(url + OPERATION)
    seen.page.get_by_role("heading", name="Configure synchronization policies").wait_for()
    asked = [request for request in seen.requests if not request.startswith("data:")]
    assert asked == [url]
    assert seen.complaints == []


def test_the_operations_are_open_below_the_introduction(
    url: str, visit: Callable[..., Visit]
) -> None:
    """The menu lists them, and the first begins within two screens, with its request."""
    page = visit(url, viewport={"width": 1440, "height": 900}).page
    for operation in contract.load().operations:
        page.locator(".menu-content a", has_text=operation.summary).wait_for()
    # Redoc fills in what is near the screen.
    page.mouse.wheel(0, 900)
    heading = page.get_by_role("heading", name="Configure synchronization policies")
    heading.wait_for()
    page.locator("pre", has_text="curl --fail-with-body").first.wait_for()
    box = heading.bounding_box()
    assert box is not None
    assert box["y"] < 900


def test_every_field_value_and_status_is_shown(url: str, visit: Callable[..., Visit]) -> None:
    """What the contract says of the operation can be read on the page."""
    page = visit(url + OPERATION).page
    page.get_by_role("heading", name="Configure synchronization policies").wait_for()
    _show_fields(page)
    page.get_by_role("heading", name="Responses").first.scroll_into_view_if_needed()
    page.locator("#redoc", has_text="The number of results.").wait_for()
    text = page.locator("#redoc").text_content() or ""
    loaded = contract.load()
    schemas = loaded.document["components"]["schemas"]
    for name in ("SyncPolicyReq", "BatchSetPolicyResponse"):
        assert [field for field in schemas[name]["properties"] if field not in text] == []
    for name in ("ConflictPolicy", "FilterDdlPolicy", "Language"):
        described = schemas[name]["x-enumDescriptions"]
        assert [f for pair in described.items() for f in pair if f not in text] == []
    assert "case 1" not in text
    statuses = [str(status) for status in loaded.operations[0].responses]
    assert [status for status in statuses if status not in text] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_readers_colour_scheme(
    scheme: str, url: str, visit: Callable[..., Visit]
) -> None:
    """Dark means light text on a dark ground, and light the reverse."""
    page = visit(url, color_scheme=scheme).page
    page.get_by_role("heading", name="Data Replication Service").wait_for()
    colour = page.evaluate(
        "getComputedStyle(document.querySelector('#redoc h1')).color.match(/[\\d.]+/g).map(Number)"
    )
    assert (sum(colour[:3]) > 382) == (scheme == "dark")


def test_it_fits_a_narrow_screen(url: str, visit: Callable[..., Visit]) -> None:
    """On a phone nothing makes the whole page scroll sideways."""
    page = visit(url + OPERATION, viewport={"width": 390, "height": 844}).page
    page.get_by_role("heading", name="Configure synchronization policies").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_code_samples_are_reached_by_keyboard(url: str, visit: Callable[..., Visit]) -> None:
    """Tab leads to the choice of language, to the button that copies, and to the sample itself."""
    page = visit(url + OPERATION).page
    _show_fields(page)
    page.locator("pre", has_text="curl --fail-with-body").first.wait_for()
    reached: list[str] = []
    for _ in range(300):  # past the menu, the rules and the fields
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText.trim().slice(0, 21)"))
        if reached[-1] == "curl --fail-with-body":
            break
    assert "curl" in reached
    assert reached[-1] == "curl --fail-with-body"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility_is_no_worse_than_redoc_itself(
    scheme: str, url: str, visit: Callable[..., Visit]
) -> None:
    """Text has enough contrast; nothing critical; what else axe finds, Redoc itself has (6)."""
    seen = visit(url + OPERATION, color_scheme=scheme)
    _show_fields(seen.page)
    seen.page.locator("pre", has_text="curl --fail-with-body").first.wait_for()
    found = seen.axe()
    assert [finding["id"] for finding in found if finding["impact"] == "critical"] == []
    faint = [f["nodes"] for f in found if f["id"] == "color-contrast"]
    assert [node["html"][:120] for nodes in faint for node in nodes] == []
    assert sum(len(finding["nodes"]) for finding in found) <= 6
    assert [finding["id"] for finding in seen.axe("'nav.ours'")] == []


def test_the_rules_and_the_codes_are_links(url: str, visit: Callable[..., Visit]) -> None:
    """Every rule is on the page and leads to its section; a code leads to its row."""
    page = visit(url + OPERATION).page
    page.get_by_text("Rules of this operation").first.click()
    for rule in contract.load().operations[0].rules:
        page.locator(f"#redoc a[href='../rules.html#{rule.id}']").first.wait_for()
    page.locator("#redoc a[href='../errors.html#DRS.M00304']").first.wait_for()


def test_the_bar_with_the_way_back_stays(url: str, visit: Callable[..., Visit]) -> None:
    """Also at the end of a long page; no link of the page leads to the root of the server."""
    page = visit(url + OPERATION).page
    _show_fields(page)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    bar = page.get_by_role("link", name="drs-sync-policy")
    page.wait_for_function("window.scrollY > 500")
    box = bar.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 40


def test_the_links_of_the_menu_can_be_opened_in_a_new_tab(
    url: str, visit: Callable[..., Visit]
) -> None:
    """Each leads to this page, and from there to its operation; none to the root of a server."""
    page = visit(url).page
    page.wait_for_function("document.querySelectorAll('.menu-content a[href^=\"#/\"]').length > 2")
    links = page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
    assert [link for link in links if link.startswith("/")] == []
    for operation in contract.load().operations:
        item = page.locator(".menu-content a", has_text=operation.summary)
        opened = visit(url + (item.get_attribute("href") or "")).page
        title = opened.get_by_role("heading", name=operation.summary)
        title.wait_for()
        opened.wait_for_function(
            "title => Math.abs(title.getBoundingClientRect().top) < 450", arg=title.element_handle()
        )


def test_no_word_of_the_title_is_broken_on_a_phone(url: str, visit: Callable[..., Visit]) -> None:
    """The longest word fits into its line."""
    page = visit(url, viewport={"width": 390, "height": 844}).page
    page.get_by_role("heading", name="Data Replication Service").wait_for()
    fits = page.evaluate("(() => { const h = document.querySelector('#redoc h1');"
                         " return h.scrollWidth <= h.clientWidth; })()")  # fmt: skip
    assert fits
