"""The wheel and the sdist in `dist/`: the same bytes wherever and whenever they are built.

python -m tools.release.build

Builds twice, the second time from a copy elsewhere with other file modes and times, and rejects
artifacts that differ. Then `twine check --strict`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from drs_sync_policy.contract import Contract
from tools.documents import ROOT
from tools.programs import program, run

DIST: Final = ROOT / "dist"
_INPUTS: Final = (
    "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", ".gitignore", "openapi.yaml",
    "src", "generated", "tools/release/readme.py",
)  # fmt: skip


def build(root: Path, into: Path) -> dict[str, bytes]:
    """The artifacts of the tree at `root` by name, written into `into`, which is emptied first."""
    shutil.rmtree(into, ignore_errors=True)
    # The caller's clock must not matter: hatchling has a fixed one where this is absent.
    environment = {key: os.environ[key] for key in os.environ if key != "SOURCE_DATE_EPOCH"}
    run([program("hatchling"), "build", "--directory", str(into)], cwd=root, env=environment)
    return {path.name: path.read_bytes() for path in sorted(into.iterdir())}


def build_twice(root: Path, into: Path) -> dict[str, bytes]:
    """The artifacts, built here and elsewhere; ends naming those that are not the same bytes."""
    artifacts = build(root, into)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "elsewhere"
        copy_inputs(root, copy)
        again = build(copy, Path(folder) / "dist")
    different = [name for name in artifacts if again.get(name) != artifacts[name]]
    if different or artifacts.keys() != again.keys():
        raise SystemExit(f"built twice, these differ: {', '.join(different) or 'their names'}")
    return artifacts


def copy_inputs(root: Path, copy: Path) -> None:
    """What goes into the artifacts, with the times and modes of another machine."""
    for name in _INPUTS:
        source, target = root / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for path in copy.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o700 if path.is_dir() else 0o600)


def contract_inside(wheel: Path) -> tuple[str, str]:
    """The version of the contract in a wheel, and the hash of its base edition as computed."""
    with zipfile.ZipFile(wheel) as archive:
        document = json.loads(archive.read("drs_sync_policy_contract/base.json"))
    return document["info"]["version"], Contract(document).sha256


def check(artifacts: list[Path]) -> None:
    """Ends with what `twine check` says where an artifact could not be shown on an index."""
    command = [program("twine"), "--no-color", "check", "--strict", *map(str, artifacts)]
    if subprocess.run(command, check=False).returncode != 0:
        raise SystemExit("`twine check` rejected an artifact; see above")


def main() -> int:
    artifacts = build_twice(ROOT, DIST)
    check([DIST / name for name in artifacts])
    for name, content in artifacts.items():
        print(f"{hashlib.sha256(content).hexdigest()}  dist/{name}")
    (wheel,) = DIST.glob("*.whl")
    version, digest = contract_inside(wheel)
    print(f"The wheel holds contract {version}, sha256 {digest}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
