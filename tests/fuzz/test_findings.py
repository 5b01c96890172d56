"""One bug of a server is one finding, also on servers that are not our sandbox."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from attrs import evolve

from drs_sync_policy import contract
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.covering import InWords
from drs_sync_policy.fuzz.findings.aspects import aspects, plain_case
from drs_sync_policy.fuzz.findings.grouping import group
from drs_sync_policy.fuzz.findings.shrink import Plain
from drs_sync_policy.fuzz.rules.checking import check_response
from drs_sync_policy.fuzz.scenarios import sequences
from tests.fuzz import faulty_items, faulty_requests, faulty_results, faulty_stores, servers
from tests.fuzz.servers import Handler, Miscounting
from tests.fuzz.storing import (
    KEEPS,
    STORED,
    ClearingTexts,
    Losing,
    LosingAll,
    Mistaking,
    Refusing,
    Replacing,
    ReplacingAll,
    ResettingBooleans,
    ResettingEnums,
    Reversing,
    Toggling,
    rules_of_findings,
    with_a_new_field,
)


@pytest.mark.parametrize(
    ("handler", "rule"),
    [
        (Losing, STORED),
        (ReplacingAll, KEEPS),
        *(
            pytest.param(handler, rule, marks=pytest.mark.system)
            for handler, rule in (
                (Toggling, "repeating-is-harmless"),
                (LosingAll, STORED),
                (Mistaking, STORED),
                (ResettingBooleans, KEEPS),
                (ResettingEnums, KEEPS),
                (ClearingTexts, KEEPS),
            )
        ),
    ],
)
def test_one_bug_of_what_is_stored_is_one_finding(handler: type[Handler], rule: str) -> None:
    """A plain request shows it; whatever else fails because of it is part of the finding."""
    assert rules_of_findings(handler) == [rule]


class KeepingTheFirst(Losing):
    """Never replaces a `conflict_policy`, and forgets `slot_name`."""

    def stored(self, item: dict[str, Any]) -> dict[str, Any]:
        first = self.server.stored.get(item["job_id"], {}).get("conflict_policy")
        known = {"conflict_policy": first} if first and "conflict_policy" in item else {}
        return {**super().stored(item), **known}


@pytest.mark.system
def test_a_field_that_keeps_its_first_value_does_not_explain_another() -> None:
    """Each field has the finding that fits it."""
    assert {*rules_of_findings(KeepingTheFirst)} == {"later-calls-win", STORED}


def test_two_bugs_are_two_findings() -> None:
    """An item replaces the policy, and the earlier of two items wins."""
    names = ("plain requests", "jobs more than once")
    assert {*rules_of_findings(Reversing, which=lambda entry: entry.name in names)} == {
        KEEPS,
        "later-items-win",
    }


@pytest.mark.system
def test_two_bugs_of_one_field_are_two_findings() -> None:
    """A field is lost, and what an item leaves out is lost, too."""
    found = rules_of_findings(
        Replacing, which=lambda entry: entry.name in ("plain requests", "fields")
    )
    assert {*found} == {STORED, KEEPS}


@pytest.mark.first
@pytest.mark.system
def test_a_field_that_the_server_does_not_know_yet_has_findings_of_its_own() -> None:
    """The contract is ahead of the server, which ignores the new field, valid or not."""
    found = rules_of_findings(Handler, with_a_new_field(), lambda entry: "readback" in entry.needs)
    assert {*found} == {STORED, "invalid-body-is-refused"}


def test_a_new_field_that_is_rejected_is_one_finding() -> None:
    """The contract is ahead of the server, which rejects the new field."""
    assert rules_of_findings(Refusing, with_a_new_field()) == ["valid-request-is-accepted"]


@pytest.mark.parametrize(
    ("handler", "rule", "scenarios"),
    [
        (
            faulty_requests.DeepParser,
            "extremes-in-ignored-fields-are-survived",
            {"extremes where they are wrong", "extremes"},
        ),
        pytest.param(
            faulty_requests.SmallNumbers,
            "extremes-in-ignored-fields-are-survived",
            {"extremes where they are wrong", "extremes", "unknown fields"},
            marks=pytest.mark.system,
        ),
        (
            faulty_results.CountsCharacters,
            "answer-is-i-json",
            {"languages", "a first sweep", "plain requests"},
        ),
        (
            faulty_items.NamesInAnyCase,
            "unknown-fields-are-ignored",
            {"unknown fields", "a first sweep"},
        ),
        (
            faulty_requests.LeavesBodies,
            "valid-request-is-accepted",
            {"requests after rejected ones", "headers", "pairs of conditions"},
        ),
        (
            faulty_requests.OneTokenPerConnection,
            "token-comes-from-its-header",
            {"credentials", "another tenant's project", "clients"},
        ),
        (
            faulty_stores.AppliesWhatItRejects,
            "refused-request-changes-nothing",
            {"two tenants", "partial application"},
        ),
    ],
)
def test_what_any_request_may_show_is_one_finding(
    handler: type[Handler], rule: str, scenarios: set[str]
) -> None:
    """A parser, a memory of a connection, or a write is wrong once, whatever it spoils."""
    assert rules_of_findings(handler, which=lambda entry: entry.name in scenarios) == [rule]


def test_a_contract_without_optional_fields_is_checked() -> None:
    """There is nothing to store then, and the fuzzer does not fail."""
    loaded = contract.load()
    document = copy.deepcopy(dict(loaded.document))
    item = document["components"]["schemas"]["SyncPolicyReq"]
    item["properties"] = {"job_id": item["properties"]["job_id"]}
    for name in ("if", "then", "else"):
        item.pop(name, None)
    assert rules_of_findings(Handler, evolve(loaded, document=document)) == []


def test_a_finding_names_the_request_that_it_shows() -> None:
    """Any request shows it, so the plainest one is shown, whatever the run sent first."""
    with servers.probing(handler=Miscounting) as prober:
        oracle = prober.oracle
        odd = prober.bodies.body([prober.bodies.item("x")])
        request = evolve(Plain(oracle, prober.bodies).request(), body=ijson.dumps(odd))
        for violation in check_response(oracle, prober.ask(request), case='the job id "x"'):
            prober.ledger.record(violation)
        (finding,) = group(prober)
    assert finding.cause.startswith("a plain request. ")
    assert (finding.label, finding.also_with) == ("alone", ('the job id "x"',))


class MiscountingSeveral(Handler):
    """Counts one result too many if there are several."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        found = super().policy(path, body)
        return {**found, "count": found["count"] + (found["count"] > 1)}


