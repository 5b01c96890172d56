"""Everything that the README, the guide and the docstrings show is run: Python, shell, profiles.

A block of Python is run with what the blocks before it on its page defined. In a `console` block
each command is run by bash, against a sandbox whose address and credentials are in variables; what
is shown below a command must be its output, where `...` stands for anything. A block that cannot
run here says why, in a comment above it: `<!-- skip: next "reason" -->`.
"""

from __future__ import annotations

import doctest
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from unittest import SkipTest

import httpx
import pytest
from sybil import Example, Sybil
from sybil.document import PythonDocStringDocument
from sybil.example import SybilFailure
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser

import drs_sync_policy.testing
from drs_sync_policy import codes, contract, sandbox
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.sandbox.seed import TENANTS
from tests.processes import completed
from tools import staging

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
# What is shown and not run: documents, responses, output of what ran elsewhere.
SHOWN = {"text", "http", "json", "yaml", "hcl"}
RUN = {"python", "console", "toml"}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in, and variables that lead to a sandbox."""
    with sandbox.running() as server:
        tenant = server.tenants[0]
        monkeypatch.setenv("DRS_URL", server.url)
        monkeypatch.setenv("DRS_TOKEN", tenant.token)
        monkeypatch.setenv("DRS_PROJECT_ID", tenant.project_id)
        monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        yield tmp_path


def _console(example: Example) -> None:
    for command, shown in staging.commands(example.parsed):
        said = re.search(r"# exit (\d+)$", command)
        expected = int(said[1]) if said else 0
        done = completed(["bash", "-o", "pipefail", "-c", command], timeout=120)
        printed = (done.stdout + done.stderr).strip()
        assert done.returncode == expected, f"{command}\nended with {done.returncode}:\n{printed}"
        if shown:
            same = doctest.OutputChecker().check_output(
                shown + "\n", printed + "\n", doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            )
            assert same, f"{command}\nprinted:\n{printed}\ninstead of:\n{shown}"


def _target_profile(example: Example) -> None:
    """A profile is what the fuzzer reads; `...` stands for a value that a reader fills in."""
    if "target.toml" in example.parsed or "[target]" in example.parsed:
        path = Path("target.toml")
        path.write_text(example.parsed, "utf-8")
        profile.load(path)
    else:
        tomllib.loads(example.parsed)


SYBIL = Sybil(
    parsers=[
        SkipParser(),
        PythonCodeBlockParser(),
        CodeBlockParser(language="console", evaluator=_console),
        CodeBlockParser(language="toml", evaluator=_target_profile),
    ]
)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_what_a_page_shows_works(page: Path, shell: Path) -> None:
    """Every block of a page runs, in order, and prints what is shown."""
    for example in SYBIL.parse(page).examples():
        try:
            example.evaluate()
        except SkipTest:
            continue


DOCSTRINGS = Sybil(
    parsers=[DocTestParser(doctest.ELLIPSIS)], document_types={".py": PythonDocStringDocument}
)
MODULES = [
    path
    for path in sorted((ROOT / "src").rglob("*.py"))
    if re.search(r"^ *>>> ", path.read_text("utf-8"), re.MULTILINE)
]
WITH_EXAMPLES = (
    drs_sync_policy.SyncPolicyClient,
    drs_sync_policy.AsyncSyncPolicyClient,
    drs_sync_policy.PasswordAuth,
    drs_sync_policy.AkSkAuth,
    drs_sync_policy.testing,
    drs_sync_policy.testing.Scripted,
    codes.find,
    contract.load,
    sandbox.create_app,
    sandbox.running,
)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_what_a_docstring_shows_works(module: Path, shell: Path) -> None:
    """Every example in a docstring runs and prints what is shown."""
    examples = list(DOCSTRINGS.parse(module).examples())
    assert examples
    for example in examples:
        example.evaluate()


@pytest.mark.parametrize("named", WITH_EXAMPLES, ids=lambda named: named.__name__)
def test_what_people_begin_with_shows_an_example(named: object) -> None:
    """Whoever asks `help()` for one of these sees how it is used."""
    assert ">>> " in (named.__doc__ or "")


def test_a_docstring_that_is_wrong_is_noticed(
    tmp_path: Path, shell: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above bites: a wrong output and an error are seen."""
    monkeypatch.syspath_prepend(tmp_path)
    for number, shown in enumerate((">>> 1 + 1\n3", ">>> nowhere\n")):
        module = tmp_path / f"wrong{number}.py"
        module.write_text(f'"""What it does.\n\n{shown}\n"""\n', "utf-8")
        with pytest.raises(SybilFailure, match=r"Expected|nowhere"):
            test_what_a_docstring_shows_works(module, shell)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_block_says_what_it_is(page: Path) -> None:
    """A block in no known language would be run by nobody and noticed by nobody."""
    fences = re.findall(r"^ *```(.*)$", page.read_text("utf-8"), re.MULTILINE)
    assert len(fences) % 2 == 0
    assert set(fences[::2]) <= SHOWN | RUN
    assert set(fences[1::2]) <= {""}


def test_a_block_that_is_wrong_is_noticed(tmp_path: Path, shell: Path) -> None:
    """The test above bites: a wrong value, a wrong output and a failing command are seen."""
    for number, block in enumerate(
        ("python\nassert 1 == 2", "console\n$ echo one\ntwo", "console\n$ false", "toml\n[target]")
    ):
        page = tmp_path / f"{number}.md"
        page.write_text(f"```{block}\n```\n", "utf-8")
        with pytest.raises((AssertionError, ValueError)):
            test_what_a_page_shows_works(page, shell)


def test_the_credentials_that_the_guide_shows_are_those_of_the_sandbox() -> None:
    """Who types what stands on the first page is let in."""
    tenant = TENANTS[0]
    for page in (ROOT / "README.md", ROOT / "docs" / "index.md"):
        text = page.read_text("utf-8")
        assert f"DRS_PROJECT_ID={tenant.project_id}\n" in text
        assert f"DRS_TOKEN={tenant.token}\n" in text


SAMPLES = contract.load().at(
    "#/paths/~1v3~1{project_id}~1jobs~1batch-sync-policy/post/x-codeSamples"
)


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["label"] for sample in SAMPLES])
def test_a_sample_of_the_contract_sets_the_policy(sample: dict[str, str], shell: Path) -> None:
    """What the reference page shows to be copied works, with curl, Python and the command."""
    program = [sys.executable, "-c"] if sample["lang"] == "Python" else ["bash", "-e", "-c"]
    done = completed([*program, sample["source"]])
    assert done.returncode == 0, done.stderr
    assert re.search(r"\bsucce(ss|eded)\b", done.stdout)
    url, project = os.environ["DRS_URL"], os.environ["DRS_PROJECT_ID"]
    job = "19557d51-1ee6-4507-97a6-8f69164jb201"
    stored = httpx.get(f"{url}/_sandbox/projects/{project}/jobs/{job}").json()["policy"]
    assert (stored["conflict_policy"], stored["index_trans"]) == ("ignore", True)
