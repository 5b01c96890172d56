"""A real browser for the pages: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from attrs import Factory, define

from tools.documents import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = ROOT / "tools" / "node_modules" / "axe-core" / "axe.min.js"


@define
class Visit:
    """An open page with what it asked for and what it complained about."""

    page: Page
    requests: list[str] = Factory(list)
    complaints: list[str] = Factory(list)

    def axe(self, part: str = "document") -> list[dict[str, Any]]:
        """What axe finds in a part of the page."""
        self.page.evaluate(AXE.read_text("utf-8"))
        run = f"axe.run({part}).then(result => result.violations)"
        found: list[dict[str, Any]] = self.page.evaluate(run)
        return found

    def grave(self) -> list[tuple[str, list[str]]]:
        """What axe finds that is serious or critical, with the first elements that show it."""
        return [
            (finding["id"], [node["html"][:120] for node in finding["nodes"][:3]])
            for finding in self.axe()
            if finding["impact"] in {"serious", "critical"}
        ]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One per module: Playwright's event loop would hinder the tests of other modules."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    assert chromium, "the browser tests need Debian's chromium: run `make setup-system`"
    options = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=options)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens a page; options are those of a browser context, such as `color_scheme`."""
    contexts = []

    def open_page(url: str, **options: Any) -> Visit:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        visited = Visit(page)
        page.on("request", lambda request: visited.requests.append(request.url))
        page.on("pageerror", lambda error: visited.complaints.append(str(error)))
        page.on("console", lambda message: _note(visited, message.type, message.text))
        page.goto(url)
        return visited

    yield open_page
    for context in contexts:
        context.close()


def _note(visited: Visit, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        visited.complaints.append(text)
