"""Two bugs of a server are two findings, also if one changes or rejects what shows the other."""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import evolve

from drs_sync_policy.fuzz.findings.grouping import group
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.scenarios import ordered
from drs_sync_policy.fuzz.scenarios.credentials import project_cases
from drs_sync_policy.fuzz.scenarios.requests.protocol import header_cases
from drs_sync_policy.fuzz.scenarios.requests.raw_bodies import EXTREMES, SURVIVED
from drs_sync_policy.fuzz.scenarios.state.state_prober import StateProber
from tests.fuzz import faulty_requests, faulty_stores, servers
from tests.fuzz.servers import Handler, Miscounting, Refused
from tests.fuzz.storing import (
    STORED,
    LosingAll,
    rules_of_findings,
)


class RejectsAPolicy(Handler):
    """Rejects each item with a `conflict_policy`, once it knows who sent it, and what."""

    def parse(self, body: bytes) -> list[dict[str, Any]]:
        found = super().parse(body)
        if any("conflict_policy" in item for item in found):
            raise Refused(400)
        return found


class RejectsItFirst(RejectsAPolicy):
    """Rejects such an item whoever sent it."""

    def authenticate(self, wanted: str) -> str:
        self.check_headers()
        self.parse(self.body)
        return super().authenticate(wanted)

    def read_body(self) -> bytes:
        self.body = super().read_body()
        return self.body


class AndHalfAToken(RejectsAPolicy, faulty_requests.TokenByPrefix):
    """Compares only the first half of a token, too."""


class AndAnyProject(RejectsAPolicy):
    """Reads no more than the beginning of the project, too."""

    def authenticate(self, wanted: str) -> str:
        (own, *_) = servers.TOKENS.values()
        return super().authenticate(own if wanted[:8] == own[:8] else wanted)


class AndAnyCharset(RejectsAPolicy):
    """Reads no parameter of a media type, too."""

    def check_headers(self) -> None:
        kind = self.headers.get("Content-Type", "").partition(";")[0]
        del self.headers["Content-Type"]
        self.headers["Content-Type"] = kind
        super().check_headers()


class AndPut(RejectsAPolicy):
    """Treats PUT as POST, too."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        self.command = self.command.replace("PUT", "POST")
        return super().policy(path, body)


@pytest.mark.parametrize(
    ("handler", "rule"),
    [
        (AndHalfAToken, "token-is-matched-exactly"),
        (AndAnyProject, "foreign-project-is-refused"),
        (AndAnyCharset, "other-media-types-are-refused"),
        (AndPut, "other-methods-are-refused"),
        (RejectsItFirst, None),
    ],
)
def test_who_rejects_right_requests_does_not_hide_what_is_taken_for_right(
    handler: type[Handler], rule: str | None
) -> None:
    """A wrong token, say, that gets the 400 of the right one, while another one gets 401.

    If each gets 400, that they are wrong has nothing to do with it.
    """
    with servers.probing(handler=handler) as prober:
        good = prober.request(prober.bodies.batch(1))
        token, project = prober.target.tenant.token, prober.target.tenant.project_id
        prober.send(good, case="a valid request")
        half = good.with_header("X-Auth-Token", f"{token[:-1]}z", secret=True)
        prober.send(half, case="half", rule="token-is-matched-exactly")
        prober.send(evolve(good, path=prober.path(f"{project[:-1]}0")), case="a project")
        media = "application/json; charset=utf-16"
        prober.send(good.with_header("Content-Type", media), case="a charset")
        prober.send(evolve(good, method="PUT"), case="a method")
        found = {finding.rule for finding in group(prober)}
    assert found == {"valid-request-is-accepted", *([rule] if rule else [])}


class Nested(Handler):
    """Reads a `policy` in an item as its fields."""

    def parse(self, body: bytes) -> list[dict[str, Any]]:
        value = json.loads(body)
        for item in value["jobs"]:
            if isinstance(item.get("policy"), dict):
                item.update(item.pop("policy"))
        return super().parse(json.dumps(value).encode())


def test_a_field_that_is_read_wrongly_shows_whatever_is_stored() -> None:
    """A response shows it: its values are checked, and invalid ones rejected."""
    names = ("invalid policies out of place",)
    found = rules_of_findings(Nested, which=lambda entry: entry.name in names)
    assert found == ["unknown-fields-are-ignored"]


class AndWithAnotherStatus(faulty_stores.AppliesWhatItRejects):
    """Rejects an invalid body with 409."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        super().response(409 if status == 400 else status, value, **headers)


