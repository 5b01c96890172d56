"""`pytest tests/contract --target FILE` checks a server; without `--target`, our own sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drs_sync_policy import contract, sandbox
from drs_sync_policy.fuzz.active import DEFAULT_BUDGET, run
from drs_sync_policy.fuzz.report.describe import describe
from drs_sync_policy.fuzz.report.model import Report
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.asgi import over_asgi
from drs_sync_policy.fuzz.target.processes import started
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy.sandbox.seed import TENANTS

ON_OUR_SANDBOX = 60.0
"""Seconds; our scenarios end earlier. tests/system/fuzz runs the deep set, and schemathesis."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract", "the rules of the contract, checked on a server")
    group.addoption("--target", type=Path, help="the target profile of the server to be checked")
    group.addoption("--budget", type=float, help="seconds for the run")
    group.addoption("--fuzz-seed", type=int, default=0, help="choose what is sent")


@pytest.fixture(scope="session")
def verdict(request: pytest.FixtureRequest) -> Iterator[Verdict]:
    """The verdict of one run, on the target or, in process, on our sandbox."""
    options = request.config
    path = options.getoption("--target", None)
    budget = options.getoption("--budget", None) or (DEFAULT_BUDGET if path else ON_OUR_SANDBOX)
    seed = options.getoption("--fuzz-seed", 0)
    rules = _wanted(request.session)
    if path is not None:
        target = profile.load(path, against=contract.load())
        with started(target):
            yield run(target, seed=seed, budget=budget, rules=rules)
        return
    limit = sandbox.DEFAULT_MAX_BODY_BYTES
    document = sandbox.target_profile("http://application", tenants=TENANTS, max_body_bytes=limit)
    ours = profile.parse(document)
    with over_asgi(sandbox.create_app(), ours) as wire:
        yield run(ours, seed=seed, budget=budget, deep=False, rules=rules, wire=wire)


def _wanted(session: pytest.Session) -> set[str]:
    """The rules of the tests that were chosen, with `-k` for example; empty if all are."""
    known = {rule.id for rule in contract.load().rules}
    chosen = {
        str(item.callspec.params.get("rule"))
        for item in session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    }
    return chosen & known if chosen < known else set()


@pytest.fixture(scope="session")
def report(verdict: Verdict) -> Report:
    """The verdict for reading: secrets hidden, requests as curl commands."""
    return describe(verdict)
