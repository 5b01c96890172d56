"""From contract to verdict: what this project does, one step after another.

python -m tools.demo      after `make setup`; `make demo` does both
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from drs_sync_policy import sandbox
from drs_sync_policy_api import AuthenticatedClient
from drs_sync_policy_api.api.synchronization_policies import batch_set_policy
from drs_sync_policy_api.models import (
    BatchSetPolicyReq,
    BatchSetPolicyResponse,
    ConflictPolicy,
    SyncPolicyReq,
)
from tools import alive

ROOT = Path(__file__).resolve().parent.parent
UNKNOWN_JOB = "5a9c4b1e-7d0f-4c55-8a3e-2b6f9d1jb999"


def step(number: int, title: str, why: str) -> None:
    print(
        f"\n\033[1m[{number}/5] {title}\033[0m"
        if sys.stdout.isatty()
        else f"\n[{number}/5] {title}"
    )
    print(textwrap.indent(textwrap.fill(why, 88), "      "))


def run(verb: str, *, shows_progress: bool = False) -> int:
    command = ("make", "--no-print-directory", verb)
    print(f"      $ {' '.join(command)}", flush=True)
    return alive.run(command, cwd=ROOT, quiet=shows_progress and sys.stdout.isatty())


def set_policies(url: str, token: str, project_id: str, job_id: str) -> None:
    client = AuthenticatedClient(base_url=url, token=token)
    response = batch_set_policy.sync(
        project_id,
        client=client,
        body=BatchSetPolicyReq(
            jobs=[
                SyncPolicyReq(job_id=job_id, conflict_policy=ConflictPolicy.IGNORE),
                SyncPolicyReq(job_id=UNKNOWN_JOB, conflict_policy=ConflictPolicy.STOP),
            ]
        ),
    )
    if not isinstance(response, BatchSetPolicyResponse):
        raise SystemExit(f"      the sandbox responded {response!r}")
    for result in response.results:
        detail = f": {result.error_code} {result.error_msg}" if result.error_code else ""
        print(f"      {result.id}  {result.status}{detail}")


def main() -> int:
    step(1, "Regenerate and compare",
         "The client in generated/ is written from openapi.yaml. Writing it again elsewhere and"
         " comparing whole trees shows that nobody edited it: the contract is its only source."
    )  # fmt: skip
    if run("check-generated"):
        return 1

    step(2, "Start the sandbox",
         "The sandbox passes every rule of the contract. It validates from the same"
         " document, stores policies in SQLite and knows two tenants with a few jobs each."
    )  # fmt: skip
    with sandbox.running() as server:
        tenant = server.tenants[0]
        print(f"      listening on {server.url}, project {tenant.project_id}")

        step(3, "Set the policy of a job, and see that of an unknown one fail",
             "Through the generated client. One job is the tenant's own, one does not exist. The"
             " batch is carried out as far as it can be: the unknown job is a failed result, not"
             " an exception."
    )  # fmt: skip
        set_policies(server.url, tenant.token, tenant.project_id, tenant.job_ids[0])

    step(4, "Fuzz the sandbox",
         "The fuzzer derives its requests from the contract and checks every response by the"
         " contract's rules. Point it at your own server: make fuzz TARGET=target.toml"
    )  # fmt: skip
    if run("fuzz", shows_progress=True):
        return 1

    step(5, "Build the site",
         "The guide and the API reference, readable offline. The reference is one self-contained"
         " page with every field, value, status and example."
    )  # fmt: skip
    if run("docs"):
        return 1
    print(f"      open it: {(ROOT / 'site' / 'index.html').as_uri()}")
    print("\nDone. Next: README.md, `make` for all verbs, `make sandbox` for a server to call.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