class LateLanguage(faulty_stores.AppliesWhatItRejects):
    """Accepts an empty token, and stores what it rejects for its language only."""

    def authenticate(self, wanted: str) -> str:
        return wanted if self.headers.get("X-Auth-Token") == "" else super().authenticate(wanted)

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        right = self.language in ("en-us", "zh-cn")
        if sys.exc_info()[0] and right:
            return {}
        return super().apply(project, item, place)


@pytest.mark.parametrize(
    ("handler", "scenario", "rule"),
    [
        (AndWithAnotherStatus, "partial application", "status-is-documented"),
        (LateLanguage, "valid items rejected", "missing-credentials-are-refused"),
    ],
)
def test_what_a_rejected_request_stores_is_a_finding_of_its_own(
    handler: type[Handler], scenario: str, rule: str
) -> None:
    """Its status may be wrong, and an earlier request may have stored the same values."""
    found = rules_of_findings(handler, which=lambda entry: entry.name == scenario)
    assert {*found} == {rule, "refused-request-changes-nothing"}


class With207(Handler):
    """Accepts with 207."""

    accepts = 207

    def response(self, status: int, value: Any, **headers: str) -> None:
        is_reading = self.path.startswith("/stored/")
        super().response(
            self.accepts if status == 200 and not is_reading else status, value, **headers
        )


class Miscounting207(With207, Miscounting):
    """Counts one result too many, too."""


class Losing207(With207, LosingAll):
    """Stores nothing, too."""


class FirstDecides207(With207):
    """Each item fails as the first does."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        found = super().policy(path, body)
        first, *others = found["results"]
        return {**found, "results": [first, *({**first, "id": e["id"]} for e in others)]}


class Losing202(Losing207):
    """Says that it will store the policy later."""

    accepts = 202


@pytest.mark.parametrize(
    ("handler", "rule"),
    [
        (With207, None),
        (Miscounting207, "count-equals-results"),
        (Losing207, STORED),
        (Losing202, None),
    ],
)
def test_another_2xx_hides_nothing_that_its_results_say(
    handler: type[Handler], rule: str | None
) -> None:
    """Its results are read as those of a 200; but a 202 does not say that anything happened."""
    with servers.probing(handler=handler) as prober:
        state = StateProber(prober)
        job = state.tenant.job_ids[0]
        items = [state.build.item(job, conflict_policy="stop")]
        state.set_and_check(["accepted-policy-is-stored"], {job: {}}, items, case="a policy")
        found = {finding.rule for finding in group(prober)}
    assert found == {"status-is-documented", *([rule] if rule else [])}


def test_an_item_that_fails_with_another_2xx_is_shown_as_it_is() -> None:
    """Not by the status, which is another finding."""
    with servers.probing(handler=FirstDecides207) as prober:
        build, unknown = prober.bodies, prober.unknown_job()
        for jobs in (["job-a"], [unknown, "job-a"]):
            body = build.body([build.item(job) for job in jobs])
            prober.send(prober.request(body), case="jobs", rule="unknown-job-fails-alone")
        found = {finding.rule: finding for finding in group(prober)}
    assert {*found} == {"status-is-documented", "unknown-job-fails-alone"}
    assert found["unknown-job-fails-alone"].example.received_status is None


class TokenInQuery207(With207):
    """Reads the token in the query, too."""

    def authenticate(self, wanted: str) -> str:
        if "X-Auth-Token" not in self.headers:
            self.headers["X-Auth-Token"] = self.path.partition("?token=")[2]
        return super().authenticate(wanted)


def test_what_is_accepted_with_another_2xx_against_a_rule_is_a_finding_of_its_own() -> None:
    """The request should not have been accepted at all."""
    with servers.probing(handler=TokenInQuery207) as prober:
        good = prober.request(prober.bodies.batch(1))
        token = prober.target.tenant.token
        query = evolve(good.with_header("X-Auth-Token", None), path=f"{good.path}?token={token}")
        prober.send(good, case="a valid request")
        prober.send(query, case="the token in the query", rule="token-comes-from-its-header")
        found = {finding.rule for finding in group(prober)}
    assert found == {"status-is-documented", "token-comes-from-its-header"}


class CrashingOnDigits(Handler):
    """Crashes on a number with very many digits, whatever its size is."""

    def parse(self, body: bytes) -> list[dict[str, Any]]:
        if re.search(rb"[0-9.]{300}", body):
            raise Refused(500)
        return super().parse(body)


def test_a_parser_that_crashes_on_digits_is_one_finding() -> None:
    """In a number that is too large for a double, and in one that is not."""
    with servers.probing(handler=CrashingOnDigits) as prober:
        good = prober.request(prober.bodies.body([prober.bodies.item("job-a")]))
        for number in (b"9" * 400, b"0." + b"1" * 400):
            body = (good.body or b"")[:-1] + b', "x": ' + number + b"}"
            prober.send(evolve(good, body=body), case="digits", rule=EXTREMES, statuses=SURVIVED)
        found = [finding.rule for finding in group(prober)]
    assert found == [EXTREMES]


class Leaking(Handler):
    """Says of another tenant's job that it has one."""

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        found = super().apply(project, item, place)
        is_foreign = item["job_id"] in servers.JOBS[servers.OTHER]
        return {**found, "error_code": "E9"} if is_foreign else found


