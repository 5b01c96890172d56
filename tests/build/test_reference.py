"""`tools/reference.py`: the reference page, read as a file. How it looks: tests/system/browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from drs_sync_policy import contract
from tests.html import Reader
from tools import reference
from tools.documents import CONTRACT

pytestmark = pytest.mark.first


@pytest.fixture(scope="module", params=contract.editions())
def edition(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(site: Path, edition: str) -> Path:
    """Where the page of an edition lies."""
    root = site / "reference"
    return root if edition == contract.BASE_EDITION else root / edition


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return (folder / "index.html").read_text("utf-8")


def test_the_page_fetches_nothing(html: str) -> None:
    """No element names anything to fetch but what stands in the page itself."""
    page = Reader(html)
    assert page.fetched, "the parser found no element that fetches: it reads the page wrongly"
    assert [url for url in page.fetched if not url.startswith("data:")] == []
    styles = "".join(re.findall(r"<style\b[^>]*>(.*?)</style>", html, re.DOTALL))
    assert "@import" not in styles
    assert re.findall(r"url\((?!['\"]?data:)[^)]{0,80}", styles) == []
    assert "cdn.redoc.ly" not in html


def test_the_policy_lets_no_request_out(html: str) -> None:
    """Even a script that tried to could not: nothing may be fetched from anywhere."""
    policy = Reader(html).policy
    assert policy["default-src"] == policy["connect-src"] == policy["form-action"] == ["'none'"]
    assert policy["img-src"] == policy["font-src"] == ["data:"]
    sources = {source for sources in policy.values() for source in sources}
    assert not [source for source in sources if "http" in source or source in {"*", "'self'"}]


def test_only_the_scripts_of_the_page_may_run(html: str) -> None:
    """Each script's hash is in the policy, and nothing else is."""
    allowed = Reader(html).policy["script-src"]
    assert allowed == reference.script_hashes(html)
    assert len(allowed) == 4
    assert all(re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", source) for source in allowed)


def test_the_hash_is_the_one_browsers_compute() -> None:
    """SHA-256 of the text between the tags, in base64, as CSP Level 3 has it."""
    expected = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
    assert reference.script_hashes("<script>alert('Hello, world.');</script>") == [expected]


def test_telemetry_is_off(html: str) -> None:
    """A published page does not report its readers."""
    assert re.search(r'__redoc_options = \{[^\n]*"disableTelemetry":true', html)


def test_the_contract_lies_beside_the_page(folder: Path, edition: str, html: str) -> None:
    """It can be downloaded, and says what the shipped contract of the edition says."""
    assert "openapi.yaml" in Reader(html).links
    beside = folder / "openapi.yaml"
    assert yaml.safe_load(beside.read_text("utf-8")) == contract.load(edition).document
    if edition == contract.BASE_EDITION:
        assert beside.read_bytes() == CONTRACT.read_bytes()


def test_the_guide_is_one_click_away(folder: Path, site: Path, html: str) -> None:
    """The links out of the page lead into the site that it is part of."""
    links = [link for link in Reader(html).links if link.startswith("..")]
    assert links
    for link in links:
        assert (folder / link).resolve().parent == site


def test_a_reader_without_scripts_is_told_where_to_look(html: str) -> None:
    """The page says what is missing and links to the contract."""
    notice = re.search(r"<noscript>(.*?)</noscript>", html, re.DOTALL)
    assert notice
    assert 'href="openapi.yaml"' in notice[1]


def test_the_page_is_of_its_edition(html: str, edition: str) -> None:
    """Title, version and every schema stand in the page's definition."""
    loaded = contract.load(edition)
    assert f"<title>{loaded.title}</title>" in html
    assert f'"version":"{loaded.version}"' in html
    for name in loaded.document["components"]["schemas"]:
        assert f'"title":"{name}"' in html
