"""The Python sample of the contract, run as a reader would run it."""

from __future__ import annotations

import os
import sys

from drs_sync_policy import contract
from drs_sync_policy.testing import Sandbox
from tests.processes import completed


def test_the_contracts_python_sample_runs(drs_sandbox: Sandbox) -> None:
    """With three variables in the environment the sample sets a policy and prints the outcome."""
    paths = contract.load().document["paths"].values()
    samples = [sample for item in paths for sample in item["post"].get("x-codeSamples", ())]
    (source,) = (sample["source"] for sample in samples if sample["lang"] == "Python")
    done = completed(
        [sys.executable, "-c", source], timeout=30, env={**os.environ, **drs_sandbox.environment()}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "19557d51-1ee6-4507-97a6-8f69164jb201 succeeded None None\n"
    stored = drs_sandbox.policy("19557d51-1ee6-4507-97a6-8f69164jb201")
    assert stored == {"conflict_policy": "ignore", "index_trans": True}
