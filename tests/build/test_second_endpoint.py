"""A second operation in the contract needs no edit of the machinery: only a handler is missing.

`second_endpoint.yaml` adds `showSyncPolicy`, a GET without a body, to the contract. It goes through
lint, generation, sandbox, fuzzer and the pages as it is; its handler is an option of the sandbox.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from drs_sync_policy import sandbox
from drs_sync_policy.cli import exits
from drs_sync_policy.contract import Contract, Operation
from drs_sync_policy.fuzz import stock
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.connection import over_http
from drs_sync_policy.sandbox import (
    Handler,
    HandlerFactory,
    NoHandlerError,
    Policies,
    Request,
    Response,
    Running,
    rejection,
)
from drs_sync_policy.sandbox.faults import catalogue
from drs_sync_policy.sandbox.seed import FIRST, SECOND
from tests.processes import completed
from tools import pages, reference
from tools.documents import CONTRACT, ROOT, read_document
from tools.editions import client_contract
from tools.generate import CLIENT, DATA, OVERRIDES, write_client
from tools.overlay import apply

CALL = """
import sys
from drs_sync_policy_api import AuthenticatedClient
from drs_sync_policy_api.api.synchronization_policies import show_sync_policy

url, token, project_id = sys.argv[1:]
with AuthenticatedClient(base_url=url, token=token) as client:
    print(show_sync_policy.sync(project_id, "job 1?ä", client=client).id)
"""


@pytest.fixture(scope="module")
def contract() -> Contract:
    overlay = read_document(Path(__file__).parent / "second_endpoint.yaml")
    return Contract(apply(read_document(CONTRACT), overlay, name="second_endpoint.yaml"))


@pytest.fixture(scope="module")
def contract_file(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("second") / "openapi.json"
    path.write_text(json.dumps(contract.document), encoding="utf-8")
    return path


def show_sync_policy(contract: Contract, operation: Operation, store: Policies) -> Handler:
    """The handler that is missing, as an author of the contract would write it."""
    shown = contract.resolve(operation.responses[200].content["application/json"])["properties"]

    async def handle(request: Request, _document: Any) -> Response:
        asked = request.path_parameters
        job = await store.job(asked["project_id"], asked["job_id"])
        if job is None:
            raise rejection.no_such_path()
        fields = {name: job.policy[name] for name in job.policy if name in shown}
        return Response(200, {"id": job.job_id, **fields})

    return handle


def show_something_else(_contract: Contract, _operation: Operation, _store: Policies) -> Handler:
    """One that is wrong: its response has none of the fields that the contract asks for."""

    async def handle(_request: Request, _document: Any) -> Response:
        return Response(200, {"nope": 1})

    return handle


def serving(
    contract: Contract, factory: HandlerFactory = show_sync_policy, **options: Any
) -> AbstractContextManager[Running]:
    """The sandbox with both operations, unedited: the second one's handler is an option."""
    handlers = {"showSyncPolicy": factory}
    return sandbox.running(contract=contract, handlers=handlers, **options)


def test_the_sandbox_names_the_handler_that_is_missing(contract: Contract) -> None:
    """Nothing else is: the operation is named, and both places where its handler can go."""
    with pytest.raises(NoHandlerError, match=r"no handler for `showSyncPolicy`") as missing:
        sandbox.create_app(contract=contract)
    assert 'create_app(handlers={"showSyncPolicy": ...})' in str(missing.value)
    assert "`HANDLERS` in src/drs_sync_policy/sandbox/operations.py" in str(missing.value)


@pytest.mark.parametrize("verb", ["sandbox --port 0", "fuzz --sandbox"])
def test_the_command_names_the_handler_that_is_missing(
    contract_file: Path, tmp_path: Path, verb: str
) -> None:
    """It is the author's to write: a usage error, and not a bug to report."""
    shutil.copytree(ROOT / "generated" / DATA, tmp_path / DATA)
    shutil.copy(contract_file, tmp_path / DATA / "base.json")
    done = completed(
        [sys.executable, "-m", "drs_sync_policy", *verb.split()],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        timeout=60,
    )
    assert done.returncode == exits.WRONG_USE
    assert "no handler for `showSyncPolicy`" in done.stderr
    assert "src/drs_sync_policy/sandbox/operations.py" in done.stderr
    assert "bug" not in done.stderr


def test_the_guide_describes_it(contract: Contract) -> None:
    """Its path, parameters, fields, values and rule are on the pages made of the contract."""
    operation = contract.operation("showSyncPolicy")
    fields, rules = pages.fields([contract]), pages.rules(contract)
    section = fields.partition("## showSyncPolicy\n")[2].partition("\n## ")[0]
    assert f"`GET {operation.path}`" in section
    for parameter in operation.parameters:
        assert f"| `{parameter.name}`{{ #{operation.id}.{parameter.name} }}<br>" in section
        assert parameter.description in section
    assert [parameter.name for parameter in operation.parameters] == [
        "project_id",
        "job_id",
        "X-Language",
    ]
    stored = fields.partition("## StoredPolicy\n")[2].partition("\n## ")[0]
    assert "| `id`{ #StoredPolicy.id }<br>" in stored
    assert "`overwrite`: " in stored
    (rule,) = operation.rules
    assert f"[{rule.id}](#{rule.id})" in rules.partition("\n## ")[0]
    assert f"## {rule.id} {{ #{rule.id} }}\n\n{rule.statement}" in rules
    assert "[12](decisions.md#decision-12)" in rules.partition(f"## {rule.id} ")[2]
    # What was there stays there: the pages have both operations.
    described = re.findall(r"^## (\w+)\n\n`", fields, re.MULTILINE)
    assert described == [operation.id for operation in contract.operations]
    listed, shipped = (
        page.partition("\n## ")[2] for page in (pages.faults(contract), pages.faults())
    )
    assert listed == shipped != ""


