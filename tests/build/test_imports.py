"""Any module of the packages can be the first that a program imports."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.processes import completed
from tools.documents import ROOT

PACKAGES = (
    ROOT / "src" / "drs_sync_policy",
    ROOT / "generated" / "drs_sync_policy_api",
    ROOT / "generated" / "drs_sync_policy_contract",
)
# What others wrote is imported once; each of our modules then comes first in a process of its own.
FIRST = """
import gc, importlib, os, sys, traceback

others, ours = (argument.split() for argument in sys.argv[1:])
for name in others:
    importlib.import_module(name)
assert not [name for name in sys.modules if name.startswith("drs_sync_policy")]
gc.disable()  # A collection in a child would copy what it shares with the parent.
failed = []
for name in ours:
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(name)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        failed.append(name)
print(*failed)
"""
OTHERS = (
    "anyio attrs click httpx hypothesis jsonschema_rs msgspec pytest rich.console schemathesis"
    " sqlalchemy.dialects.postgresql sqlalchemy.dialects.sqlite starlette.applications uvicorn yaml"
)


def _names(package: Path) -> list[str]:
    paths = (path.relative_to(package.parent) for path in package.rglob("*.py"))
    return sorted(".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths)


def _fail_when_first(
    names: list[str], *, path: Path = ROOT, others: str = OTHERS
) -> tuple[list[str], str]:
    """Which of these modules cannot be imported before the others, and what Python said."""
    done = completed(
        [sys.executable, "-W", "error", "-c", FIRST, others, " ".join(names)], cwd=path
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), done.stderr


@pytest.mark.system
def test_every_module_can_be_imported_first() -> None:
    """No module works only because another was imported before it.

    That no module imports one that imports it is a contract of import-linter, so that this holds
    for nearly every reason there could be; hence it runs with the slow tests.
    """
    names = [name for package in PACKAGES for name in _names(package)]
    assert len(names) > 140
    assert _fail_when_first(names) == ([], "")


def test_a_module_that_cannot_be_first_is_noticed(tmp_path: Path) -> None:
    """The test above bites: of a circle that holds from one side only, the other side is named."""
    (tmp_path / "one.py").write_text("import two\n\nword = 1\n", "utf-8")
    (tmp_path / "two.py").write_text("from one import word\n", "utf-8")
    failed, said = _fail_when_first(["one", "two"], path=tmp_path, others="")
    assert failed == ["one"]
    assert "circular import" in said
