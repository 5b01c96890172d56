"""A finding about what is stored can be repeated: its requests alone show it on a new server."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from drs_sync_policy import contract, sandbox
from drs_sync_policy.fuzz import scenarios
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.report.describe import Describer
from drs_sync_policy.fuzz.report.model import Example
from drs_sync_policy.fuzz.rules import words
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.connection import over_http
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.verdict import Ledger

_RUN = (
    "plain requests",
    "fields",
    "jobs more than once",
    "again",
    "unknown fields and state",
    "failing items",
    "rejected requests",
    "two tenants",
)
"""The scenarios about what is stored whose requests come one after the other."""
_FIELD = re.compile(r"`([a-z_]+)`")


def _examples(target: Target) -> dict[str, list[Example]]:
    """The violations about what `target` stores, for reading, by rule."""
    loaded = contract.load()
    prober = Prober(
        Oracle(loaded, loaded.operations[0], target),
        over_http(target),
        Ledger(loaded.rules),
        seed=1,
    )
    for scenario in scenarios.ordered():
        if scenario.name in _RUN:
            scenario.run(prober)
    prober.wire.close()
    describer = Describer(target, prober.ledger)
    examples: dict[str, list[Example]] = {}
    for violation in sorted(prober.ledger.violations(), key=lambda entry: entry.size):
        examples.setdefault(violation.rule, []).append(describer.example(violation))
    return examples


@contextmanager
def _served(*faults: str) -> Generator[Target]:
    with sandbox.running(faults=faults) as served:
        yield profile.parse(sandbox.target_profile(served.url, tenants=served.tenants))


def _findings(examples: dict[str, list[Example]]) -> Iterator[tuple[str, Example]]:
    """The smallest examples of each rule that are about what is stored."""
    for rule, found in examples.items():
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
    done = subprocess.run(
        ["bash", "-c", "; ".join(f"{line} --silent; printf '\\0'" for line in lines)],
        env={**tokens, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    response = done.stdout.split("\0")[-2].split("\n\n")[-1]
    stored: dict[str, Any] = json.loads(response)["policy"]
    names = dict.fromkeys(_FIELD.findall(f"{failure.expected} {failure.received}"))
    wanted = failure.expected.partition(": ")[2]
    order = [name for name in _FIELD.findall(wanted) if name in names]
    return words.stored(stored, order)


@pytest.mark.parametrize(
    "fault",
    [
        "replaces-policy",
        pytest.param("resets-booleans", marks=pytest.mark.system),
        pytest.param("clears-texts", marks=pytest.mark.system),
        "first-call-wins",
        pytest.param("true-stays-true", marks=pytest.mark.system),
        pytest.param("toggles-booleans", marks=pytest.mark.system),
        "loses-slot-name",
        pytest.param("loses-false", marks=pytest.mark.system),
        "stores-first-item",
        pytest.param("earlier-item-wins", marks=pytest.mark.system),
        pytest.param("only-last-item-counts", marks=pytest.mark.system),
    ],
)
def test_the_requests_of_a_finding_bring_it_about_on_a_new_server(fault: str) -> None:
    """A server with the same fault shows what was received, and a right one does not."""
    with _served(fault) as checked:
        examples = _examples(checked)
    found = list(_findings(examples))
    assert found
    with _served(fault) as faulty, _served() as right:
        for rule, failure in found:
            about = f"{rule}: {failure.case}: {len(failure.steps)} steps"
            assert _shown_by(faulty, failure, checked) == failure.received, about
            assert _shown_by(right, failure, checked) != failure.received, about


def test_what_sets_the_fields_comes_first_and_says_so() -> None:
    """A request that leaves fields out is preceded by one that sets them, and by no more."""
    with _served("replaces-policy") as checked:
        examples = _examples(checked)
    steps = examples["omitted-field-keeps-its-value"][0].steps
    assert [step.prepares for step in steps] == [True, False, False]
