"""Habits of servers that keep the contract, and what a run says of such a server."""

from __future__ import annotations

from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.verdict import Verdict
from tests.fuzz import servers
from tests.fuzz.servers import Habits

HABITS = {
    "as ours": Habits(),
    "422 for every invalid body": Habits(invalid_body=422, malformed_body=422),
    "422 for bodies that break the schema": Habits(invalid_body=422),
    "403 for a bad token": Habits(bad_token=(403,)),
    "401 or 403, and 400 or 404, at random": Habits(bad_token=(401, 403), bad_project=(400, 404)),
    "messages of its own": Habits(
        texts={
            "unknown": ("I have never heard of {id}.", "从未听说过 {id}"),
            "busy": ("Not now", "现在不行"),
            "request": ("Bad!", "错误！"),
        }
    ),
    "other error codes": Habits(codes={"unknown": "404", "busy": "X-Y", "request": "bad_request"}),
    "a request id": Habits(request_id=True),
    "no read-back": Habits(readback=False),
    "no second tenant": Habits(second_tenant=False, blocked=False),
    "connections dropped after a request": Habits(requests_per_connection=1),
    "connections dropped after 7 requests": Habits(requests_per_connection=7),
    "a gateway's 404 for other methods": Habits(other_method=404),
    "HTTP/1.0": Habits(http10=True),
    "early hints": Habits(hints=2),
    "a limit of 1 MB": Habits(limit=1_000_000),
    "plain media type": Habits(content_type="application/json"),
    "one of two messages at random": Habits(varies=2),
    "any of 30 messages at random": Habits(varies=30),
    "compressed responses": Habits(compresses=True),
    "503 now and then": Habits(unavailable_every=40),
}


def accusations(verdict: Verdict) -> list[str]:
    """The violations of a verdict, a line for each."""
    return [
        f"{violation.rule}: {violation.case}: expected {violation.expected}, {violation.received}"
        for violation in verdict.ledger.violations()
    ]


def to_the_end(target: Target, *, seed: int, budget: float) -> list[Verdict]:
    """A run that is complete; before it the one that was not, where the machine was busy."""
    verdicts = [run(target, seed=seed, budget=budget)]
    if (first := verdicts[0]).ending != "complete":
        assert first.ending == "too little checked", first.reason
        assert not first.crashes, first.reason
        verdicts.append(run(target, seed=seed, budget=0))  # what is required, however long it takes
    assert verdicts[-1].ending == "complete", verdicts[-1].reason
    return verdicts


TOGETHER = {
    "one": Habits(
        invalid_body=422,
        malformed_body=422,
        texts=HABITS["messages of its own"].texts,
        codes=HABITS["other error codes"].codes,
        request_id=True,
        requests_per_connection=7,
        limit=1_000_000,
        hints=1,
        compresses=True,
        varies=2,
    ),
    "another": Habits(
        bad_token=(403,),
        other_method=404,
        http10=True,
        second_tenant=False,
        blocked=False,
        content_type="application/json",
        prefix="/api/drs",
        cleans_paths=True,
        more_jobs=("job-", "x", "0", "job-a1"),
        varies=9,
    ),
}


def assert_not_accused(habits: Habits, *, budget: float) -> None:
    """A run on a server with these habits comes to its end without a violation."""
    with servers.serving(habits) as server:
        verdict = run(servers.target(server), seed=5, budget=budget, schemathesis=False)
    assert accusations(verdict) == []
    assert verdict.ending == "complete"
