"""The fuzzer's report, looked at in a browser, opened as a file."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drs_sync_policy import contract, sandbox
from drs_sync_policy.cli import exits
from tests.processes import completed

if TYPE_CHECKING:
    from .conftest import Visit

FAULTS = ("answers-202",)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on a sandbox that violates a rule."""
    return _report(tmp_path_factory.mktemp("report"), "fuzz", "--budget", "0")


@pytest.fixture(scope="module")
def report_of_load(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a load, with its charts."""
    return _report(tmp_path_factory.mktemp("load"), "load", "--duration", "4")


def _report(folder: Path, *arguments: str) -> Path:
    program = str(Path(sys.executable).with_name("drs-sync-policy"))
    with sandbox.running(faults=FAULTS) as server:
        target = folder / "target.toml"
        target.write_text(sandbox.to_toml(sandbox.target_profile(server.url)), "utf-8")
        done = completed([program, *arguments, "--target", str(target), "--report", str(folder)])
    assert done.returncode == exits.BROKEN, done.stderr
    return folder / "report.html"


def test_the_report_sends_no_request(report: Path, visit: Callable[..., Visit]) -> None:
    """One file, with nothing to load and nothing to complain of."""
    seen = visit(report.as_uri())
    seen.page.wait_for_load_state("networkidle")
    assert [url for url in seen.requests if not url.startswith("data:")] == [report.as_uri()]
    assert seen.complaints == []


def test_the_report_shows_every_rule(report: Path, visit: Callable[..., Visit]) -> None:
    """Passed, failed or not checked: each is there by its id."""
    text = visit(report.as_uri()).page.locator("body").text_content() or ""
    assert [rule.id for rule in contract.load().rules if rule.id not in text] == []


@pytest.mark.parametrize("of", ["report", "report_of_load"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_has_no_serious_accessibility_finding(
    scheme: str, of: str, visit: Callable[..., Visit], request: pytest.FixtureRequest
) -> None:
    """Axe finds nothing serious or critical."""
    seen = visit(request.getfixturevalue(of).as_uri(), color_scheme=scheme)
    seen.page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
    assert seen.grave() == []


@pytest.mark.parametrize("of", ["report", "report_of_load"])
def test_the_report_fits_a_narrow_screen(
    of: str, visit: Callable[..., Visit], request: pytest.FixtureRequest
) -> None:
    """Long requests scroll by themselves, the page does not."""
    page = visit(request.getfixturevalue(of).as_uri(), viewport={"width": 390, "height": 844}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_report_of_one_fault_is_short(report: Path, visit: Callable[..., Visit]) -> None:
    """At most three screens, and a finding opens by its link without a script."""
    assert report.stat().st_size < 150_000
    page = visit(report.as_uri(), viewport={"width": 1440, "height": 900}).page
    assert page.evaluate("document.documentElement.scrollHeight") <= 3 * 900
    page.locator("ol.list a").first.click()
    page.locator("details.finding[open], details.finding summary").first.click()
    assert page.locator("details.finding .bad").first.is_visible()


def test_everything_is_printed(report: Path, visit: Callable[..., Visit]) -> None:
    """What is folded on the screen is on paper."""
    page = visit(report.as_uri()).page
    page.emulate_media(media="print")
    assert page.locator("details.finding .bad").first.is_visible()


def test_expected_is_green_and_received_is_red(report: Path, visit: Callable[..., Visit]) -> None:
    """The colors of the two parts, and each has its name in words."""
    page = visit(report.as_uri(), color_scheme="light").page
    page.locator("details.finding summary").first.click()
    colors = {}
    for part in ("good", "bad"):
        found = page.locator(f".{part}").first
        style = found.evaluate("element => getComputedStyle(element).borderLeftColor")
        colors[part] = [int(number) for number in re.findall(r"\d+", style)]
    assert max(colors["good"]) == colors["good"][1]
    assert max(colors["bad"]) == colors["bad"][0]
    assert page.locator(".good b").first.inner_text() == "expected"
    assert page.locator(".bad b").first.inner_text() == "received"
