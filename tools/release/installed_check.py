"""Uses an installed wheel as its users do: run by `installed.py` with nothing of ours on the path.

It imports each layer, sets policies through the client on a live sandbox, and has the command say
its version and fuzz the sandbox. It prints one line where all of it works.
"""

# This file stands alone: it may import nothing from the tree that it lies in.
from __future__ import annotations

import hashlib
import importlib
import json
import subprocess
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path


def contract_is_whole() -> str:
    from drs_sync_policy import contract
    from drs_sync_policy_contract import SHA256, VERSION

    for name in contract.editions():
        text = files("drs_sync_policy_contract").joinpath(f"{name}.json").read_text("utf-8")
        canonical = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(canonical.encode()).hexdigest() == SHA256[name], name
        assert contract.load(name).version == VERSION, name
    assert len(contract.load().rules) > 0
    return VERSION


def policies_are_set() -> None:
    from drs_sync_policy import SyncPolicyClient, SyncPolicyReq, TokenAuth
    from drs_sync_policy.sandbox import running

    with running() as server:
        tenant = server.tenants[0]
        items = [SyncPolicyReq(job_id=tenant.job_ids[0], conflict_policy="ignore")]
        items.append(SyncPolicyReq(job_id="unknown", index_trans=True))
        with SyncPolicyClient(
            base_url=server.url, project_id=tenant.project_id, auth=TokenAuth(tenant.token)
        ) as drs:
            outcome = drs.set_policies(items)
    assert (len(outcome.succeeded), len(outcome.failed)) == (1, 1), outcome


def layers_import() -> None:
    for name in ("drs_sync_policy", "drs_sync_policy.cli", "drs_sync_policy.fuzz"):
        module = importlib.import_module(name)
        assert "site-packages" in str(module.__file__), module.__file__


def command_runs() -> None:
    program = Path(sys.executable).with_name("drs-sync-policy")
    for option in ("--version", "--help"):
        done = subprocess.run([program, option], capture_output=True, text=True, check=True)
        assert not done.stderr, done.stderr
        assert option == "--help" or version("drs-sync-policy") in done.stdout, done.stdout
    checked = subprocess.run(
        [program, "fuzz", "--sandbox", "--budget", "0"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


if __name__ == "__main__":
    layers_import()
    contract_version = contract_is_whole()
    policies_are_set()
    command_runs()
    names = ("attrs", "httpx", "msgspec", "click", "starlette", "sqlalchemy", "schemathesis")
    shown = ", ".join(f"{name} {version(name)}" for name in names)
    ours = version("drs-sync-policy")
    print(f"drs-sync-policy {ours} with contract {contract_version} works ({shown})")
