"""Whole builds of the site with something else about them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.html import Reader
from tools import guide


def test_a_site_with_an_address_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Canonical links, sitemap and robots have the address, and the 404 page works below a path."""
    monkeypatch.setenv("SITE_URL", "https://docs.example.org/drs")
    guide.build(tmp_path / "site")
    page = (tmp_path / "site" / "python.html").read_text("utf-8")
    assert '<link rel="canonical" href="https://docs.example.org/drs/python.html">' in page
    assert "/drs/errors.html" in (tmp_path / "site" / "sitemap.xml").read_text("utf-8")
    assert "/drs/sitemap.xml" in (tmp_path / "site" / "robots.txt").read_text("utf-8")
    missing = Reader((tmp_path / "site" / "404.html").read_text("utf-8"))
    assert "/drs/errors.html" in missing.links
    assert [url for url in missing.fetched if not url.startswith(("/drs/", "data:"))] == []


def test_a_site_with_a_repository_links_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the header, the footer and the clone command; its host is not asked for stars."""
    monkeypatch.setenv("SOURCE_URL", "https://code.example.org/drs/")
    guide.build(tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert Reader(page).links.count("https://code.example.org/drs") >= 2
    assert "git clone https://code.example.org/drs drs-sync-policy" in re.sub(r"<[^>]*>", "", page)
    for written in (tmp_path / "site").rglob("*.html"):
        assert 'data-md-component="source"' not in written.read_text("utf-8")


def test_a_broken_link_fails_the_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A link to a page or a heading that is not there is an error, not a surprise for readers."""
    docs = tmp_path / "docs"
    shutil.copytree(guide.DOCS, docs)
    page = docs / "architecture.md"
    links = "\n[broken](nowhere.md)\n[broken](decisions.md#decision-99)\n"
    page.write_text(page.read_text("utf-8") + links, "utf-8")
    with pytest.raises(SystemExit, match="could not be built"):
        guide.build(tmp_path / "site", docs=docs)
    said = capsys.readouterr().err
    assert "page does not exist" in said
    assert "anchor does not exist" in said
    assert not (tmp_path / "site").exists()