class AndLeaking(RejectsAPolicy, Leaking):
    """Says so of what it does not reject, too."""


class Leaking207(With207, Leaking):
    """Says so with 207, which it always uses."""


@pytest.mark.parametrize(
    ("handler", "rule"),
    [(AndLeaking, "valid-request-is-accepted"), (Leaking207, "status-is-documented")],
)
def test_a_bug_of_every_response_hides_no_foreign_job(handler: type[Handler], rule: str) -> None:
    """It is asked for in items with no field, too; and the same status is no difference."""
    found = rules_of_findings(handler, which=lambda entry: entry.name == "foreign jobs")
    assert {*found} == {rule, "foreign-job-looks-unknown"}


class ByTurns207(With207):
    """Accepts with 200 and with 207 in turn."""

    def response(self, status: int, value: Any, **headers: str) -> None:
        self.accepts = (200, 207)[self.server.requests % 2]
        super().response(status, value, **headers)


class AndForgetful(RejectsAPolicy):
    """Knows a job every other time, too."""

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        known = dict(item) if self.server.requests % 2 else {**item, "job_id": "nobody"}
        return {**super().apply(project, known, place), "id": item["job_id"]}


class AndCodesByLanguage(RejectsAPolicy):
    """Has other error codes in the other language, too."""

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        found = super().apply(project, item, place)
        is_other = self.language == "zh-cn" and "error_code" in found
        return {**found, "error_code": "E9"} if is_other else found


@pytest.mark.parametrize(
    ("handler", "scenario", "rule"),
    [
        (ByTurns207, "repeats", "repeating-is-harmless"),
        (AndForgetful, "repeats", "repeating-is-harmless"),
        (AndCodesByLanguage, "languages", "language-changes-only-messages"),
    ],
)
def test_responses_are_compared_next_to_another_bug(
    handler: type[Handler], scenario: str, rule: str
) -> None:
    """The status may be all that differs; what rejects every field shows nothing else."""
    with servers.probing(handler=handler) as prober:
        (chosen,) = (entry for entry in ordered() if entry.name == scenario)
        chosen.run(prober)
        assert prober.ledger.status(rule) == "failed"


class RejectsNoPolicy(Handler):
    """Rejects each item with no field, and reads no language."""

    def parse(self, body: bytes) -> list[dict[str, Any]]:
        found = super().parse(body)
        if any(len(item) == 1 for item in found):
            raise Refused(400)
        return found

    def check_headers(self) -> None:
        self.language = "en-us"
        super().check_headers()


class AndOddProjects(RejectsAPolicy):
    """Reads a project outside of the pattern as the tenant's own, too."""

    def authenticate(self, wanted: str) -> str:
        (own, *_) = servers.TOKENS.values()
        return super().authenticate(wanted if wanted.isalnum() and len(wanted) < 65 else own)


@pytest.mark.parametrize(
    ("handler", "cases", "rule"),
    [
        (RejectsNoPolicy, header_cases, "unknown-language-is-refused"),
        (AndOddProjects, project_cases, "malformed-project-id-is-refused"),
    ],
)
def test_what_is_rejected_hides_nothing_that_must_be_rejected(
    handler: type[Handler], cases: Callable[[Prober], Iterator[Case]], rule: str
) -> None:
    """With the same status, which would be right: cases have items with no field, and with all."""
    with servers.probing(handler=handler) as prober:
        for case in itertools.islice(cases(prober), 16):
            prober.send(case.request, case=case.what)
        assert prober.ledger.status(rule) == "failed"


class TotallingAnything(Handler):
    """Has a field too many in its responses, and accepts an empty job id."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        return {**super().policy(path, body), "total": 1}

    def parse(self, body: bytes) -> list[dict[str, Any]]:
        return super().parse(body.replace(b'""', b'"?"'))


def test_a_violation_is_kept_where_nothing_else_is_wrong() -> None:
    """Not where it is smaller, but the request should have been rejected."""
    with servers.probing(handler=TotallingAnything) as prober:
        for job in ("job-a", ""):
            body = prober.bodies.body([prober.bodies.item(job)])
            prober.send(prober.request(body), case=f"the job {job!r}")
        found = {finding.rule for finding in group(prober)}
    assert found == {"answer-matches-schema", "invalid-body-is-refused"}
