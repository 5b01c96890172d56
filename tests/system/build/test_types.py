"""What a type checker learns from the packages as they are installed.

`--ignoreexternal` is needed because of libraries that are part of our interface on purpose. For
`drs_sync_policy_api`, and for the client, it is httpx alone: `Request.method`, `url`, `headers`,
`stream` and `extensions`, six such attributes of `Response`, and `Cookies.jar` are assigned in
`__init__` without an annotation, and so `httpx.Auth`, `Client` and `AsyncClient`, which a user may
give us, count as partly unknown. The rest of `drs_sync_policy` adds those of Starlette, SQLAlchemy,
schemathesis, rich and jsonschema_rs. Without the option pyright scores 96 % and 90 %.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.processes import completed
from tools.documents import ROOT
from tools.programs import node_environment, node_tool

# `make types` runs it, too: like its other checks it needs many seconds of pyright.


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
    done = completed(
        [node_tool("pyright"), "--verifytypes", package, "--ignoreexternal", "--outputjson"],
        cwd=ROOT,
        env=node_environment(),
    )
    found = json.loads(done.stdout)["typeCompleteness"]
    assert found["exportedSymbolCounts"]["withKnownType"] > 0
    assert _faults(found["symbols"]) == []
    assert found["completenessScore"] == 1
