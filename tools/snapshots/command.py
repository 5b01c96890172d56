"""The command: its help, and its exit codes."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import Final

import click
from click.testing import CliRunner

_COMMANDS: Final = (
    "",
    "--nonsense",
    "nonsense",
    "aply",
    "explain",
    "explain DRS.M00304",
    "explain DRS.M99999",
    "explain later-items-win",
    "explain DRS.M00304 --output json",
    "contract",
    "contract nonsense",
    "contract rules --output json",
    "contract codes",
    "contract --edition nowhere",
    "completion bash",
    "completion tcsh",
    "fuzz",
    "fuzz --target missing.toml",
    "fuzz --target bad.toml",
    "fuzz --target lacking.toml",
    "fuzz --sandbox --target lacking.toml",
    "fuzz --sandbox --budget -1",
    "fuzz --sandbox --origin nobody",
    "set",
    "set a",
    "set a --conflict-policy ignroe",
    "set a --ddl-trans --dry-run",
    "set a --ddl-trans --region nowhere",
    "apply",
    "apply missing.yaml",
    "apply good.yaml --dry-run",
    "apply good.yaml --curl",
    "apply good.json --dry-run",
    "apply good.csv --dry-run",
    "apply bad.yaml --dry-run",
    "apply bad.json --dry-run",
    "apply bad.csv --dry-run",
    "apply empty.yaml --dry-run",
    "apply empty.json --dry-run",
    "apply empty.csv --dry-run",
    "apply wrong.yaml --dry-run",
    "apply good.yaml --format nonsense",
    "apply good.yaml --batch 0",
    "apply good.yaml --url ftp://h",
    "apply good.yaml --url http://[::1",
    "apply good.yaml --region eu-de --url http://h",
    "apply good.yaml --profile nowhere",
    "apply good.yaml --journal .",
    "apply .",
    "set a --ddl-trans --curl",
    "set a --ddl-trans --language fr",
    "set a --ddl-trans --project-id ..",
    "doctor --url ftp://h",
    "login --url h:80",
    "login --region nowhere",
    "sandbox --fault nonsense",
    "sandbox --list-faults",
    "sandbox --port 70000",
    "sandbox --workers 2",
    "sandbox --no-control --control-port 0",
)
_NOBODY: Final = "http://127.0.0.1:9"
"""A URL at which nothing listens."""
_GOOD: Final = {"job_id": "a", "conflict_policy": "ignore"}
_FILES: Final = {
    "good.yaml": "- job_id: a\n  conflict_policy: ignore\n",
    "good.json": json.dumps([_GOOD]),
    "good.csv": "job_id,conflict_policy\na,ignore\n",
    "bad.yaml": "- job_id: [a\n",
    "bad.json": '[{"job_id": }]',
    "bad.csv": "job_id,conflict_policy\na,ignroe,b\n",
    "wrong.yaml": "- conflict_policy: ignroe\n- job_id: 7\n",
    "empty.yaml": "",
    "empty.json": "",
    "empty.csv": "",
    "bad.toml": "[target\n",
    "lacking.toml": '[target]\nurl = "http://127.0.0.1:9"\n',
}


def _command() -> click.Group:
    from drs_sync_policy.cli import main

    return main


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr; nothing of this machine's settings is read."""
    ours = {name: None for name in os.environ if name.startswith("DRS_")}
    fixed = {
        "COLUMNS": "80", "NO_COLOR": "1", "HOME": "home", "XDG_CONFIG_HOME": "home",
        "DRS_URL": _NOBODY, "DRS_PROJECT_ID": "p", "DRS_TOKEN": "made-up",
    }  # fmt: skip
    done = CliRunner(env={**ours, **fixed}).invoke(
        _command(), list(arguments), prog_name="drs-sync-policy"
    )
    return done.exit_code, done.stdout, done.stderr


def command_help() -> str:
    """What `--help` prints, of each command; of `set` without the fields of the contract."""
    group = _command()
    names = group.list_commands(click.Context(group))
    # No edition of this name has a field, and `--help` comes before a complaint.
    more = {"set": ("--edition", "without-fields")}
    lines = [(name, run(*name.split(), *more.get(name, ()), "--help")[1]) for name in ("", *names)]
    return "\n".join(f"$ drs-sync-policy {name} --help\n{shown}" for name, shown in lines)


def exit_codes() -> str:
    """Exit codes of commands that need no network, and which streams they wrote to."""
    rows: dict[str, str] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        warnings.catch_warnings(),
    ):
        # What the end of a process closes is still open here.
        warnings.simplefilter("ignore", ResourceWarning)
        for name, content in _FILES.items():
            Path(name).write_text(content, "utf-8")
        for line in _COMMANDS:
            code, out, err = run(*line.split())
            streams = [name for name, text in (("stdout", out), ("stderr", err)) if text]
            rows[f"drs-sync-policy {line}"] = f"{code} {' and '.join(streams) or 'silent'}"
        gc.collect()
    return json.dumps(rows, indent=1) + "\n"
