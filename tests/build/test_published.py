"""The site keeps a page and a file for each released contract, and a link to the newest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools import published
from tools.documents import CONTRACT, read_document
from tools.editions import write_editions

pytestmark = pytest.mark.first


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site after two releases; the older one had no edition."""
    folder = tmp_path_factory.mktemp("published")
    releases = folder / "releases"
    releases.mkdir()
    text = CONTRACT.read_text("utf-8")
    for version in ("0.9.0", "0.10.0"):
        old = f"version: {read_document(CONTRACT)['info']['version']}"
        (releases / f"{version}.yaml").write_text(text.replace(old, f"version: {version}"), "utf-8")
    (edition,) = write_editions(releases)
    edition.rename(releases / "0.10.0.huawei-cloud.json")
    versions = published.write(folder / "site", folder=releases)
    assert list(versions.items()) == [("0.10.0", ["huawei-cloud"]), ("0.9.0", [])]
    return folder / "site" / "contract"


@pytest.mark.system  # it builds the reference three times
@pytest.mark.parametrize("version", ["0.9.0", "0.10.0", "0.10.0/huawei-cloud"])
def test_each_version_has_its_page_and_its_file(version: str, site: Path) -> None:
    """The file is the contract of that version, and the page shows it."""
    document = read_document(site / version / "openapi.yaml")
    page = (site / version / "index.html").read_text("utf-8")
    assert document["info"]["title"] in page
    if "/" not in version:
        assert document["info"]["version"] == version
        assert f'"version":"{version}"' in page


@pytest.mark.system  # it builds the reference three times
def test_latest_is_the_newest_version(site: Path) -> None:
    """By number, not by spelling; its files are the very same."""
    for name in ("index.html", "openapi.yaml", "huawei-cloud/index.html"):
        assert (site / "latest" / name).read_bytes() == (site / "0.10.0" / name).read_bytes()


def test_before_the_first_release_latest_leads_to_the_reference(tmp_path: Path) -> None:
    """The address is good from the start."""
    (tmp_path / "releases").mkdir()
    assert published.write(tmp_path, folder=tmp_path / "releases") == {}
    latest = tmp_path / "contract" / "latest"
    assert "../../reference/index.html" in (latest / "index.html").read_text("utf-8")
    assert (latest / "openapi.yaml").read_bytes() == CONTRACT.read_bytes()
    shutil.rmtree(latest)


def test_the_listing_links_to_every_version_and_edition() -> None:
    """The newest first, under its stable name, too."""
    text = published.listing({"2.0.0": ["moon"], "1.0.0": []})
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert [row.split(" | ")[0] for row in rows] == ["| latest", "| 2.0.0", "| 1.0.0"]
    assert "(latest/moon/index.html)" in rows[0]
    assert "moon" not in rows[2]
