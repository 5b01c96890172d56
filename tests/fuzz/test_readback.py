"""How stored policies are read: from lists, by POST, some fields only, values that mean none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from attrs import evolve

from drs_sync_policy import contract
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.readback import NotListed, Unreadable, policy_in
from drs_sync_policy.fuzz.report import exported
from drs_sync_policy.fuzz.report.describe import describe
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy.fuzz.target.profile import Readback
from drs_sync_policy.fuzz.traffic.reading import Readings
from drs_sync_policy.fuzz.verdict import Verdict
from tests.fuzz import servers, validity
from tests.fuzz.servers import Detailing

READ = Request("POST", "/read")
FIELDS = ("conflict_policy", "filter_ddl_policy", "slot_name")
LISTED = {"results": [{"id": "a", "slot_name": "of a"}, {"id": "b/c", "slot_name": "of b"}]}


def _read(value: Any, readback: Readback, job: str = "a") -> dict[str, Any]:
    response = Response(200, (), ijson.dumps(value), 0.0)
    return dict(policy_in(response, READ, readback, FIELDS, job))


@pytest.mark.parametrize(
    ("value", "readback", "job", "policy"),
    [
        (
            LISTED,
            Readback("/", policy_pointer="/results/id={job_id}"),
            "b/c",
            {"slot_name": "of b"},
        ),
        (LISTED, Readback("/", policy_pointer="/results/0"), "any", {"slot_name": "of a"}),
        (
            {"a": {"slot_name": "x"}},
            Readback("/", policy_pointer="/{job_id}"),
            "a",
            {"slot_name": "x"},
        ),
        (
            {"p": {"q/r": "stop"}, "slot_name": "not asked for"},
            Readback("/", fields={"conflict_policy": "/p/q~1r", "filter_ddl_policy": "/no/where"}),
            "a",
            {"conflict_policy": "stop"},
        ),
        (
            {"conflict_policy": None, "filter_ddl_policy": "", "slot_name": "none"},
            Readback("/", absent=("", "none")),
            "a",
            {},
        ),
    ],
    ids=["by id", "by index", "by name", "fields of its own", "no value"],
)
def test_a_policy_is_found_in_a_response(
    value: Any, readback: Readback, job: str, policy: dict[str, Any]
) -> None:
    """What is not stored is left out; what is not among `fields` is not read."""
    fields = readback.readable(FIELDS)
    response = Response(200, (), ijson.dumps(value), 0.0)
    assert policy_in(response, READ, readback, fields, job) == policy


def test_a_job_that_the_server_could_not_read_has_no_policy_to_restore() -> None:
    """A failure in a list is not an empty policy: a run would take it for the original."""
    readback = Readback("/", policy_pointer="/results/id={job_id}")
    failed = {"id": "a", "status": "failed", "error_code": "DRS.M00289", "error_msg": "None."}
    with pytest.raises(Unreadable, match="M00289"):
        _read({"results": [failed]}, readback)


def test_a_response_without_the_job_shows_nothing() -> None:
    """A list that lacks the job is something else than one that is not there."""
    readback = Readback("/", policy_pointer="/results/id={job_id}")
    with pytest.raises(NotListed):
        _read(LISTED, readback, "c")
    wrong: list[Any] = [{}, {"results": {}}, {"results": [1]}, []]
    for value in wrong:
        with pytest.raises(Unreadable):
            _read(value, readback)


class LosesIndex(Detailing):
    """Stores one value of a field that can be read, and never the other."""

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        item = {k: v for k, v in item.items() if (k, v) != ("index_trans", False)}
        return super().apply(project, item, place)


class LosesHidden(Detailing):
    """Stores nothing of the fields that cannot be read."""

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        item = {k: v for k, v in item.items() if k == "job_id" or k in self.shows}
        return super().apply(project, item, place)


class ForgetsLeftOut(Detailing):
    """Removes what a request leaves out."""

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        if item["job_id"] in servers.JOBS[project]:
            self.server.stored.pop(item["job_id"], None)
        return super().apply(project, item, place)


class StoresRejected(Detailing):
    """Stores the valid items of a batch that it rejects."""

    def parse(self, body: bytes) -> list[dict[str, Any]]:
        try:
            return super().parse(body)
        except servers.Refused:
            try:
                for item in validity.loads(body)["jobs"]:
                    if validity.is_valid(item):
                        self.apply(servers.OWN, item, 0)
            except (ValueError, KeyError, TypeError, RecursionError):
                pass
            raise


class FirstItemWins(Detailing):
    """Of several items for a job, stores the first."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        self.seen: set[str] = set()
        return super().policy(path, body)

    def apply(self, project: str, item: dict[str, Any], place: int) -> dict[str, Any]:
        again = item["job_id"] in self.seen
        self.seen.add(item["job_id"])
        return super().apply(project, {"job_id": item["job_id"]} if again else item, place)


