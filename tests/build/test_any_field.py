"""An optional field of each JSON type needs no Python: `any_field.yaml` adds them to the contract.

The fast tests use the edited contract in this process. The slow ones copy the project, generate in
the copy, and run the command, the types, the fuzzer and the project's own tests there.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from drs_sync_policy import sandbox
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.cases.values import Schema
from drs_sync_policy.sandbox.faults import catalogue
from drs_sync_policy.sandbox.seed import FIRST
from tests.processes import completed
from tools.documents import CONTRACT, ROOT, read_document
from tools.overlay import apply

OVERLAY = Path(__file__).with_name("any_field.yaml")
PATH = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"
JOB = FIRST.job_ids[0]
VALUES: dict[str, Any] = {
    "label": "nightly",
    "max_lag_seconds": 300,
    "sample_ratio": 0.5,
    "is_compressed": True,
    "write_mode": "bulk",
    "skipped_tables": ["audit", "log"],
    "time_window": {"first_hour": 2},
    "comment": None,
    "starts_at": "2030-01-31T02:00:00Z",
}
OPTIONS = [
    *("--label", "nightly"),
    *("--max-lag-seconds", "300"),
    *("--sample-ratio", "0.5"),
    "--is-compressed",
    *("--write-mode", "bulk"),
    *("--skipped-tables", "audit", "--skipped-tables", "log"),
    *("--time-window", '{"first_hour": 2}'),
    "--comment-null",
    *("--starts-at", "2030-01-31T02:00:00Z"),
]
WRONG = {
    "label": "N",
    "max-lag-seconds": "86401",
    "sample-ratio": "much",
    "write-mode": "slow",
    "skipped-tables": "",
    "time-window": "{}",
    "comment": "x" * 41,
    "starts-at": "tomorrow",
}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return apply(read_document(CONTRACT), read_document(OVERLAY), name=OVERLAY.name)


@pytest.fixture(scope="module")
def fields(document: dict[str, Any]) -> dict[str, Schema]:
    """The new fields."""
    contract = Contract(document)
    item = document["components"]["schemas"]["SyncPolicyReq"]["properties"]
    return {name: Schema(contract, item[name]) for name in VALUES}


def test_there_is_a_field_of_each_type(fields: dict[str, Schema]) -> None:
    """A type, bound or format that the fields lack would not be tried."""
    nodes = [schema.node for schema in fields.values()]
    types = {kind for schema in fields.values() for kind in schema.types}
    assert types == {"string", "integer", "number", "boolean", "array", "object", "null"}
    assert {"pattern", "minimum", "enum", "format"} <= {key for node in nodes for key in node}


def test_the_fuzzer_has_values_for_each(fields: dict[str, Schema]) -> None:
    """Two valid values, so that a change can be seen, and many invalid ones of several kinds."""
    for name, schema in fields.items():
        assert len(schema.valid()) >= 2 or name == "label"  # a pattern: only what is documented
        assert len({value.kind for value in schema.invalid()}) >= 2


def test_the_sandbox_stores_valid_values_and_rejects_invalid_ones(
    document: dict[str, Any], fields: dict[str, Schema]
) -> None:
    """Every value of the fuzzer, and a wrong date, against the live sandbox."""
    headers = {"X-Auth-Token": FIRST.token}
    with (
        sandbox.running(contract=Contract(document)) as server,
        httpx.Client(base_url=server.url, headers=headers) as http,
    ):
        stored = f"/_sandbox/projects/{FIRST.project_id}/jobs/{JOB}"

        def send(name: str, value: Any) -> int:
            return http.post(PATH, json={"jobs": [{"job_id": JOB, name: value}]}).status_code

        for name, schema in fields.items():
            for value in (*schema.valid(), VALUES[name]):
                assert send(name, value) == 200, (name, value)
                assert http.get(stored).json()["policy"][name] == value
            for wrong in schema.invalid()[:8]:
                assert send(name, wrong.value) == 400, (name, wrong)
        assert send("starts_at", "tomorrow") == 400


def test_each_field_has_a_fault(document: dict[str, Any]) -> None:
    """The sandbox can lose each of them; that the fuzzer finds it is tested for all faults."""
    names = {fault.name for fault in catalogue(Contract(document))}
    assert {f"loses-{name.replace('_', '-')}" for name in VALUES} <= names


def test_the_fuzzer_and_the_sandbox_name_no_field() -> None:
    """Their code reads the fields of a policy from the contract; faults are planted in some."""
    item = read_document(CONTRACT)["components"]["schemas"]["SyncPolicyReq"]
    names = item["properties"].keys() - set(item["required"])
    named = re.compile(rf"\b({'|'.join(names)})\b")
    source = ROOT / "src" / "drs_sync_policy"
    found = [
        f"{path.relative_to(source)}:{node.lineno}: {node.value!r}"
        for folder in ("fuzz", "sandbox")
        for path in sorted((source / folder).rglob("*.py"))
        if "faults" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str | bytes)
        and named.search(node.value if isinstance(node.value, str) else node.value.decode("latin"))
    ]
    assert found == []


# --- a copy of the project ---------------------------------------------------------------------
def in_the_copy(test: Callable[..., None]) -> Callable[..., None]:
    """Slow, and first: one worker makes the copy."""
    marked: Callable[..., None] = pytest.mark.system(pytest.mark.first(test))
    return marked


@pytest.fixture(scope="module")
def copy(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the edited contract, generated from it."""
    folder = tmp_path_factory.mktemp("any_field")
    listed = completed(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "tools" / "node_modules").symlink_to(ROOT / "tools" / "node_modules")
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    (folder / CONTRACT.name).write_text(text, "utf-8")
    done = _run(folder, "python", "-m", "tools.generate")
    assert done.returncode == 0, done.stderr
    return folder


