"""What is reported of one response: each kind of violation once, however often it is in it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fuzz import servers
from tests.fuzz.servers import Habits, Handler


class Untied(Handler):
    """Gives an error code to jobs that succeeded."""

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        return {**super().apply(project, item, place), "error_code": "E0"}


def test_what_several_items_violate_is_one_violation() -> None:
    """A batch counts as one example of it."""
    with servers.probing(handler=Untied) as prober:
        jobs = [{"job_id": job} for job in servers.JOBS[servers.OWN]]
        prober.send(prober.request({"jobs": jobs}), case="own jobs")
    (violation,) = prober.ledger.violations("status-ties-error-fields")
    assert violation.times == 1
    assert "results[0]" in violation.received


class Paging(Handler):
    """Sends every error as a page of HTML, and leaves two fields out of each result."""

    page = ("text/html", b"<h1>Sorry</h1>")

    def response(self, status: int, value: Any, **headers: str) -> None:
        media, body = self.page if status != 200 else ("application/json", b'{"more": 1}')
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Saying(Paging):
    """Sends every error as a sentence that begins like JSON."""

    page = ("text/plain", b"400 Bad Request")


@pytest.mark.parametrize("handler", [Paging, Saying])
def test_an_error_page_is_one_violation(handler: type[Paging]) -> None:
    """That it is not JSON follows from its media type: several errors of a schema are one."""
    with servers.probing(Habits(readback=False), handler=handler) as prober:
        prober.send(prober.request(b"{"), case="no JSON")
        assert {violation.rule for violation in prober.ledger.violations()} == {
            "media-type-is-json"
        }
        prober.send(prober.request({"jobs": [{"job_id": "job-a"}]}), case="an own job")
    (schema,) = prober.ledger.violations("answer-matches-schema")
    assert schema.times == 1
    assert "count" in schema.received
    assert "results" in schema.received


class Nesting(Handler):
    """Sends a deeply nested value in every error."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        depth = 600
        nested = "[" * depth + "]" * depth
        body = b'{"error_code": "E", "error_msg": "no", "input": ' + nested.encode() + b"}"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_a_deeply_nested_response_ends_no_scenario() -> None:
    """The schema cannot be checked then; the other rules are."""
    with servers.probing(handler=Nesting) as prober:
        prober.send(prober.request({}), case="no items")
    assert prober.ledger.times_checked("error-body-explains")


def test_what_is_also_tolerated_is_named_apart_from_the_rule() -> None:
    """A reader who compares the rule with what was expected finds no contradiction."""
    with servers.probing(Habits(malformed_body=415)) as prober:
        prober.send(prober.request(b"{"), case="no JSON")
        prober.send(prober.request({"jobs": [{}]}), case="no job id")
    (violation,) = prober.ledger.violations("body-must-be-i-json")
    assert violation.expected == "400 (also tolerated: 422)"


def test_the_statuses_for_other_defects_are_named_apart() -> None:
    """A server may report any defect, and a reader sees that it may."""
    with servers.probing(Habits(bad_project=(500,))) as prober:
        request = prober.request(b"{", project_id="a b").with_header("Content-Type", "text/plain")
        prober.send(request, case="three defects")
    (violation,) = prober.ledger.violations("malformed-project-id-is-refused")
    assert violation.expected == "400 or 404 (also tolerated: 415 or 422)"