def _verdict(handler: type[Detailing], *rules: str) -> Verdict:
    """What is seen of these rules until one fails, or 900 requests are sent."""
    with servers.serving(handler=handler) as server:
        return run(
            servers.detailing(server),
            budget=0,
            rules=rules,
            enough=lambda ledger: any(ledger.violations()) or ledger.requests > 900,
        )


HIDDEN = tuple(
    name
    for name in validity.FIELDS
    if name not in {"conflict_policy", "filter_ddl_policy", "index_trans"}
)


def test_a_fair_server_is_not_accused_and_what_cannot_be_read_is_named() -> None:
    """Rules about what is stored pass in part: the reason and a note name the other fields."""
    verdict = _verdict(LosesHidden, "later-items-win")
    assert verdict.ending == "complete"
    assert list(verdict.ledger.violations()) == []
    report = describe(verdict)
    for line in report.with_status("passed"):
        assert line.in_part
        assert all(name in line.reason for name in HIDDEN)
        assert "conflict_policy" not in line.reason
    assert verdict.restored.hidden == HIDDEN
    assert any(all(name in note for name in HIDDEN) for note in report.notes)


@pytest.mark.parametrize(
    ("handler", "rule"),
    [
        (LosesIndex, "accepted-policy-is-stored"),
        (ForgetsLeftOut, "omitted-field-keeps-its-value"),
        (StoresRejected, "refused-request-changes-nothing"),
        (FirstItemWins, "later-items-win"),
    ],
)
def test_what_is_stored_wrongly_is_found(handler: type[Detailing], rule: str) -> None:
    """As with any other way to read; the finding's test shows it, too."""
    verdict = _verdict(handler, rule)
    assert [finding.rule for finding in verdict.findings] == [rule]
    example = verdict.findings[0].example
    assert set(example.fields) <= Detailing.shows.keys()
    reading = example.exchanges[-1]
    assert reading.response is not None
    assert b'"jobs":["job-' in (reading.request.body or b"")


def test_a_text_that_means_no_value_is_not_missed() -> None:
    """A server that shows no value as an empty text may be sent one."""

    class ShowsTexts(Detailing):
        shows: Mapping[str, str] = {"slot_name": "slot"}

    verdict = _verdict(ShowsTexts, "accepted-policy-is-stored")
    assert list(verdict.ledger.violations()) == []
    assert verdict.ledger.times_checked("accepted-policy-is-stored")


def test_an_exported_test_reads_as_the_run_did() -> None:
    """It has a copy of the reading, for httpx alone."""
    response = httpx.Response(200, json={"r": [{"id": "a", "p": {"x": 1, "y": "", "z": None}}]})
    fields = {"one": "/p/x", "two": "/p/y", "three": "/p/z", "four": "/q/x"}
    found = exported.stored(response, "/r/id={job_id}", "a", fields, [""])
    assert found == {"one": 1, **dict.fromkeys(("two", "three", "four"), exported.MISSING)}


def _readings() -> Readings:
    with servers.serving(handler=Detailing) as server:
        target = servers.detailing(server)
    loaded = contract.load()
    return Readings(Oracle(loaded, loaded.operations[0], target))


@pytest.mark.parametrize(
    ("body", "jobs"),
    [
        (b'{"jobs": ["a", "b", "a"], "page": {"size": 7}}', ["a", "b"]),
        (b'{"jobs": "a"}', []),
        (b'{"page": {}}', []),
        (b"{", []),
    ],
)
def test_a_recorded_reading_may_be_of_several_jobs(body: bytes, jobs: list[str]) -> None:
    """They are where the body of the profile has the job, whatever else the request says."""
    request = Request("POST", "/v3/p/details", body=body)
    assert _readings().jobs_of(request) == [("p", job) for job in jobs]
    assert _readings().jobs_of(Request("POST", "/v3/p/other", body=body)) is None


def test_fields_that_the_contract_does_not_have_end_the_run() -> None:
    """So do pointers to nothing: else every rule about what is stored would fail."""
    with servers.serving(handler=Detailing) as server:
        target = servers.detailing(server)
        assert target.readback is not None
        for fields, named in (
            ({"index_tran": "/index"}, "did you mean `index_trans`?"),
            ({"index_trans": "/nowhere"}, "none of `fields`"),
        ):
            verdict = run(evolve(target, readback=evolve(target.readback, fields=fields)), budget=0)
            assert verdict.ending == "invalid profile"
            assert named in verdict.reason
