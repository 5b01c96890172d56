"""`tools/generate.py`: what it writes, and how it sees that somebody edited it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import completed
from tools import generate, lock
from tools.documents import read_document

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What `make generate` reads and writes, in a folder of its own."""
    pages = ("docs/rules.md", "docs/errors.md")
    for name in (
        "openapi.yaml",
        "pyproject.toml",
        "overrides",
        "generated",
        "src",
        "tools",
        *pages,
    ):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("node_modules", "static"))
        else:
            shutil.copy2(source, target)
    return tmp_path


def _run(clone: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return completed([sys.executable, "-m", "tools.generate", *options], cwd=clone)


def _bytes(root: Path) -> dict[str, bytes]:
    """All files but those that Python keeps of what it compiled."""
    files = (p for p in root.rglob("*") if p.is_file() and p.parent.name != "__pycache__")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


# --- whole runs --------------------------------------------------------------------------------


@pytest.mark.system
def test_generating_again_changes_no_byte(clone: Path) -> None:
    """What is committed is what every run writes, and nothing else is left behind."""
    before = _bytes(clone)
    done = _run(clone)
    assert (done.returncode, done.stdout) == (0, "")
    assert _bytes(clone) == before


def test_every_kind_of_drift_is_named(clone: Path) -> None:
    """An edited, a missing and a stray file are each named, with what to do about them."""
    package = clone / "generated" / generate.CLIENT
    client = package / "client.py"
    client.write_text(client.read_text("utf-8") + "\nEDITED = True\n", "utf-8")
    (package / "errors.py").unlink()
    (package / "stray.py").write_text("")
    done = _run(clone, "--check")
    assert done.returncode == 1
    assert f"edited   {generate.CLIENT}/client.py" in done.stderr
    assert "-EDITED = True" in done.stderr
    assert f"missing  {generate.CLIENT}/errors.py" in done.stderr
    assert f"stray    {generate.CLIENT}/stray.py" in done.stderr
    assert "make generate" in done.stderr
    assert len(re.findall(r"^(edited|missing|stray) ", done.stderr, re.MULTILINE)) == 3


def test_a_contract_that_cannot_be_generated_leaves_the_old_code(clone: Path) -> None:
    """A failure is reported and replaces nothing."""
    contract = clone / "openapi.yaml"
    contract.write_text(contract.read_text("utf-8").replace("type: boolean", "type: logical"))
    before = _bytes(clone)
    done = _run(clone)
    assert done.returncode != 0
    assert "openapi.yaml" in done.stderr
    assert _bytes(clone) == before


def test_an_edit_of_the_contract_reaches_client_and_data(clone: Path) -> None:
    """A new field of the contract is a field of the class and of the shipped document.

    It is said to restart a running sandbox, which would ignore the field.
    """
    contract = clone / "openapi.yaml"
    anchor = "        slot_name:\n"
    field = "        kept_days:\n          description: Days.\n          type: integer\n"
    text = contract.read_text("utf-8")
    assert text.count(anchor) == 1
    contract.write_text(text.replace(anchor, field + anchor), "utf-8")
    done = _run(clone)
    assert done.returncode == 0, done.stderr
    assert "restart it" in done.stdout
    written = clone / "generated"
    model = written / generate.CLIENT / "models" / "sync_policy_req.py"
    assert "kept_days: int | Unset = UNSET" in model.read_text("utf-8")
    assert '"kept_days"' in (written / generate.DATA / "base.json").read_text("utf-8")
    table = clone / "src" / "drs_sync_policy" / "cli" / "completions.json"
    assert '"--kept-days"' in table.read_text("utf-8")


def test_an_edited_table_of_completions_is_drift(clone: Path) -> None:
    """The command would offer what it does not take."""
    table = clone / "src" / "drs_sync_policy" / "cli" / "completions.json"
    table.write_text(table.read_text("utf-8").replace('"--slot-name"', '"--slot"'), "utf-8")
    ask = [sys.executable, "-c", "from tools import completions; print(*completions.drift())"]
    done = completed(ask, cwd=clone, check=True)
    assert done.stdout.startswith("src/drs_sync_policy/cli/completions.json differs")


# --- reading the contract ----------------------------------------------------------------------


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    """YAML would let the second win, silently."""
    contract = tmp_path / "openapi.yaml"
    contract.write_text("info:\n  title: a\n  version: 1\n  title: b\n")
    with pytest.raises(SystemExit, match=r"openapi\.yaml:4: the key `title` stands here twice"):
        read_document(contract)


# --- comparing trees ---------------------------------------------------------------------------


def test_equal_trees_have_no_drift(tmp_path: Path) -> None:
    """Compiled caches do not count as drift; everything else does."""
    for side in ("ours", "theirs"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "a.py").write_text("a = 1\n")
    cache = tmp_path / "ours" / "__pycache__"
    cache.mkdir()
    (cache / "a.pyc").write_bytes(b"\0")
    assert list(generate.drift(tmp_path / "ours", tmp_path / "theirs")) == []
    (tmp_path / "ours" / "b.py").write_text("")
    assert list(generate.drift(tmp_path / "ours", tmp_path / "theirs")) == ["stray    b.py"]


# --- the locks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements/*.txt")), ids=lambda p: p.name)
def test_a_lock_pins_by_hash_and_names_no_registry(lock: Path) -> None:
    """Each line is a pinned package or a hash: no URL, no host, no option."""
    lines = [line.strip().removesuffix("\\").strip() for line in lock.read_text().splitlines()]
    pinned = re.compile(r"[a-z0-9.-]+==[A-Za-z0-9.+!-]+( ; [^/:@]+)?")
    hashed = re.compile(r"--hash=sha256:[0-9a-f]{64}")
    assert lines
    assert [line for line in lines if not (pinned.fullmatch(line) or hashed.fullmatch(line))] == []
    assert hashed.fullmatch(lines[-1])


def test_the_npm_lock_follows_its_packages_and_names_no_registry(tmp_path: Path) -> None:
    """Without a package, npm takes that out alone; all others keep their version and hash."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / "tools" / name, tmp_path)
    before = json.loads((tmp_path / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = json.loads((tmp_path / "package.json").read_text("utf-8"))
    del wanted["devDependencies"]["iframe-worker"]
    (tmp_path / "package.json").write_text(json.dumps(wanted), "utf-8")
    assert lock.lock_npm(tmp_path) == 0
    after = json.loads((tmp_path / "package-lock.json").read_text("utf-8"))["packages"]
    assert after.pop("")["devDependencies"] == wanted["devDependencies"]
    assert before.keys() - after.keys() == {"", "node_modules/iframe-worker"}
    assert [name for name, entry in after.items() if before[name] != entry] == []
    assert all("integrity" in entry and "resolved" not in entry for entry in after.values())