def _run(folder: Path, program: str, *arguments: str, **more: str) -> Any:
    paths = os.pathsep.join(map(str, (folder / "src", folder / "generated", folder)))
    return completed(
        [str(folder / ".venv" / "bin" / program), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, **more},
        timeout=600,
    )


@pytest.fixture(scope="module")
def command(copy: Path, document: dict[str, Any]) -> Iterator[Run]:
    """Runs the command of the copy, with a sandbox of the edited contract."""
    with sandbox.running(contract=Contract(document)) as server:
        connection = {
            "DRS_URL": server.url,
            "DRS_PROJECT_ID": FIRST.project_id,
            "DRS_TOKEN": FIRST.token,
        }

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            done = _run(copy, "drs-sync-policy", *arguments, **connection)
            stored = f"{server.url}/_sandbox/projects/{FIRST.project_id}/jobs/{JOB}"
            done.policy = httpx.get(stored).json()["policy"]
            # `_run` gives Any: the result has one attribute more.
            return done  # type: ignore[no-any-return]

        yield run


@in_the_copy
def test_set_has_a_typed_option_for_each(command: Run) -> None:
    """What is given is stored with its type."""
    done: Any = command("set", JOB, *OPTIONS)
    assert done.returncode == 0, done.stderr
    assert done.policy == VALUES


@in_the_copy
@pytest.mark.parametrize("option", WRONG)
def test_a_wrong_value_is_a_usage_error(command: Run, option: str) -> None:
    """Exit code 2, and the option is named."""
    done = command("set", JOB, f"--{option}", WRONG[option])
    assert done.returncode == 2
    assert f"--{option}" in done.stderr


@in_the_copy
@pytest.mark.parametrize("form", ["yaml", "json", "csv"])
def test_apply_reads_each_from_a_file(command: Run, tmp_path: Path, form: str) -> None:
    """The same values from each format; a text that may be null has no null in CSV."""
    item = {"job_id": JOB, **VALUES}
    if form == "csv":
        del item["comment"]
        cells = [json.dumps(v) if not isinstance(v, str) else v for v in item.values()]
        quoted = ",".join('"{}"'.format(cell.replace('"', '""')) for cell in cells)
        text = f"{','.join(item)}\n{quoted}\n"
    else:
        text = json.dumps([item]) if form == "json" else yaml.safe_dump([item])
    (tmp_path / f"policies.{form}").write_text(
        text.replace("'2030-01-31T02:00:00Z'", "2030-01-31T02:00:00Z")
    )
    done: Any = command("apply", str(tmp_path / f"policies.{form}"))
    assert done.returncode == 0, done.stdout + done.stderr
    stored = {name: value for name, value in item.items() if name != "job_id"}
    assert {name: done.policy[name] for name in stored} == stored


@in_the_copy
def test_the_generated_code_has_types(copy: Path) -> None:
    """Neither the client nor its users have a type error."""
    done = _run(copy, "mypy", "src", "generated")
    assert done.returncode == 0, done.stdout


@in_the_copy
def test_the_fuzzer_passes_the_sandbox(copy: Path) -> None:
    """With the command as a user runs it; a budget too small for all rules is not a violation."""
    done = _run(copy, "drs-sync-policy", "fuzz", "--sandbox", "--budget", "12")
    assert re.search(r"\b0 failed\b", done.stdout), done.stdout
    assert "the fuzzer itself failed" not in done.stdout


@in_the_copy
def test_the_tests_of_the_project_pass(copy: Path) -> None:
    """No test, and no stand-in server of a test, knows the fields by heart.

    They wait most of their time, so three workers share them.
    """
    folders = ("tests/unit", "tests/live/cli", "tests/live/client")
    options = ("-q", "-m", "not system", "-p", "no:cacheprovider", "-n", "3", "--dist", "worksteal")
    done = _run(copy, "python", "-m", "pytest", *options, *folders)
    assert done.returncode == 0, done.stdout[-4000:]
