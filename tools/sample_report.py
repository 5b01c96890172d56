"""Writes the sample report of the site, `docs/assets/report.html`: a real run, repeated on demand.

python -m tools.sample_report

The fuzzer checks a sandbox with two faults, as a reader would check a server.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from drs_sync_policy import sandbox
from tools.documents import ROOT
from tools.programs import program, run

FAULTS: Final = ("ids-trimmed", "any-media-type")
REPORT: Final = ROOT / "docs" / "assets" / "report.html"


def main() -> None:
    """Runs the fuzzer over HTTP, and keeps its page."""
    with tempfile.TemporaryDirectory() as folder, sandbox.running(faults=FAULTS) as server:
        document = sandbox.target_profile(
            server.url, tenants=server.tenants, max_body_bytes=sandbox.DEFAULT_MAX_BODY_BYTES
        )
        Path(folder, "target.toml").write_text(sandbox.to_toml(document), "utf-8")
        options = ["--target=target.toml", "--seed=1", "--budget=60", "--report=reports"]
        # It finds the faults: exit code 1.
        run([program("drs-sync-policy"), "fuzz", *options], cwd=Path(folder), fine=[1])
        shutil.copyfile(Path(folder, "reports", "report.html"), REPORT)


if __name__ == "__main__":
    main()
