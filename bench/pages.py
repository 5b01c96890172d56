"""How soon a page shows something in a browser, compared with the page that Redoc makes by itself.

    python -m bench pages [-- --rounds 10 --strict]

Debian's Chromium opens each page once in each round, in a context of its own, so that nothing is
cached; the order is random. It measures the first contentful paint; the slowest page comes first.
The pages are read from files, and a request to any other place is blocked: only Redoc's own page
makes one.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.measure import Bound, Ratio, closing, in_turns, parser, table, where_and_when
from drs_sync_policy import sandbox
from tools import guide
from tools.documents import CONTRACT
from tools.programs import node_environment, node_tool

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

REDOC: Final = "Redoc's own page"
MOST: Final = 1.0
"""Seconds until each of our pages shows something."""
_PAINT: Final = """() => new Promise(done => new PerformanceObserver(
    list => list.getEntriesByName('first-contentful-paint').forEach(e => done(e.startTime))
).observe({type: 'paint', buffered: true}))"""


@contextmanager
def pages() -> Iterator[Mapping[str, str]]:
    """The URL of each page, Redoc's first."""
    with tempfile.TemporaryDirectory() as name, sandbox.running() as server:
        folder = Path(name)
        guide.build(folder / "site")
        redoc = folder / "redoc.html"
        command = [node_tool("redocly"), "build-docs", str(CONTRACT), "--inlineBundle"]
        subprocess.run([*command, "--output", str(redoc)], check=True, capture_output=True,
                       env=node_environment())  # fmt: skip
        report = [sys.executable, "-m", "drs_sync_policy", "fuzz", "--sandbox", "--budget", "1"]
        # It has no violation; on a busy machine too little was checked (6). The report is the same.
        done = subprocess.run([*report, "--report", str(folder / "report")], check=False,
                              capture_output=True)  # fmt: skip
        if done.returncode not in {0, 6}:
            raise SystemExit(f"the report could not be made: {done.stderr.decode()}")
        site = folder / "site"
        yield {
            REDOC: redoc.as_uri(),
            "the reference again (A/A)": redoc.as_uri(),
            "reference": (site / "reference" / "index.html").as_uri(),
            "report of fuzz": (folder / "report" / "report.html").as_uri(),
            "console of the sandbox": server.url + "/",
            **{page.name: page.as_uri() for page in sorted(site.glob("*.html"))},
        }


def main() -> int:
    """Measure, and print the table and the bounds."""
    chosen = parser(__doc__, rounds=10).parse_args()
    print(f"## Pages\n\n{where_and_when()}; {chosen.rounds} rounds, each page once in each.\n")
    with chromium() as browser, pages() as urls:
        seconds = measure(browser, urls, chosen.rounds)
    ratios = {name: Ratio.between(own, seconds[REDOC]) for name, own in seconds.items()}
    ordered = sorted(seconds.items(), key=lambda entry: -statistics.median(entry[1]))
    rows = [
        [name, f"{statistics.median(own) * 1e3:.0f}", f"{max(own) * 1e3:.0f}", str(ratios[name])]
        for name, own in ordered
    ]
    header = ["page", "first content ms", "at worst", "/ Redoc's own (95 %)"]
    print(table(header, rows))
    bounds = [
        Bound(f"{name}, seconds", Ratio.of(own), MOST) for name, own in list(seconds.items())[2:]
    ]
    return closing(bounds, strict=chosen.strict)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright; `SystemExit` where either is not installed."""
    program = shutil.which("chromium")
    if program is None or find_spec("playwright") is None:
        raise SystemExit("Chromium and Playwright are needed: run `make setup-system`")
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


def measure(
    browser: Browser, urls: Mapping[str, str], rounds: int
) -> Mapping[str, Sequence[float]]:
    """Seconds until each page showed something, round by round."""
    for url in urls.values():
        _first_content(browser, url)
    return in_turns(urls, rounds, lambda url: _first_content(browser, url))


def _first_content(browser: Browser, url: str) -> float:
    context = browser.new_context()
    context.route("**/*", _only_ours)
    page = context.new_page()
    page.goto(url, wait_until="commit")
    milliseconds: float = page.evaluate(_PAINT)
    context.close()
    return milliseconds / 1e3


def _only_ours(route: Route) -> None:
    if route.request.url.startswith(("file:", "http://127.0.0.1:", "data:", "blob:")):
        route.continue_()
    else:
        route.abort()


if __name__ == "__main__":
    sys.exit(main())
