"""The sandbox's console, used in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from drs_sync_policy import contract, sandbox
from drs_sync_policy.sandbox import Running

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Route

    from .conftest import Visit

JOB_LIST = re.compile(r"/_sandbox/projects/[^/]+/jobs$")
TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture
def server() -> Iterator[Running]:
    with sandbox.running() as running:
        yield running


def _open(server: Running, visit: Callable[..., Visit], **options: object) -> Visit:
    seen = visit(server.url + "/", **options)
    seen.page.locator("body[data-ready]").wait_for()
    return seen


def _field(page: Page, name: str) -> str:
    label = page.locator("#form label", has=page.locator("code", has_text=re.compile(f"^{name}$")))
    return "#" + str(label.first.get_attribute("for"))


def _is_log(request: Request) -> bool:
    return str(request.url).endswith("/_sandbox/requests")


def _hold_job_lists(page: Page) -> list[Route]:
    """Hold back each request for the list of jobs from now on, until the test continues it."""
    held: list[Route] = []
    page.route(JOB_LIST, lambda route: held.append(route))
    return held


def _taken(page: Page, held: list[Route]) -> Route:
    """The request that is held back, as soon as there is one."""
    while not held:
        page.evaluate(TWO_FRAMES)
    return held.pop()


def test_a_policy_is_set_and_read_back_without_leaving_the_sandbox(
    server: Running, visit: Callable[..., Visit]
) -> None:
    """The form is filled in with a job of the tenant; the table then shows the stored policy."""
    seen = _open(server, visit)
    page = seen.page
    page.select_option(_field(page, "conflict_policy"), label="overwrite")
    assert '"conflict_policy": "overwrite"' in page.locator("#request").inner_text()
    page.get_by_role("button", name="Send").click()
    page.locator("#response", has_text="200 OK").wait_for()
    job = server.tenants[0].job_ids[0]
    row = page.locator("#jobs tr", has_text=job)
    row.locator("td", has_text='"conflict_policy":"overwrite"').wait_for()
    page.locator("#log tr", has_text="batch-sync-policy").first.wait_for()
    outside = [url for url in seen.requests if not url.startswith((server.url, "data:"))]
    assert outside == []
    assert seen.complaints == []


@pytest.mark.parametrize("edition", contract.editions())
def test_there_is_a_control_for_each_field(edition: str, visit: Callable[..., Visit]) -> None:
    """Of the edition that the sandbox serves."""
    loaded = contract.load(edition)
    with sandbox.running(contract=loaded) as server:
        page = _open(server, visit).page
        for name in loaded.document["components"]["schemas"]["SyncPolicyReq"]["properties"]:
            assert page.locator(_field(page, name)).is_visible()


def test_the_request_is_copied_as_curl_python_and_command(
    server: Running, visit: Callable[..., Visit]
) -> None:
    """What is copied is what is shown."""
    page = _open(server, visit, permissions=["clipboard-read", "clipboard-write"]).page
    for name, start in (
        ("curl", "curl --request POST"),
        ("Python", "from drs_sync_policy import"),
        ("command", "export DRS_URL="),
    ):
        page.get_by_role("button", name=f"Copy as {name}").click()
        page.locator("#copy", has_text="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(start)
        assert server.tenants[0].job_ids[0] in copied


def test_a_fault_and_a_condition_are_switched_on(
    server: Running, visit: Callable[..., Visit]
) -> None:
    """The next response shows the fault; the condition is stored."""
    page = _open(server, visit).page
    page.get_by_label("Find a fault").fill("answers-202")
    name = page.locator("code", has_text=re.compile("^answers-202$"))
    page.locator("#faults label", has=name).get_by_role("checkbox").check()
    page.locator("#active", has_text="answers-202").wait_for()
    statement = next(
        rule.statement for rule in contract.load().rules if rule.id == "status-is-documented"
    )
    page.locator("#faults li", has=name).get_by_text(" ".join(statement.split())).wait_for()
    page.get_by_role("button", name="Send").click()
    page.locator("#response", has_text="202").wait_for()
    page.get_by_label("latency_ms").fill("5")
    with page.expect_response("**/_sandbox/conditions"):
        page.get_by_role("button", name="Apply conditions").click()
    page.reload()
    page.locator("body[data-ready]").wait_for()
    assert page.get_by_label("latency_ms").input_value() == "5"


def test_reset_asks_first(server: Running, visit: Callable[..., Visit]) -> None:
    """A dismissed question changes nothing; an accepted one deletes the stored policies."""
    page = _open(server, visit).page
    page.get_by_role("button", name="Send").click()
    page.locator("#response", has_text="200 OK").wait_for()
    stored = page.locator("#jobs td", has_text='"conflict_policy"')
    stored.first.wait_for()
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Reset the sandbox").click()
    assert stored.count() == 1
    held = _hold_job_lists(page)
    page.once("dialog", lambda dialog: dialog.accept())
    with page.expect_request_finished(_is_log):
        page.get_by_role("button", name="Reset the sandbox").click()
    list_after = _taken(page, held)
    page.evaluate(TWO_FRAMES)
    assert not page.get_by_text("first state again").is_visible()
    assert stored.count() == 1
    list_after.continue_()
    page.get_by_text("first state again").wait_for()
    assert stored.count() == 0


def test_an_older_list_of_jobs_never_replaces_a_newer_one(
    server: Running, visit: Callable[..., Visit]
) -> None:
    """The list before a policy was set arrives after the list with this policy."""
    page = _open(server, visit).page
    held = _hold_job_lists(page)
    page.get_by_role("button", name="Refresh").click()
    before = _taken(page, held)
    older = before.fetch()
    page.get_by_role("button", name="Send").click()
    page.locator("#response", has_text="200 OK").wait_for()
    _taken(page, held).continue_()
    stored = page.locator("#jobs td", has_text='"conflict_policy"')
    stored.first.wait_for()
    with page.expect_request_finished(lambda request: request == before.request):
        before.fulfill(response=older)
    page.evaluate(TWO_FRAMES)
    assert stored.count() == 1


def test_on_a_phone_cells_have_names_and_the_response_comes_into_view(
    server: Running, visit: Callable[..., Visit]
) -> None:
    """Also of the request log, and nothing is cut off."""
    page = _open(server, visit, viewport={"width": 390, "height": 844}).page
    page.get_by_role("button", name="Send").click()
    page.locator("#response.passed", has_text="200 OK").wait_for()
    page.wait_for_function("document.querySelector('#response').getBoundingClientRect().top < 400")
    for table, names in (
        ("jobs", ["State", "Stored policy", "Request"]),
        ("log", ["Status", "Time"]),
    ):
        cells = f"[...document.querySelectorAll('#{table} tr:last-child td')]"
        shown = f"{cells}.map(cell => getComputedStyle(cell, '::before').content)"
        page.locator(f"#{table} td").first.wait_for()
        assert page.evaluate(shown) == [f'"{name}: "' for name in names]
        widest = f"Math.max(...{cells}.map(cell => cell.getBoundingClientRect().right))"
        assert page.evaluate(widest) <= 390


def test_on_a_phone_a_job_that_is_filled_in_comes_into_view(
    server: Running, visit: Callable[..., Visit]
) -> None:
    """The form is below the list: its field with the id has the focus, and is on the screen."""
    page = _open(server, visit, viewport={"width": 390, "height": 844}).page
    job = server.tenants[0].job_ids[1]
    page.get_by_role("button", name=f"Fill in {job}").click()
    field = page.locator(_field(page, "job_id"))
    assert field.input_value() == job
    assert field.evaluate("field => field === document.activeElement")
    box = field.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 844


def test_each_network_condition_is_explained(server: Running, visit: Callable[..., Visit]) -> None:
    """With its unit, below its control."""
    page = _open(server, visit).page
    fields = page.locator("#conditions .field")
    assert fields.count() == 5
    assert all(fields.nth(n).locator(".hint").inner_text() for n in range(fields.count()))


def test_it_works_by_keyboard(server: Running, visit: Callable[..., Visit]) -> None:
    """Tab reaches the button that sends, and Enter sends."""
    page = _open(server, visit).page
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Send":
            break
    page.keyboard.press("Enter")
    page.locator("#response", has_text="200 OK").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_it_fits_and_axe_finds_nothing(
    server: Running, visit: Callable[..., Visit], scheme: str, width: int
) -> None:
    """On a phone nothing makes the page scroll sideways."""
    viewport = {"width": width, "height": 844}
    seen = _open(server, visit, color_scheme=scheme, viewport=viewport, bypass_csp=True)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.axe() == []
