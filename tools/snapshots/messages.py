"""What the command prints, and its exit codes, for a table of inputs."""

from __future__ import annotations

import contextlib
import gc
import shlex
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tools.snapshots.command import run

_DOCUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "yaml": (
        "",
        "jobs: []",
        "jobs: 3",
        "jobs: [{job_id: j}]\nmore: 1",
        "[3]",
        "- job_id: 12\n  conflict_policy: Ignore\n- ddl_trans: 'yes'\n",
        "- job_id: ''\n  index_trans: null\n  conflct_policy: stop\n",
        "- job_id: 0123\n- {job_id: j, conflict_policy: no}\n- job_id: 2024-01-01\n",
        "- {job_id: j, filter_ddl_policy: drop}\n- {job_id: j, ddl_trans: 'true'}\n",
        "- {job_id: j, topic: x}\n- {job_id: j, nothing-like-it: x}\n",
        "- {job_id: j, job_id: k}\n",
        "- job_id: j\n  a: 1\n b: 2\n",
        "- job_id: [j\n- job_id: k\n",
        "- job_id: 'j\n",
        "- job_id\n  conflict_policy: stop\n",
        "- job_id: a: b\n",
        "- job_id: j\n\tddl_trans: true\n",
        "- {job_id: 2024-13-45}\n",
        "- {job_id: .nan}\n",
        "- {[a]: b}\n",
        "- \x00\n",
        "- &a [*a]\n",
        "- {<<: 3}\n",
    ),
    "json": (
        "",
        '[{"job_id": "j", "job_id": "k"}]',
        '[{"job_id": "j"}',
        '[{"job_id": }]',
        '[{"job_id" "j"}]',
        "[{job_id: 1}]",
        '[{"job_id": "j]',
        '[{"job_id": "\\ud800"}]',
        '[{"job_id": 1e999}]',
        '[{"job_id": "j"}] x',
        "[" * 70,
    ),
    "csv": (
        "",
        "job_id;conflict_policy\na;stop\n",
        "19557d51,stop\n",
        "job_id,job_id\na,b\n",
        "job_id,\na,b\n",
        "job_id,conflict_polcy\nj,stop\n",
        "ddl_trans\ntrue\n",
        "job_id,ddl_trans\nj,yes,x\n",
        'job_id\n"x',
    ),
}
"""Documents for `apply`, by format."""
_KAFKA: Final = (
    "- {job_id: j, topic_policy: '0'}\n- {job_id: j, topic_policy: '3', partition_policy: '5'}\n"
    "- {job_id: j, gtid_set: <}\n- {job_id: j, gtid_set: " + "a" * 3000 + "}\n"
)
_LINES: Final = (
    "aply",
    "nonsense",
    "explain DRS.M99999",
    "explain drs.m00304x",
    "explain M304",
    "explain 401",
    "explain ''",
    "explain zzz",
    "explain M0304",
    "explain APIGW.301",
    "explain APIGW0301",
    "explain APIGW.031",
    "explain DRS.M0301",
    "explain M01505",
    "explain DRX.M00304",
    "explain DSR.M99999",
    "explain count-equal-results",
    "explain later-items-won",
    "explain DRS.M00304 later-items-win",
    "contract ruels",
    "contract --edition nowhere",
    "completion tcsh",
    "set",
    "set a",
    "set a --conflict-policy ignroe",
    "set a --conflict-policy Ignore",
    "set a --conflict-policy nothing-like-it",
    "set '' --ddl-trans",
    "set a --topic t",
    "set a --ddl-trans --region nowhere",
    "set a --ddl-trans --region eu-dee",
    "set a --ddl-trans --language fr",
    "set a --ddl-trans --project-id ..",
    "set a --ddl-trans --url ftp://h",
    "set a --ddl-trans --url h:80",
    "set a --ddl-trans --url http://h:99999",
    "set a --ddl-trans --url http://[::1",
    "set a --ddl-trans --region eu-de --url http://h",
    "set a --ddl-trans --profile nowhere",
    "set a --ddl-trans --token made-up --curl",
    "apply good.yaml --batch 0",
    "apply good.yaml --format yml",
    "apply good.yaml --bacth 3",
    "apply good.yaml --output jsonn",
    "apply good.yaml --journal /nonexistent/journal",
    "apply good.yaml --journal good.yaml",
    "apply good.yaml --dry-run",
    "apply good.yaml --curl",
    "apply good",
    "apply .",
    "login --url h:80",
    "login --url ftp://h",
    "login --url http://h",
    "login --region eu-de --url http://h",
    "login --region eu-dee",
    "login --kind tokn",
    "login a.b",
    "set a b --ddl-trans --verbose --quiet",
    "login",
    "login --region eu-de",
    "login --region eu-de --project-id p --kind password",
    "sandbox --fault nonsense",
    "sandbox --workers 2",
    "sandbox --no-control --control-port 0",
    "sandbox --database mysql://h",
    "sandbox --client-timeout 0",
    "sandbox --edition huawei",
    "fuzz --sandbox --write-baseline",
    "fuzz --sandbox --baseline none.toml",
    "fuzz --sandbox --rule other-methods-are-refuse",
    "fuzz --sandbox --rule media-type-is-json --exclude-rule media-type-is-json",
)
_CODES: Final = (
    "",
    "--nonsense",
    "explain",
    "explain DRS.M00304",
    "explain later-items-win",
    "explain DRS.M00304 --output json",
    "contract",
    "contract nonsense",
    "contract rules --output json",
    "contract codes",
    "completion bash",
    "fuzz",
    "fuzz --target missing.toml",
    "fuzz --target bad.toml",
    "fuzz --target lacking.toml",
    "fuzz --sandbox --target lacking.toml",
    "fuzz --sandbox --budget -1",
    "fuzz --sandbox --origin nobody",
    "set a --ddl-trans --dry-run",
    "apply",
    "apply missing.yaml",
    "apply good.json --dry-run",
    "apply good.csv --dry-run",
    "apply good.yaml --format nonsense",
    "apply good.yaml --url ftp://h",
    "apply good.yaml --url http://[::1",
    "apply good.yaml --region eu-de --url http://h",
    "apply good.yaml --profile nowhere",
    "apply good.yaml --journal .",
    "set a --ddl-trans --curl",
    "doctor --url ftp://h",
    "login --region nowhere",
    "sandbox --list-faults",
    "sandbox --port 70000",
)
"""Lines whose text is left out: it has much of the contract, or is of a library."""
_FILES: Final = {
    **dict.fromkeys(("good.yaml", "good"), "- job_id: a\n  conflict_policy: ignore\n"),
    "good.json": '[{"job_id": "a", "conflict_policy": "ignore"}]',
    "good.csv": "job_id,conflict_policy\na,ignore\n",
    "bad.toml": "[target\n",
    "lacking.toml": '[target]\nurl = "http://127.0.0.1:9"\n',
}


