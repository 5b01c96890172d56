"""What a type checker learns from the packages as they are installed."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tools.node import ROOT, node_environment, node_tool


def _faults(symbols: list[dict[str, Any]]) -> list[str]:
    return [
        f"{symbol['name']}: {' '.join(diagnostic['message'].split())}"
        for symbol in symbols
        if symbol["isExported"] and (symbol["isTypeAmbiguous"] or not symbol["isTypeKnown"])
        for diagnostic in symbol["diagnostics"]
        if not diagnostic["message"].startswith("No docstring")
    ]


@pytest.mark.parametrize("package", ["drs_sync_policy", "drs_sync_policy_api"])
def test_every_public_type_is_known(package: str) -> None:
    """Each public symbol has one type for every checker, as far as it depends on us."""
    done = subprocess.run(
        [node_tool("pyright"), "--verifytypes", package, "--ignoreexternal", "--outputjson"],
        cwd=ROOT,
        env=node_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)["typeCompleteness"]
    assert found["exportedSymbolCounts"]["withKnownType"] > 0
    assert _faults(found["symbols"]) == []
    assert found["completenessScore"] == 1
