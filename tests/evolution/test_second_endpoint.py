"""A second operation in the contract needs no edit of the machinery: only a handler is missing.

`second_endpoint.yaml` adds `showSyncPolicy`, a GET without a body, to the contract. It goes through
lint, generation, sandbox, judge and reference page as it is.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from drs_sync_policy import sandbox
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz import profile, stock
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.verdict import Ledger
from drs_sync_policy.fuzz.wire import over_http
from drs_sync_policy.sandbox.operations import NoHandlerError
from drs_sync_policy.sandbox.seed import TENANTS
from drs_sync_policy.sandbox.serving import Server, config, listen
from tools.documents import CONTRACT, read_document
from tools.editions import client_contract
from tools.generate import CLIENT, OVERRIDES, write_client
from tools.lint_contract import lint
from tools.overlay import apply

PATH = re.compile(rb"/v3/[0-9A-Za-z_-]+/jobs/([^/]+)/sync-policy")
CALL = """
import sys
from drs_sync_policy_api import AuthenticatedClient
from drs_sync_policy_api.api.synchronization_policies import show_sync_policy

url, token, project_id = sys.argv[1:]
with AuthenticatedClient(base_url=url, token=token) as client:
    print(show_sync_policy.sync(project_id, "job 1/ä", client=client).id)
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


class Second:
    """A server of both operations: the sandbox, and in front of it the one that it lacks."""

    def __init__(self, inner: ASGIApp, *, body: dict[str, Any] | None = None) -> None:
        self._inner = inner
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = PATH.fullmatch(scope["raw_path"]) if scope["type"] == "http" else None
        if match is None or scope["method"] != "GET":
            await self._inner(scope, receive, send)
            return
        headers = dict(scope["headers"])
        answer = JSONResponse(self._body or {"id": unquote(match[1].decode())})
        if headers.get(b"x-auth-token") != TENANTS[0].token.encode():
            answer = JSONResponse({"error_code": "APIGW.0301", "error_msg": "No."}, 401)
        await answer(scope, receive, send)


@contextmanager
def serving(app: ASGIApp) -> Generator[str]:
    with listen("127.0.0.1", 0) as listener:
        server = Server(config(app))  # type: ignore[arg-type]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def test_the_contract_is_linted_as_it_is(contract_file: Path) -> None:
    """No rule of ours was written for one operation."""
    assert lint(contract_file) == 0


def test_the_client_has_a_function_for_it_that_works(contract: Contract, tmp_path: Path) -> None:
    """It is generated beside the first, and calls a live server."""
    document = client_contract(contract.document)
    write_client(tmp_path / CLIENT, templates=OVERRIDES / "templates", document=document)
    with serving(Second(sandbox.create_app())) as url:
        done = subprocess.run(
            [sys.executable, "-c", CALL, url, TENANTS[0].token, TENANTS[0].project_id],
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "job 1/ä\n"


def test_the_sandbox_names_the_handler_that_is_missing(contract: Contract) -> None:
    """Nothing else is: the operation is named, and the place where its handler goes."""
    with pytest.raises(NoHandlerError, match=r"no handler for `showSyncPolicy` .*`HANDLERS`"):
        sandbox.create_app(contract=contract)


def _judged(contract: Contract, url: str, *, seconds: int) -> set[tuple[str, str]]:
    """The method and rule of each breach that a short run of the judge finds."""
    described = sandbox.target_profile(url, max_body_bytes=sandbox.DEFAULT_MAX_BODY_BYTES)
    target = profile.parse(described, origin="of this test")
    ledger = Ledger(contract.rules)
    oracle = Oracle(contract, contract.operation("batchSetPolicy"), target)
    prober = Prober(oracle, over_http(target), ledger, seed=1, workers=2)
    assert stock.run(prober, seconds=seconds) > 0
    prober.wire.close()
    return {(breach.exchanges[0].call.method, breach.rule) for breach in ledger.breaches()}


@pytest.mark.system
def test_the_judge_calls_it_and_finds_what_is_wrong(contract: Contract) -> None:
    """A server that keeps the contract raises no alarm; one with another body is caught."""
    with serving(Second(sandbox.create_app())) as url:
        assert _judged(contract, url, seconds=15) == set()
    with serving(Second(sandbox.create_app(), body={"nope": 1})) as url:
        assert ("GET", "answer-matches-schema") in _judged(contract, url, seconds=15)
