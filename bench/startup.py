"""What it costs to import a client and to make one, each time in a process of its own."""

from __future__ import annotations

import compileall
import json
import subprocess
import sys
from importlib.util import find_spec
from statistics import median
from typing import Final

from bench.measure import Ratio, in_turns, table

_HTTPX: Final = "import httpx; httpx.Client()"
_CASES: Final = {
    "python": "pass",
    "import httpx, a client": _HTTPX,
    "the reference again (A/A)": _HTTPX,
    "import drs_sync_policy": "import drs_sync_policy",
    "import drs_sync_policy, a client": (
        "from drs_sync_policy import SyncPolicyClient;"
        "SyncPolicyClient(region='eu-de', project_id='p', auth='t')"
    ),
    "official SDK, a client": (
        "import warnings; warnings.simplefilter('ignore');"
        "from huaweicloudsdkdrs.v3 import DrsClient;"
        "from huaweicloudsdkcore.auth.credentials import BasicCredentials;"
        "DrsClient.new_builder().with_credentials(BasicCredentials('a', 's', 'p'))"
        ".with_endpoint('https://drs.eu-de.otc.t-systems.com').build()"
    ),
}
_REPORT: Final = (
    "; import json, time;"
    "status = open('/proc/self/status').read();"
    "print(json.dumps([time.process_time(), int(status.split('VmHWM:')[1].split()[0])]))"
)
_SECOND: Final = (
    "from time import process_time as t; from drs_sync_policy import SyncPolicyClient;"
    "make = lambda: SyncPolicyClient(region='eu-de', project_id='p', auth='t');"
    "first = make(); a = t(); [make() for _ in range(20)]; print((t() - a) / 20)"
)


def report(rounds: int) -> Ratio:
    """Prints the table; returns the CPU of ours as a multiple of httpx's, both less python's."""
    _compile()
    cases = dict(_CASES)
    if not find_spec("huaweicloudsdkdrs"):
        del cases["official SDK, a client"]
    costs = in_turns(cases, rounds, _cost)
    bare = [cpu for cpu, _ in costs["python"]]
    httpx_ = _over(costs["import httpx, a client"], bare)

    print("\n### Import and a first client, in a new process\n")
    rows = [
        [name,
         f"{median(cpu for cpu, _ in costs[name]) * 1e3:.0f}",
         f"{median(rss for _, rss in costs[name]) / 1024:.0f}",
         "-" if name == "python" else str(Ratio.between(_over(costs[name], bare), httpx_))]
        for name in cases
    ]  # fmt: skip
    header = ["what", "CPU ms", "RSS MB", "CPU over python's / httpx's (95 %)"]
    print(table(header, rows))
    second = median(float(_run(_SECOND)) for _ in range(5))
    print(f"\nA second client in the same process costs {second * 1e3:.2f} ms of CPU.")
    return Ratio.between(_over(costs["import drs_sync_policy, a client"], bare), httpx_)


def _compile() -> None:
    """Writes the bytecode that an installation has, as pip does for every other package."""
    for name in ("drs_sync_policy", "drs_sync_policy_api"):
        spec = find_spec(name)
        assert spec is not None
        for folder in spec.submodule_search_locations or ():
            compileall.compile_dir(folder, quiet=2)


def _cost(code: str) -> tuple[float, int]:
    """Seconds of CPU, and the most memory in KiB."""
    cpu, memory = json.loads(_run(code + _REPORT))
    return cpu, memory


def _run(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _over(costs: list[tuple[float, int]], bare: list[float]) -> list[float]:
    return [max(cpu - base, 1e-4) for (cpu, _), base in zip(costs, bare, strict=True)]
