"""The verdict of every contract linter on the base contract and on each edition.

python -m tools.lint_contract              openapi.yaml and the editions made from it
python -m tools.lint_contract FILE ...     these files instead

Redocly (`recommended-strict` and our own rules, `overrides/redocly.yaml`), then Spectral
(`spectral:oas`, `overrides/spectral.yaml`). Both always run, so that one run shows everything.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.documents import CONTRACT, ROOT
from tools.editions import write_editions
from tools.node import node_environment, node_tool


def redocly(*arguments: str) -> list[str]:
    """The command that lints by Redocly's rules and ours."""
    return [node_tool("redocly"), "lint", "--config", "overrides/redocly.yaml", *arguments]


def spectral(*arguments: str) -> list[str]:
    """The command that lints by Spectral's rules; a warning fails, too."""
    options = ("--ruleset", "overrides/spectral.yaml", "--fail-severity", "warn")
    return [node_tool("spectral"), "lint", *options, *arguments]


def lint(*contracts: Path) -> int:
    """0 where no linter objects to any of `contracts`, else 1; what they say is on the terminal."""
    files = [str(contract) for contract in contracts]
    codes = [
        subprocess.run(command, cwd=ROOT, env=node_environment(), check=False).returncode
        for command in (redocly(*files), spectral("--quiet", *files))
    ]
    return int(any(codes))


def main() -> int:
    parser = argparse.ArgumentParser(description="Lints the contract and its editions.")
    parser.add_argument("file", nargs="*", type=Path, help="lint these instead")
    chosen: list[Path] = [path.resolve() for path in parser.parse_args().file]
    if chosen:
        return lint(*chosen)
    with tempfile.TemporaryDirectory() as folder:
        return lint(CONTRACT, *write_editions(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
