"""Optional operations: checked if the profile names them, and otherwise not applicable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from drs_sync_policy import contract, sandbox
from drs_sync_policy.contract import Contract, Operation
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.ledger import Exchange, Ledger
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.rules.checking import check_response
from drs_sync_policy.fuzz.scenarios import optional
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.asgi import over_asgi
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy.sandbox.http.request import Request as SandboxRequest
from drs_sync_policy.sandbox.http.response import Handler as RequestHandler
from drs_sync_policy.sandbox.http.response import Response as SandboxResponse
from drs_sync_policy.sandbox.reading import batch_list_job_details, show_job_list
from drs_sync_policy.sandbox.store.records import Policies

LOADED = contract.load()
OPTIONAL = tuple(entry for entry in LOADED.operations if entry.optional)
FIRST = LOADED.operation(contract.BATCH_SET_POLICY)


def _target(*operations: str) -> Target:
    described = profile.parse(sandbox.target_profile("http://application", max_body_bytes=10**6))
    return evolve(described, operations=operations)


ALL = _target(*(entry.id for entry in OPTIONAL))
ORACLE = Oracle(LOADED, FIRST, ALL)
JOB = ALL.tenant.job_ids[0]
FOREIGN = ALL.other.job_ids[0] if ALL.other else ""
SHOWN = {"id": JOB, "status": "CONFIGURATION"}
FAILURE = {"id": FOREIGN, "status": "failed", "error_code": "DRS.M00289", "error_msg": "x"}
DETAILS, LIST = "batchListJobDetails", "showJobList"


@pytest.fixture(scope="module")
def verdicts() -> tuple[Verdict, Verdict, list[str]]:
    """Two runs with one seed, the first without optional operations, and what it asked for."""
    paths: list[str] = []
    found: list[Verdict] = []
    for target in (_target(), ALL):
        with over_asgi(sandbox.create_app(), target) as wire:
            record = None if found else lambda exchange: paths.append(exchange.request.path)
            found.append(run(target, seed=1, budget=0, wire=wire, record=record))
    return found[0], found[1], paths


@pytest.mark.system  # two runs
def test_the_first_operation_has_the_same_verdict(
    verdicts: tuple[Verdict, Verdict, list[str]],
) -> None:
    """Its rules are the only ones, and an optional operation changes none of their results."""
    without, with_all, _ = verdicts
    names = [rule.id for rule in FIRST.rules]
    assert [*without.ledger.rules][:-1] == names
    statuses = [{name: v.ledger.status(name) for name in names} for v in (without, with_all)]
    assert statuses[0] == statuses[1]
    assert (without.ending, without.failed) == (with_all.ending, with_all.failed)
    own = {rule.id for entry in OPTIONAL for rule in entry.rules}
    assert {without.ledger.status(rule) for rule in own} == {"not applicable"}
    assert own <= with_all.ledger.rules.keys()


@pytest.mark.system
def test_an_operation_that_is_not_named_is_never_sent(
    verdicts: tuple[Verdict, Verdict, list[str]],
) -> None:
    """Nobody finds out by requests whether a server has it."""
    _, _, paths = verdicts
    oracles = Oracle(LOADED, FIRST, ALL).others
    assert len(oracles) == len(OPTIONAL)
    assert paths
    assert not any(oracle.is_path(path) for oracle in oracles for path in paths)


def test_an_operation_that_is_not_named_is_not_applicable() -> None:
    """Nothing knows its requests, and its rules are not in the record."""
    assert Oracle(LOADED, FIRST, _target()).others == ()
    assert len(ORACLE.others) == len(OPTIONAL)
    ledger = Ledger(LOADED.checked_rules(_target().operations))
    assert [*ledger.rules][:-1] == [rule.id for rule in FIRST.rules]
    assert {ledger.status(rule.id) for rule in OPTIONAL[0].rules} == {"not applicable"}


def test_a_required_rule_of_an_operation_that_is_not_named_fails_the_run() -> None:
    """It cannot be checked, so the verdict is incomplete."""
    target = evolve(_target(), require=(OPTIONAL[0].rules[0].id,))
    with over_asgi(sandbox.create_app(), target) as wire:
        verdict = run(target, budget=0, wire=wire, enough=lambda ledger: ledger.saw_success)
    assert verdict.ending == "too little checked"
    assert OPTIONAL[0].rules[0].id in verdict.reason


def test_a_further_operation_is_sent_without_code_for_it() -> None:
    """The scenario sends the contract's examples, with the target's jobs."""
    cases = [case for oracle in ORACLE.others for case in optional.cases(_prober(), oracle)]
    bodies = b"".join(case.request.body or b"" for case in cases)
    assert ALL.other is not None
    assert ALL.tenant.job_ids[0].encode() in bodies
    assert ALL.other.job_ids[0].encode() in bodies
    assert {case.request.path for case in cases} >= {
        entry.path.replace("{project_id}", ALL.tenant.project_id) for entry in OPTIONAL
    }


@pytest.mark.parametrize(("entry", "wrong"), [({}, False), ({"id": "another"}, True)])
def test_only_an_id_that_is_there_can_be_another(entry: dict[str, str], wrong: bool) -> None:
    """A failure without an id is a matter of the schema."""
    (oracle,) = (o for o in ORACLE.others if "details-are-of-jobs-asked-for" in _rules(o))
    request = next(case.request for case in optional.cases(_prober(), oracle))
    body = ijson.dumps({"results": [{"error_code": "E", **entry}], "count": 1})
    received = Exchange(request, oracle.expect(request), Response(400, (), body, 0.0))
    found = check_response(ORACLE, received, case="")
    assert ("details-are-of-jobs-asked-for" in [entry.rule for entry in found]) is wrong


def _rules(oracle: Oracle) -> list[str]:
    return [rule.id for rule in oracle.operation.rules]


def _prober() -> Prober:
    app = sandbox.create_app()
    with over_asgi(app, ALL) as wire:
        return Prober(ORACLE, wire, Ledger(LOADED.rules), seed=1)


@pytest.mark.parametrize("faulty", [False, True])
def test_a_text_that_finds_jobs_beside_the_other_filters_is_found(faulty: bool) -> None:
    """A server that lists each job whose id the text is, whatever else the request asks for."""
    scenario = next(entry for entry in optional.SCENARIOS if entry.name.startswith("filters"))
    ledger = Ledger(LOADED.checked_rules(ALL.operations))
    app = sandbox.create_app(handlers={LIST: _lists_any_id} if faulty else {})
    with over_asgi(app, ALL) as wire:
        scenario.run(Prober(ORACLE, wire, ledger, seed=1))
    found = {violation.rule for violation in ledger.violations()}
    assert ledger.times_checked("list-has-own-jobs-only")
    assert found == ({"list-has-own-jobs-only", "list-has-what-was-asked-for"} if faulty else set())


def _lists_any_id(loaded: Contract, operation: Operation, store: Policies) -> RequestHandler:
    inner = show_job_list(loaded, operation, store)

    async def handle(request: SandboxRequest, document: Any) -> SandboxResponse:
        given = await inner(request, document)
        jobs = list(given.body["jobs"])
        for tenant in (ALL.tenant, ALL.other):
            assert tenant
            found = await store.named(tenant.project_id, [document.get("name", "")])
            jobs += [{"id": job.job_id, "status": job.state} for job in found.values()]
        return evolve(given, body={**given.body, "jobs": jobs})

    return handle


Changes = Callable[[Any, SandboxResponse], SandboxResponse]


def _leaks_on_later_pages(document: Any, given: SandboxResponse) -> SandboxResponse:
    if document.get("cur_page", 1) < 2 or not document.get("status") or given.status != 200:
        return given
    leaked = {"id": FOREIGN, "status": document["status"]}
    return evolve(given, body={**given.body, "jobs": [leaked]})


def _rejects(per_page: int) -> Changes:
    refusal = {"error_code": "DRS.M00202", "error_msg": "per_page"}

    def change(document: Any, given: SandboxResponse) -> SandboxResponse:
        page = document.get("page_req", document)
        refused = page.get("per_page") == per_page and page.get("cur_page", 1) == 1
        return evolve(given, status=400, body=refusal) if refused else given

    return change


def _shows_all_for_an_empty_page(document: Any, given: SandboxResponse) -> SandboxResponse:
    if document.get("page_req") != {}:
        return given
    return evolve(given, body={**given.body, "results": [SHOWN] * len(document["jobs"])})


def _as_ours(document: Any, given: SandboxResponse) -> SandboxResponse:
    return given


@pytest.mark.parametrize(
    ("operation", "change", "rules"),
    [
        pytest.param(LIST, _as_ours, set(), id="ours"),
        pytest.param(LIST, _leaks_on_later_pages, {"list-has-own-jobs-only"}, id="page 2"),
        pytest.param(LIST, _rejects(100), {"first-page-of-jobs-is-shown"}, id="maximum"),
        pytest.param(LIST, _rejects(0), {"first-page-of-jobs-is-shown"}, id="minimum"),
        pytest.param(DETAILS, _as_ours, set(), id="ours, details"),
        pytest.param(DETAILS, _rejects(100), {"own-job-is-shown"}, id="maximum, details"),
        pytest.param(
            DETAILS, _shows_all_for_an_empty_page, {"details-fit-their-page"}, id="default"
        ),
    ],
)
def test_numbers_are_left_out_at_their_bounds_and_near_their_defaults(
    operation: str, change: Changes, rules: set[str]
) -> None:
    """Faults of later pages, of a bound, and of a default that is not named."""
    inner = {LIST: show_job_list, DETAILS: batch_list_job_details}[operation]

    def handler(loaded: Contract, described: Operation, store: Policies) -> RequestHandler:
        ours = inner(loaded, described, store)

        async def handle(request: SandboxRequest, document: Any) -> SandboxResponse:
            return change(document, await ours(request, document))

        return handle

    ledger = Ledger(LOADED.checked_rules(ALL.operations))
    oracle = next(one for one in ORACLE.others if one.operation.id == operation)
    with over_asgi(sandbox.create_app(handlers={operation: handler}), ALL) as wire:
        prober = Prober(ORACLE, wire, ledger, seed=1)
        prober.send_all(optional.page_cases(prober, oracle))
    assert {violation.rule for violation in ledger.violations()} == rules


def _sent(operation_id: str, asked: Any, status: int, body: Any) -> Exchange:
    operation = LOADED.operation(operation_id)
    headers = (("X-Auth-Token", ALL.tenant.token), ("Content-Type", "application/json"))
    path = operation.path.replace("{project_id}", ALL.tenant.project_id)
    request = Request(operation.method, path, headers, ijson.dumps(asked))
    response = Response(status, (("Content-Type", "application/json"),), ijson.dumps(body), 0.0)
    return Exchange(request, ORACLE.expect(request), response)


def _failed(exchange: Exchange) -> set[str]:
    return {violation.rule for violation in check_response(ORACLE, exchange, case="x")}


@pytest.mark.parametrize(
    ("operation", "asked", "status", "body"),
    [
        # the vendor has many more fields, any of them may be null, and one may be left out
        (DETAILS, {"jobs": [JOB]}, 200, {"results": [{**SHOWN, "name": None, "az": "x"}]}),
        # what happens to one failed job among several is not known
        (DETAILS, {"jobs": [JOB, FOREIGN]}, 200, {"count": 1, "results": [SHOWN]}),
        (DETAILS, {"jobs": [JOB, FOREIGN]}, 200, {"count": 2, "results": [SHOWN, FAILURE]}),
        (DETAILS, {"jobs": [JOB, FOREIGN]}, 400, {"count": 1, "results": [FAILURE]}),
        # an only job that fails, in each form of an error
        (DETAILS, {"jobs": [FOREIGN]}, 400, {"count": 1, "results": [FAILURE]}),
        (DETAILS, {"jobs": [FOREIGN]}, 400, {"error_code": "DRS.M05004", "error_msg": "x"}),
        # the fields of a failed job, however a server fills them
        (DETAILS, {"jobs": [FOREIGN]}, 400, {"results": [{**FAILURE, "status": "FAILED"}]}),
        (DETAILS, {"jobs": [FOREIGN]}, 400, {"results": [{**FAILURE, "name": None}]}),
        (DETAILS, {"jobs": [JOB, FOREIGN]}, 200,
         {"results": [SHOWN, {"id": FOREIGN, "status": "failed"}]}),
        (DETAILS, {"jobs": [FOREIGN]}, 404, {"error_code": "DRS.M05003", "error_msg": "x"}),
        # pages: as many as asked for, or all
        (DETAILS, {"jobs": [JOB] * 9, "page_req": {"per_page": 0}}, 200, {"results": [SHOWN] * 9}),
        (DETAILS, {"jobs": [JOB] * 9, "page_req": {"cur_page": 0}}, 200, {"results": [SHOWN] * 9}),
        (DETAILS, {"jobs": [JOB], "page_req": {"cur_page": 7}}, 200, {"results": []}),
        # a server may reject what the contract would accept, except what its own rules are about
        (DETAILS, {"jobs": ["x"] * 500}, 400, {"error_code": "DRS.M00202", "error_msg": "x"}),
        (LIST, {"db_use_type": "sync", "name": "%"}, 400, {"error_code": "x", "error_msg": "x"}),
        (LIST, {"db_use_type": "sync"}, 200, {"total_record": 99, "jobs": [SHOWN] * 10}),
        (LIST, {"db_use_type": "sync", "cur_page": 0}, 400, {"error_code": "x", "error_msg": "x"}),
        # an entry without the field that is filtered by
        (LIST, {"db_use_type": "sync", "engine_type": "mysql"}, 200,
         {"total_record": 1, "jobs": [{**SHOWN, "engine_type": None}]}),
        # invalid requests, whatever a server says
        (LIST, {"db_use_type": "x"}, 200, {"total_record": 0, "jobs": []}),
    ],
)  # fmt: skip
def test_a_fair_server_passes(operation: str, asked: Any, status: int, body: Any) -> None:
    """What the contract leaves open is not a violation."""
    assert _failed(_sent(operation, asked, status, body)) == set()


@pytest.mark.parametrize(
    ("operation", "asked", "status", "body", "rule"),
    [
        (DETAILS, {"jobs": [JOB]}, 400, {"count": 1, "results": [FAILURE]}, "own-job-is-shown"),
        (DETAILS, {"jobs": [JOB, "x"]}, 400, {"results": [{**FAILURE, "id": "another"}]},
         "details-are-of-jobs-asked-for"),
        (DETAILS, {"jobs": [JOB]}, 200, {"results": [{"id": {}}]}, "own-job-is-shown"),
        (DETAILS, {"jobs": [JOB]}, 400, {"results": [{"id": []}]}, "details-are-of-jobs-asked-for"),
        (DETAILS, {"jobs": [FOREIGN]}, 400, {"results": [{**FAILURE, "name": "n"}]},
         "foreign-job-has-no-details"),
        (DETAILS, {"jobs": [FOREIGN, JOB]}, 400, {"results": [{**FAILURE, "index_trans": True}]},
         "foreign-job-has-no-details"),
        (DETAILS, {"jobs": [FOREIGN, JOB]}, 200, {"results": [{**SHOWN, "id": FOREIGN}]},
         "foreign-job-has-no-details"),
        (DETAILS, {"jobs": [FOREIGN]}, 400, {"count": 1}, "error-body-explains"),
        (DETAILS, {"jobs": [FOREIGN]}, 400, {"results": [{"id": FOREIGN}]},
         "answer-matches-schema"),
        (DETAILS, {"jobs": [JOB]}, 200, {"results": [{"id": JOB}]}, "answer-matches-schema"),
    ],
)  # fmt: skip
def test_a_violation_is_that_of_its_rule(
    operation: str, asked: Any, status: int, body: Any, rule: str
) -> None:
    """Each check looks at its own operation; these are responses that no fault of ours gives."""
    assert rule in _failed(_sent(operation, asked, status, body))
