"""Whether a dependency of ours is known to be vulnerable, as pip-audit says.

python -m tools.release.audit [--strict]

Checks what the wheel may pull in (`requirements/dev.txt` holds all extras). Exits 1 where there is
a finding. Where no advisory database could be asked, it says that nothing was checked: that is an
error with `--strict`, which the release workflow gives.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from tools.documents import ROOT
from tools.programs import program

_SECONDS: Final = 300


@frozen
class Audit:
    """What pip-audit found, and of how many packages it could find out nothing."""

    findings: tuple[str, ...]
    checked: int
    skipped: int
    trouble: str = ""


def audit(requirements: Path) -> Audit:
    """The advisories against the pinned requirements in a file."""
    options = ("--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off")
    try:
        done = subprocess.run(
            [program("pip-audit"), *options, "--requirement", str(requirements)],
            cwd=ROOT, capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
        report = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        return Audit((), 0, 0, trouble=f"{type(error).__name__}: pip-audit gave no report")
    return read_report(report)


def read_report(report: dict[str, Any]) -> Audit:
    """pip-audit's JSON as an `Audit`: it calls a package that it could not ask for `skipped`."""
    packages = report["dependencies"]
    skipped = [package for package in packages if "skip_reason" in package]
    findings = tuple(
        f"{package['name']} {package['version']}: {advisory['id']}, fixed in "
        f"{', '.join(advisory['fix_versions']) or 'no release yet'}"
        for package in packages
        for advisory in package.get("vulns", ())
    )
    return Audit(findings, len(packages) - len(skipped), len(skipped))


def main() -> int:
    parser = argparse.ArgumentParser(description="Asks for advisories against our dependencies.")
    parser.add_argument("--strict", action="store_true", help="fail where nothing could be asked")
    strict: bool = parser.parse_args().strict
    found = audit(ROOT / "requirements" / "dev.txt")
    for line in found.findings:
        print(line, file=sys.stderr)
    if found.findings:
        return 1
    if found.skipped or found.trouble:
        print(
            f"{found.checked} packages have no advisory; of {found.skipped} nothing could be found"
            f" out{': ' + found.trouble if found.trouble else ''}. pip-audit asks the"
            " package registry for advisories: run this where it can be reached.",
            file=sys.stderr,
        )
        return 1 if strict else 0
    print(f"{found.checked} packages, no advisory against any.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
