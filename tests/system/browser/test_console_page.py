"""The sandbox's console, used in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from drs_sync_policy import contract, sandbox
from drs_sync_policy.sandbox import Running, console

if TYPE_CHECKING:
    from .conftest import Visit

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with sandbox.running() as running:
        yield running


def test_a_call_is_tried_without_leaving_the_sandbox(
    server: Running, visit: Callable[..., Visit]
) -> None:
    """What the page offers is sent as it stands, is let in, and nobody else is asked anything."""
    seen = visit(server.url + console.PATH)
    seen.page.get_by_role("button", name="Test Request").first.click()
    client = seen.page.get_by_role("dialog")
    with seen.page.expect_response("**/jobs/batch-sync-policy") as caught:
        client.get_by_role("button", name="Send").first.click()
    assert caught.value.status == 200
    client.get_by_text("200 OK").wait_for()
    seen.page.wait_for_load_state("networkidle")
    outside = [url for url in seen.requests if not url.startswith((server.url, "data:", "blob:"))]
    assert outside == []
    assert seen.complaints == []
    job = server.tenants[0].job_ids[0]
    assert caught.value.json()["results"] == [{"id": job, "status": "success"}]


def test_the_fields_of_the_operation_are_shown(
    server: Running, visit: Callable[..., Visit]
) -> None:
    """Each field of a request can be read of on the page."""
    page = visit(server.url + console.PATH).page
    page.get_by_role("button", name="array of SyncPolicyReq").first.click()
    fields = contract.load().document["components"]["schemas"]["SyncPolicyReq"]["properties"]
    for name in fields:
        page.get_by_text(name, exact=True).first.wait_for()


def test_nothing_of_its_makers_services_is_offered(
    server: Running, visit: Callable[..., Visit]
) -> None:
    """No assistant, no sharing, no sending of the contract elsewhere."""
    page = visit(server.url + console.PATH).page
    page.get_by_role("button", name="Test Request").first.wait_for()
    text = page.locator("body").inner_text().lower()
    for offer in ("ask ai", "generate mcp", "open api client", "deploy", "share"):
        assert offer not in text
