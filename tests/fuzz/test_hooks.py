"""The rules about one response, as checks of schemathesis's own command."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import requests
from schemathesis.core.transport import Response

from drs_sync_policy import contract, sandbox
from drs_sync_policy.fuzz import hooks
from tests.processes import completed

from . import servers


def test_the_command_line_of_schemathesis_knows_our_rules(tmp_path: Path) -> None:
    """With our hooks it sees a count that stock schemathesis lets pass, and names the rule."""
    with sandbox.running(faults=["count-off-by-one"]) as served:
        document = sandbox.target_profile(served.url, tenants=served.tenants)
        (tmp_path / "target.toml").write_text(sandbox.to_toml(document), "utf-8")
        (tmp_path / "openapi.json").write_text(json.dumps(contract.load().document), "utf-8")
        target = document["target"]
        (tmp_path / "schemathesis.toml").write_text(
            f'base-url = "{served.url}"\n'
            f'[auth.openapi.X-Auth-Token]\napi_key = "{target["token"]}"\n'
            f'[parameters]\n"path.project_id" = "{target["project_id"]}"\n',
            "utf-8",
        )
        done = completed(
            [
                str(Path(sys.executable).parent / "schemathesis"),
                *("run", "openapi.json", "--phases", "examples", "--no-color"),
            ],
            cwd=tmp_path,
            env={
                **os.environ,
                "SCHEMATHESIS_HOOKS": "drs_sync_policy.fuzz.hooks",
                "DRS_SYNC_POLICY_TARGET": "target.toml",
            },
        )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Rule failed: count-equals-results" in done.stdout


def test_a_body_that_was_streamed_is_not_held_against_the_server() -> None:
    """What was sent in pieces cannot be read again, and may be rejected before the credentials."""
    with servers.probing(servers.Habits()) as prober:
        url = f"{prober.target.url}/v3/{prober.target.tenant.project_id}/jobs/batch-sync-policy"
        response = requests.post(url, data=iter([b"{", b"}"]), timeout=10)
        seen = hooks.exchange(Response.from_requests(response, verify=True), prober.oracle)
    assert response.status_code == 400
    assert seen.expectation.statuses is None
