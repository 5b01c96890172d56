"""`drs-sync-policy merge`: one verdict from the reports of several runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from drs_sync_policy.cli.choice import usage_errors
from drs_sync_policy.cli.output.options import verdict_options
from drs_sync_policy.cli.output.verdict import Output
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.evidence import verdicts
from drs_sync_policy.fuzz.evidence.decode import EvidenceError
from drs_sync_policy.fuzz.merge import MergeError, merge


@click.command()
@click.argument(
    "reports",
    metavar="DIR...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@verdict_options
def command(*, reports: Sequence[Path], against: Contract, output: Output) -> None:
    """Join the verdicts of several runs. Each DIR is a folder that a run wrote with `--report`.

    The reports can be from `fuzz`, `check`, `proxy`, `load` and `merge`, and from different
    machines. All reports must have the same target and the same contract. If the runs had an
    `--edition`, give it here, too.

    `merge` sends nothing. If runs had one or more of the exit codes 130, 5, 3, 6 and 2, `merge`
    exits with the one that comes first in this list. The order of the runs does not matter.
    Otherwise the exit code is 1 if a rule failed, and 0 if none failed. It is 2 if the targets or
    contracts of the runs differ.
    """
    output.keep(*reports)
    folders = [folder.resolve() for folder in reports]
    for folder, name in zip(folders, reports, strict=True):
        if folders.count(folder) > 1:
            raise click.UsageError(f"`{name}` is given twice; its counts would be added twice")
    with usage_errors(EvidenceError, MergeError):
        loaded = {str(folder): verdicts.load(folder, against=against) for folder in reports}
        verdict = merge(loaded)
    sys.exit(output.finish(verdict))