def test_a_random_sequence_says_that_its_cases_are_random() -> None:
    """So that a named case that shows the same is the example."""
    (chosen,) = sequences.SCENARIOS
    with servers.probing(handler=MiscountingSeveral) as prober:
        prober.enough = lambda ledger: any(ledger.violations())
        chosen.run(prober)
    assert [violation.generated for violation in prober.ledger.violations()] == [True]
    assert not prober.generating


def test_a_smaller_request_is_described_as_it_is() -> None:
    """By its own path and headers, not by the case that it came from; a secret is not shown."""
    with servers.probing(handler=Handler) as prober:
        target, plain = prober.target, Plain(prober.oracle, prober.bodies)
    request = plain.request()
    token = {name: value for name, value in request.headers if name != "Content-Type"}

    def described(*headers: tuple[str, str], path: str = request.path) -> str:
        return plain_case(aspects(evolve(request, path=path, headers=headers), plain), plain)

    typed = ("Content-Type", "text/plain")
    assert described(*token.items()) == "a plain request without `Content-Type`"
    assert described(*token.items(), typed, ("X-Language", "xx")) == (
        "a plain request with `Content-Type: text/plain` and with `X-Language: xx`"
    )
    assert described(*request.headers, path="/v3/p") == "a plain request for the path `/v3/p`"
    other = request.path.replace(target.tenant.project_id, "p%21")
    assert described(*request.headers, path=other) == "a plain request with the project_id `p%21`"
    assert described(*((name, "hidden") for name in token), ("Content-Type", "a" * 200)) == ""
    assert described(*request.headers, ("Authorization", "hidden")) == ""
    chunked = evolve(request, chunked=True)
    one = aspects(evolve(chunked, cuts=(len(request.body or b""),)), plain)
    several = aspects(chunked, plain)
    text = "a plain request with `Transfer-Encoding: chunked`"
    assert plain_case(one, plain) == text
    assert plain_case(several, plain) == f"{text} and in several chunks"
    assert one.within(several)
    assert not several.within(one)
    assert not one.within(aspects(request, plain))


class Careless(Handler):
    """Reads any media type and items without an id, and crashes if `jobs` is not a list."""

    def check_headers(self) -> None:
        """Nothing."""

    def parse(self, body: bytes) -> list[dict[str, Any]]:
        return [{"job_id": "job-a", **item} for item in json.loads(body)["jobs"]]


def test_the_crash_of_another_finding_is_not_evidence() -> None:
    """However many requests crashed before: each finding shows its own defect, and no other."""
    with servers.probing(handler=Careless) as prober:
        of = {
            "body": "`jobs` is null",
            "media": "the media type text/plain",
            "client": "a request as a sends it",
        }
        for body, words in (
            ({"jobs": None}, of),
            ({"jobs": [{"job_id": "job-a"}]}, {"media": "text"}),
        ):
            request = prober.request(body).with_header("Content-Type", "text/plain")
            odd = evolve(request, headers=(*request.headers, ("User-Agent", "a")))
            for _ in range(6):
                prober.send(odd if words is of else request, case=InWords(words))
                prober.send(prober.request(body), case="the body alone")
        for raw in (b'{"jobs": [{"job_id": []}]}', b'{"jobs": [{}]}'):
            prober.send(prober.request(raw), case="another id")
        found = {finding.rule: finding for finding in group(prober)}
    assert {*found} == {"invalid-body-is-refused", "other-media-types-are-refused"}
    media = found["other-media-types-are-refused"].cause
    assert media.endswith(" 415. Received: 200 with 1 result")
    assert "null" not in media
    invalid = found["invalid-body-is-refused"]
    assert invalid.also_fails == ("other-media-types-are-refused",)
    assert invalid.cause == "another id. Expected: 400 or 422. Received: 200 with 1 result"


def test_the_text_of_an_example_names_what_is_left_of_its_request() -> None:
    """Of three conditions, one is enough; a token is not shown, and the case says what it is."""
    with servers.probing(servers.Habits(bad_token=(404,))) as prober:
        request = prober.request(b"", language="zh-cn").with_header("X-Auth-Token", "x" * 18)
        words = {"token": "an unknown token", "body": "no body", "language": "zh-cn"}
        prober.send(request, case=InWords(words))
        (finding,) = group(prober)
    expected = "Expected: 401 or 403. Received: 404 (E3: That request is wrong)"
    assert finding.cause == f"an unknown token. {expected}"
