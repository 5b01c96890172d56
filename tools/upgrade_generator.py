"""Another release of openapi-python-client pinned, and what that does to the generated client.

python -m tools.upgrade_generator VERSION

Installs it into an environment of its own, never that of the project; compares the templates
that we override with the ones that the overrides were made for; generates the client and shows what
differs; then writes the pin and the locks. Commits nothing: `git checkout .` takes it back.
Exits 1 where an override is stale or the new release cannot generate the client.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tools import lock
from tools.documents import ROOT
from tools.generate import CLIENT, GENERATED, differences
from tools.programs import program, run
from tools.show_overrides import STOCK, overrides

PYPROJECT: Final = ROOT / "pyproject.toml"
_NAME: Final = "openapi-python-client"
_PIN: Final = re.compile(rf"{_NAME}==([0-9A-Za-z.]+)")
_FORMATTER: Final = re.compile(r"ruff==[0-9.]+")
_SHOWN_LINES: Final = 400
_LOCKED: Final = tuple(ROOT / "requirements" / f"{name}.txt" for name in lock.LOCKS)


def install(version: str, environment: Path) -> Path:
    """The Python of a new environment with this release of the generator, and our formatter."""
    uv = program("uv")
    python = environment / "bin" / "python"
    formatter = _FORMATTER.search(PYPROJECT.read_text("utf-8"))
    if formatter is None:
        raise SystemExit(f"{PYPROJECT.name} pins no ruff")
    wanted = ("pyyaml", "jsonpath-rfc9535", "attrs", formatter[0], f"{_NAME}=={version}")
    run([uv, "venv", "--quiet", "--python", sys.executable, str(environment)])
    run([uv, "pip", "install", "--quiet", "--python", str(python), *wanted])
    return python


def stale_overrides(stock: Path) -> list[str]:
    """What to compare: each original, or template it imports, that differs in `stock`."""
    changed = {
        path.relative_to(folder).as_posix()
        for override in overrides()
        for pattern in override.changed(stock)
        for folder in (STOCK, stock)
        for path in folder.glob(pattern)
    }
    found = differences(STOCK, stock, names=("old", "new"))
    return ["\n".join(diff) for name, diff in found if name in changed]


def write_pin(version: str) -> str:
    """The version that was pinned; `version` is pinned now, in pyproject.toml and in the locks.

    What was written is taken back if the locks cannot be written.
    """
    before = {path: path.read_bytes() for path in (PYPROJECT, *_LOCKED)}
    text, package = PYPROJECT.read_text("utf-8"), f"{_NAME}=={version}"
    found = _PIN.search(text)
    if found is None:
        raise SystemExit(f"{PYPROJECT.name} pins no {_NAME}")
    try:
        PYPROJECT.write_text(_PIN.sub(package, text), "utf-8")
        if max(lock.lock(name, "--upgrade-package", package) for name in lock.LOCKS) != 0:
            raise SystemExit("the locks could not be written; see above")
    except BaseException:
        for path, content in before.items():
            path.write_bytes(content)
        print("The old pin and the old locks are restored.", file=sys.stderr)
        raise
    return found[1]


def show_differences(fresh: Path, *, version: str) -> None:
    """Each file of the client that the new release writes differently, then the lines."""
    found = list(differences(GENERATED / CLIENT, fresh, names=("committed", f"with {version}")))
    if not found:
        print("The generated client is the same, byte for byte.")
        return
    print("The generated client changes:\n")
    for name, lines in found:
        print(f"    {name} ({len(lines)} lines of difference)")
    text = [line for _, lines in found for line in lines]
    print("\n" + "\n".join(text[:_SHOWN_LINES]))
    if len(text) > _SHOWN_LINES:
        print(f"... and {len(text) - _SHOWN_LINES} lines more: `make generate`, then `git diff`.")


def main() -> int:
    parser = argparse.ArgumentParser(description="Pins another release of the generator.")
    parser.add_argument("version")
    version = parser.parse_args().version
    with tempfile.TemporaryDirectory() as folder:
        python = install(version, Path(folder) / "env")
        (stock,) = (Path(folder) / "env").glob(
            "lib/*/site-packages/openapi_python_client/templates"
        )
        stale = stale_overrides(stock)
        old = write_pin(version)
        print(f"{_NAME} {old} -> {version}: pinned, locked.\n")
        for diff in stale:
            print(f"STALE: an override was made for another original.\n{diff}\n")
        fresh = Path(folder) / "generated"
        command = [str(python), "-m", "tools.generate", "--into", str(fresh)]
        # The environment of that release has its own packages; ours it reads from the sources.
        sources = os.pathsep.join(str(ROOT / name) for name in ("src", "generated"))
        environment = {**os.environ, "PYTHONPATH": sources}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            show_differences(fresh / CLIENT, version=version)
    files = " ".join(str(path.relative_to(ROOT)) for path in (PYPROJECT, *_LOCKED))
    if done.returncode != 0:
        print(f"It cannot generate our client:\n{done.stdout}{done.stderr}", file=sys.stderr)
    if stale or done.returncode != 0:
        print(f"To go back to {old}: git checkout {files} && make setup", file=sys.stderr)
    if stale:
        print(
            "Carry over what is new in the originals above, and write their new hashes into"
            " overrides/templates/UPSTREAM.toml.",
            file=sys.stderr,
        )
    print("Then: `make setup generate test`, and look at `git diff`.")
    return int(bool(stale) or done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
