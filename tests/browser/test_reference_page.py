"""The reference page, looked at in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from drs_sync_policy import contract
from tools import reference

if TYPE_CHECKING:
    from .conftest import Visit

pytestmark = pytest.mark.system
OPERATION = "#/synchronization-policies/batchsetpolicy"


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


def test_every_field_value_and_status_is_shown(url: str, visit: Callable[..., Visit]) -> None:
    """What the contract says of the operation can be read on the page."""
    page = visit(url + OPERATION).page
    page.get_by_role("heading", name="Configure synchronization policies").wait_for()
    # Redoc fills the page in from the top; the last field of the request is the last to appear.
    page.locator("#redoc", has_text="slot_name").wait_for()
    text = page.locator("#redoc").text_content() or ""
    loaded = contract.load()
    schemas = loaded.document["components"]["schemas"]
    for name in ("SyncPolicyReq", "BatchSetPolicyResponse"):
        assert [field for field in schemas[name]["properties"] if field not in text] == []
    for name in ("ConflictPolicy", "FilterDdlPolicy", "Language"):
        described = schemas[name]["x-enumDescriptions"]
        assert [f for pair in described.items() for f in pair if f not in text] == []
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