def messages() -> str:
    """Each document for `apply` and each command line, with the exit code and what is printed."""
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        warnings.catch_warnings(),
    ):
        # What the end of a process closes is still open here.
        warnings.simplefilter("ignore", ResourceWarning)
        shown = "\n".join(_sections())
        gc.collect()
    return shown


def _sections() -> list[str]:
    documents = [(form, text) for form, texts in _DOCUMENTS.items() for text in texts]
    sections = [_document(form, text) for form, text in documents]
    sections.append(_document("yaml", _KAFKA, "--edition", "huawei-cloud"))
    for name, content in _FILES.items():
        Path(name).write_text(content, "utf-8")
    sections += [_section(f"$ drs-sync-policy {line}", *shlex.split(line)) for line in _LINES]
    codes = (_section(f"$ drs-sync-policy {line}", *line.split()) for line in _CODES)
    return sections + ["\n".join(section.splitlines()[:2]) for section in codes]


def _document(form: str, text: str, *options: str) -> str:
    name = f"file.{form}"
    Path(name).write_text(text, "utf-8")
    shown = "\n".join(f"    {line[:100]}".rstrip() for line in text.split("\n") if line)
    head = " ".join(("$ drs-sync-policy apply", name, *options))
    return _section(f"{head}\n{shown.translate(_INVISIBLE)}", "apply", name, "--dry-run", *options)


_INVISIBLE: Final = {0: "\\0", 9: "\\t"}


def _section(head: str, *arguments: str) -> str:
    code, out, err = run(*arguments)
    both = "".join(f"{text.rstrip()}\n" for text in (out, err) if text)
    streams = [name for name, text in (("stdout", out), ("stderr", err)) if text]
    return f"{head}\n-> exit code {code}, {' and '.join(streams) or 'silent'}\n{both}"
