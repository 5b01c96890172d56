"""The wheel of `dist/`, installed and used on every Python of this machine that it supports.

python -m tools.release.installed

For each Python of 3.11 and newer: a fresh environment with the wheel and all its extras, then with
the lowest versions of its direct dependencies that `pyproject.toml` allows. In each, the program
`installed_check.py` runs with the sources of this tree out of reach.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.documents import ROOT
from tools.programs import program
from tools.release.build import DIST

OLDEST: Final = (3, 11)
_CHECK: Final = Path(__file__).with_name("installed_check.py")


@functools.cache
def pythons() -> dict[str, Path]:
    """The Pythons that we support and this machine has, by MAJOR.MINOR: on PATH, then pyenv's."""
    found: dict[tuple[int, int], Path] = {}
    for named, path in _candidates():
        # One that runs suffices for each: to ask them all takes a second.
        if named >= OLDEST and named not in found and _version(path) == named:
            found[named] = path
    return {f"{major}.{minor}": path for (major, minor), path in sorted(found.items())}


def _candidates() -> Iterator[tuple[tuple[int, int], Path]]:
    folders = [Path(entry) for entry in os.environ["PATH"].split(os.pathsep)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for folder in [*folders, *sorted(pyenv.glob("*/bin"), reverse=True)]:
        for path in sorted(folder.glob("python3.*")):
            named = re.fullmatch(r"python3\.(\d+)", path.name)
            if named and ROOT not in path.parents:
                yield (3, int(named[1])), path


def _version(python: Path) -> tuple[int, int] | None:
    """What it says it is; nothing for one that does not run, as a shim of pyenv may not."""
    script = "import sys; print(*sys.version_info[:2])"
    done = subprocess.run(
        [str(python), "-I", "-c", script], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return None
    major, minor = map(int, done.stdout.split())
    return major, minor


def check(python: Path, wheel: Path, *, lowest: bool) -> subprocess.CompletedProcess[str]:
    """What the check says of the wheel in a fresh environment of this Python."""
    uv = program("uv")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        local = shutil.copy(wheel, folder)  # uv may not look at the tree around dist/
        ours, pins = folder / "env" / "bin" / "python", folder / "pins.txt"
        # Of a wheel's dependencies uv would take none as direct: the project says which are.
        compile_pins = [
            uv, "pip", "compile", "--quiet", "--all-extras", "--resolution", "lowest-direct",
            "--python", str(python), "--output-file", str(pins), str(ROOT / "pyproject.toml"),
        ]  # fmt: skip
        install = [uv, "pip", "install", "--quiet", "--python", str(ours), f"{local}[all]"]
        for command in (
            [uv, "venv", "--quiet", "--python", str(python), str(folder / "env")],
            *([compile_pins] if lowest else []),
            [*install, *(["--constraint", str(pins)] if lowest else [])],
        ):
            done = _run(command, folder)
            if done.returncode != 0:
                return done
        return _run([str(ours), "-I", str(_CHECK)], folder)


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    hidden = {"PYTHONPATH", "VIRTUAL_ENV", "UV_RESOLUTION"}
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def main() -> int:
    wheels = list(DIST.glob("*.whl"))
    if len(wheels) != 1:
        print("dist/ does not hold one wheel: run `make build` first", file=sys.stderr)
        return 2
    failed = False
    for version, python in pythons().items():
        for lowest in (False, True):
            done = check(python, wheels[0], lowest=lowest)
            failed |= done.returncode != 0
            with_what = "lowest versions" if lowest else "newest versions"
            verdict = done.stdout.strip() if done.returncode == 0 else "FAILED\n" + done.stderr
            print(f"Python {version}, {with_what}: {verdict}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