@pytest.mark.system  # starts Redocly; the page of the base has several operations, too
def test_the_reference_describes_it(contract_file: Path, contract: Contract) -> None:
    """It has an entry in the menu and a place of its own, like the first."""
    html = reference.page(contract_file)
    for operation in contract.operations:
        assert f'"operationId":"{operation.id}"' in html
        assert f'"{operation.path}"' in html
    assert '"title":"StoredPolicy"' in html
    assert "The job whose policy is read." in html


@pytest.fixture(scope="module")
def second(contract: Contract) -> Iterator[Running]:
    with serving(contract) as server:
        yield server


@pytest.fixture
def http(second: Running) -> Iterator[httpx.Client]:
    """Calls as the first tenant."""
    headers = {"X-Auth-Token": FIRST.token}
    with httpx.Client(base_url=second.url, headers=headers, timeout=30) as client:
        yield client


def _path(job_id: str, *, project_id: str = FIRST.project_id) -> str:
    return f"/v3/{project_id}/jobs/{quote(job_id, safe='')}/sync-policy"


def test_the_sandbox_carries_it_out(http: httpx.Client) -> None:
    """What the first operation stored is what the second shows, by a GET without a body."""
    job = FIRST.job_ids[0]
    item = {"job_id": job, "conflict_policy": "stop", "ddl_trans": True}
    stored = http.post(f"/v3/{FIRST.project_id}/jobs/batch-sync-policy", json={"jobs": [item]})
    assert stored.json()["results"] == [{"id": job, "status": "success"}]
    shown = http.get(_path(job))
    assert (shown.status_code, shown.json()) == (200, {"id": job, "conflict_policy": "stop"})
    assert "content-type" not in shown.request.headers


def test_what_comes_before_the_handler_is_there_at_once(http: httpx.Client) -> None:
    """Route, method, credentials, project and parameters are checked as for the first operation."""
    path = _path(FIRST.job_ids[0])
    token = {"X-Auth-Token": "nobody's"}
    language = {"X-Language": "fr"}
    responses = [
        http.get(_path("no such job")),
        http.post(path),
        http.get(path, headers=token),
        http.get(_path("a" * 201)),
        http.get(_path("1", project_id="a b")),
        http.get(_path("1", project_id=SECOND.project_id)),
        http.get(path, headers=language),
    ]
    assert [response.status_code for response in responses] == [404, 405, 401, 400, 400, 403, 400]
    assert responses[1].headers["Allow"] == "GET"
    assert all(response.json().keys() >= {"error_code", "error_msg"} for response in responses)


@pytest.mark.system
def test_a_fault_of_the_first_operation_leaves_it_alone(contract: Contract) -> None:
    """A fault that reads results or items finds none here, and must not make a failure of it."""

    async def statuses() -> dict[str, int]:
        handlers = {"showSyncPolicy": show_sync_policy}
        found: dict[str, int] = {}
        for fault in catalogue(contract):
            app = sandbox.create_app(contract=contract, handlers=handlers, faults=[fault.name])
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
                headers = {"X-Auth-Token": FIRST.token}
                response = await client.get(_path(FIRST.job_ids[0]), headers=headers)
                found[fault.name] = response.status_code
        return found

    found = asyncio.run(statuses())
    # These change the status of every 200, whatever is asked.
    assert {name for name in found if found[name] != 200} == {
        "answers-201",
        "answers-202",
        "answers-207",
    }


def test_the_client_has_a_function_for_it_that_works(
    contract: Contract, second: Running, tmp_path: Path
) -> None:
    """It is generated next to the first, and calls the live sandbox."""
    document = client_contract(contract.document)
    write_client(tmp_path / CLIENT, templates=OVERRIDES / "templates", document=document)
    jobs = f"{second.url}/_sandbox/projects/{FIRST.project_id}/jobs"
    httpx.post(jobs, json={"job_id": "job 1?ä"}).raise_for_status()
    done = completed(
        [sys.executable, "-c", CALL, second.url, FIRST.token, FIRST.project_id],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "job 1?ä\n"


def _found(contract: Contract, url: str, *, seconds: int) -> set[tuple[str, str]]:
    """The method and rule of each violation that a short run of the fuzzer finds."""
    described = sandbox.target_profile(url, max_body_bytes=sandbox.DEFAULT_MAX_BODY_BYTES)
    target = profile.parse(described, origin="of this test")
    ledger = Ledger(contract.rules)
    oracle = Oracle(contract, contract.operation("batchSetPolicy"), target)
    prober = Prober(oracle, over_http(target), ledger, seed=1, workers=2)
    assert stock.run(prober, seconds=seconds) > 0
    prober.wire.close()
    return {
        (violation.exchanges[0].request.method, violation.rule) for violation in ledger.violations()
    }


@pytest.mark.system
@pytest.mark.soak(usual=8, long=15)
def test_the_fuzzer_sends_it_and_finds_violations(amount: int, contract: Contract) -> None:
    """A server that keeps the contract raises no alarm; one with another body is caught."""
    with serving(contract) as server:
        assert _found(contract, server.url, seconds=amount) == set()
    with serving(contract, show_something_else) as server:
        wanted = ("GET", "answer-matches-schema")
        assert any(wanted in _found(contract, server.url, seconds=s) for s in (2, amount))
