"""The requests of a finding, sent to a new server."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from drs_sync_policy import sandbox
from drs_sync_policy.fuzz import scenarios
from drs_sync_policy.fuzz.report.describe import Describer
from drs_sync_policy.fuzz.report.model import Example
from drs_sync_policy.fuzz.rules import words
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.profile import Target
from tests.fuzz import servers
from tests.processes import completed

_RUN = (
    "plain requests",
    "fields",
    "jobs more than once",
    "again",
    "policies out of place",
    "unknown fields and state",
    "failing items",
    "valid items rejected",
    "rejected requests",
    "two tenants",
)
"""The scenarios about what is stored whose requests come one after the other."""


_FIELD = re.compile(r"`([a-z_]+)`")


def examples(target: Target, *names: str) -> dict[str, list[Example]]:
    """The violations that these scenarios, or all, show of what `target` stores, by rule."""
    prober = servers.prober(target)
    for scenario in scenarios.ordered():
        if scenario.name in (names or _RUN):
            scenario.run(prober)
    prober.wire.close()
    describer = Describer(target, prober.ledger)
    found: dict[str, list[Example]] = {}
    for violation in sorted(prober.ledger.violations(), key=lambda entry: entry.size):
        found.setdefault(violation.rule, []).append(describer.example(violation))
    return found


@contextmanager
def served(*faults: str) -> Generator[Target]:
    """A sandbox with these faults."""
    with sandbox.running(faults=faults) as served:
        yield profile.parse(sandbox.target_profile(served.url, tenants=served.tenants))


def _findings(shown: dict[str, list[Example]]) -> Iterator[tuple[str, Example]]:
    """The smallest examples of each rule that are about what is stored."""
    for rule, found in shown.items():
        for example in found[:3]:
            if "/_sandbox/" in example.steps[-1].request:
                yield rule, example


def _shown_by(target: Target, failure: Example, checked: Target) -> str:
    """What a new server has stored after the steps of a finding, in the words of the finding."""
    with urllib.request.urlopen(
        urllib.request.Request(f"{target.url}/_sandbox/reset", method="POST"), timeout=10
    ):
        pass
    lines = [step.curl.replace(checked.url, target.url) for step in failure.steps]
    tokens = {name.removeprefix("$"): secret for secret, name in target.secrets}
    done = completed(
        ["bash", "-c", "; ".join(f"{line} --silent; printf '\\0'" for line in lines)],
        env={**tokens, "PATH": "/usr/bin:/bin"},
        check=True,
    )
    response = done.stdout.split("\0")[-2].split("\n\n")[-1]
    stored: dict[str, Any] = json.loads(response)["policy"]
    names = dict.fromkeys(_FIELD.findall(f"{failure.expected} {failure.received}"))
    wanted = failure.expected.partition(": ")[2]
    order = [name for name in _FIELD.findall(wanted) if name in names]
    return words.stored(stored, order)


def assert_shown_again(fault: str) -> None:
    """A new server with the fault shows what was received, and a right one does not."""
    with served(fault) as checked:
        found = list(_findings(examples(checked)))
    assert found
    with served(fault) as faulty, served() as right:
        for rule, failure in found:
            about = f"{rule}: {failure.case}: {len(failure.steps)} steps"
            assert _shown_by(faulty, failure, checked) == failure.received, about
            assert _shown_by(right, failure, checked) != failure.received, about
