"""What a user can notice, as files under `tests/snapshots/`: a change of it shows as a diff.

    python -m tools.snapshots [--check | --write] [NAME...]

`--check` is the default. Without a name all of `QUICK` are checked or written. `faults` takes some
minutes. `requests` can only be written: it records the requests that `sandbox-bytes` replays, and
two recordings differ, because some scenarios send at the same time. A snapshot changes only in a
commit whose message names the change.

Left out, because they differ between two runs: request ids (random), the release in `User-Agent`,
and the port of a loopback server. Left out, because an edit of the contract changes them:
its version, the fields of its schemas, and the faults that are made of them. `make diff` shows
these, and the committed `generated/`.
"""

from __future__ import annotations

import difflib
import gzip
from collections.abc import Callable, Mapping
from typing import Final

from tools.snapshots.client_bytes import client_bytes
from tools.snapshots.client_errors import client_errors
from tools.snapshots.command import command_help
from tools.snapshots.fault_finding import found_faults
from tools.snapshots.files import FOLDER
from tools.snapshots.messages import messages
from tools.snapshots.python_api import public_api
from tools.snapshots.sandbox_bytes import REQUESTS, record_requests, sandbox_bytes

REWRITE: Final = "If the change is wanted, run `make snapshots` and name it in the commit message."

SNAPSHOTS: Final[Mapping[str, tuple[str, Callable[[], str]]]] = {
    "public-api": ("public-api.json", public_api),
    "help": ("help.txt", command_help),
    "messages": ("messages.txt", messages),
    "sandbox-bytes": ("sandbox-bytes.txt.gz", sandbox_bytes),
    "client-bytes": ("client-bytes.json", client_bytes),
    "client-errors": ("client-errors.json", client_errors),
    "faults": ("faults.json", found_faults),
    "requests": (REQUESTS, record_requests),
}
QUICK: Final = tuple(name for name in SNAPSHOTS if name not in ("faults", "requests"))


def difference(name: str) -> str:
    """How what there is now differs from the committed snapshot; empty where it does not."""
    file, make = SNAPSHOTS[name]
    path = FOLDER / file
    content = path.read_bytes() if path.exists() else b""
    before = (gzip.decompress(content) if content and path.suffix == ".gz" else content).decode()
    now = make()
    lines = difflib.unified_diff(
        before.splitlines(),
        now.splitlines(),
        f"{file}, committed",
        f"{file}, now",
        lineterm="",
        n=1,
    )
    return "\n".join(line[:300] for line in lines)


def write(name: str) -> None:
    """Put the snapshot of what there is now in place of the committed one."""
    file, make = SNAPSHOTS[name]
    content = make().encode()
    packed = gzip.compress(content, mtime=0) if file.endswith(".gz") else content
    (FOLDER / file).write_bytes(packed)
