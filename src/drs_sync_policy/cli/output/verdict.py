"""A verdict as the command gives it: on the terminal, in files, as annotations, as exit code."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, cast

import click
from attrs import field, frozen
from click.core import ParameterSource
from rich.console import Console
from rich.text import Text

from drs_sync_policy.cli import exits
from drs_sync_policy.cli.choice import usage_errors
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz import baseline
from drs_sync_policy.fuzz.active import Progress
from drs_sync_policy.fuzz.baseline import BaselineError, Known
from drs_sync_policy.fuzz.evidence import files as evidence
from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.ledger import Exchange, Ledger
from drs_sync_policy.fuzz.report import export, files, github, terminal
from drs_sync_policy.fuzz.report.describe import describe
from drs_sync_policy.fuzz.report.model import ORIGINS, Report
from drs_sync_policy.fuzz.report.progress import Live
from drs_sync_policy.fuzz.restore import jobs
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy.text import did_you_mean

Format = Literal["text", "github"]
FORMATS: Final[tuple[Format, ...]] = ("text", "github")
EXITS: Final = {
    "unreachable": exits.UNREACHABLE,
    "not allowed in": exits.NOT_ALLOWED,
    "invalid profile": exits.WRONG_USE,
    "too little checked": exits.NOT_CHECKED,
    "interrupted": exits.INTERRUPTED,
}
"""The exit code of a run that did not come to its end, by how it ended."""


def default_format() -> Format:
    """`github` in a run of GitHub Actions, else `text`."""
    return "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text"


@frozen
class Output:
    """How a verdict is to be shown; `folder` gets the files of the report.

    It can be handed to another process, which then shows the verdict.
    """

    folder: Path | None = None
    profile: Path | None = None
    """The target profile, which the report names for `replay`."""
    origins: tuple[str, ...] = ORIGINS
    format: Format = field(factory=default_format)
    verbose: bool = False
    quiet: bool = False
    command: str = ""
    """The command line that does the same again."""
    baseline: Path | None = None
    known: tuple[Known, ...] = ()
    """The findings that the baseline covers."""
    rewrites_baseline: bool = False

    @cached_property
    def console(self) -> Console:
        """Where it is shown."""
        return terminal.console()

    def prepare(self) -> None:
        """Raise a usage error if the folder cannot take the files."""
        if self.folder is None:
            return
        try:
            files.prepare(self.folder)
        except OSError as error:
            raise click.BadParameter(
                f"the reports cannot be written there: {error}; name a folder that can be written"
                " to",
                param_hint="--report",
            ) from None

    def keep(self, *inputs: Path) -> None:
        """Raise a usage error if the files would overwrite what is read."""
        if self.folder is None:
            return
        folder = self.folder.resolve()
        for path in inputs:
            if path.resolve() in (folder, folder / evidence.EXCHANGES):
                raise click.BadParameter(
                    f"the report would overwrite `{path}`, which is to be read; name another"
                    " folder",
                    param_hint="--report",
                )

    @property
    def server_log(self) -> Path | None:
        """The file for the output of a server that the profile starts."""
        return self.folder / files.SERVER_LOG if self.folder else None

    def progress(self, target: Target) -> Progress:
        """What is shown while a run goes on; first, which jobs of a profile it changes."""
        if self.quiet:
            return Progress()
        self.announce(target)
        return Live(self.console, target, folder=self.folder).progress

    def announce(self, target: Target) -> None:
        """Say which jobs of a profile a run changes."""
        if self.profile and not self.quiet:
            named = ", ".join(jobs(target))
            then = "and restored at the end" if target.readback else "and cannot be restored"
            why = "" if target.readback else " (the profile has no [readback])"
            said = f"The policies of these jobs are overwritten, {then}{why}: {named}"
            terminal.say(self.console, said, style="dim")

    @contextmanager
    def recorded(self, target: Target) -> Generator[Callable[[Exchange], None] | None]:
        """What writes every exchange into the folder, until the block ends."""
        if self.folder is None:
            yield None
            return
        recorder = evidence.Recorder(target, self.folder)
        try:
            yield recorder
        finally:
            recorder.close()

    def found(self, finding: Finding) -> None:
        """Show a finding as soon as it is known, in one line."""
        if not self.quiet:
            said = f" {finding.rule}: {finding.cause}"
            self.console.print(Text.assemble(("FAILED", "bold red"), said))

    def finish(self, verdict: Verdict, *, recorded: bool = False) -> int:
        """Show the verdict, less what the baseline covers, and write the files: the exit code.

        `recorded` says that `recorded` has written all exchanges.
        """
        verdict = self._without_known(verdict)
        report = describe(verdict, origins=self.origins, folder=self.folder, command=self.command)
        terminal.show(report, self.console, verbose=self.verbose, quiet=self.quiet)
        if self.format == "github":
            for line in github.workflow_commands(report):
                click.echo(line)
        code = exit_code(report)
        if self.folder is None:
            return code
        try:
            files.write(report, self.folder)
            evidence.write(verdict, self.folder, profile=self.profile, recorded=recorded)
        except OSError as error:
            click.echo(f"Error: the reports could not be written: {error}", err=True)
            return code or exits.WRONG_USE
        self.console.print(Text(f"report: {self.folder / files.PAGE}"), soft_wrap=True)
        return code

    def _without_known(self, verdict: Verdict) -> Verdict:
        known = self.known
        if self.baseline is None:
            return verdict
        if self.rewrites_baseline:
            known = write_baseline(self.baseline, verdict, known)
        return baseline.apply(known, verdict)


def exit_code(report: Report) -> int:
    """The exit code for a report."""
    if report.ending in EXITS:
        return EXITS[report.ending]
    return exits.BROKEN if report.failing else exits.DONE


def origins(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    """The value of `--origin`: a list of names with commas."""
    chosen = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in chosen if name not in ORIGINS]
    if unknown or not chosen:
        choices = ", ".join(f"`{name}`" for name in ORIGINS)
        named = ", ".join(f"`{name}`" for name in unknown)
        raise click.BadParameter(f"{named or 'nothing'} is not an origin; choose from {choices}")
    return chosen


def repeated(*, seed: int | None) -> str:
    """The command line that does this run again: arguments, given options, and the seed."""
    context = click.get_current_context()
    words = ["drs-sync-policy", context.info_name or ""]
    for option in context.command.params:
        name = option.name or ""
        value = context.params.get(name)
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if not given or name in ("seed", "verbose", "quiet", "form"):
            continue
        if isinstance(option, click.Argument):
            several = cast("tuple[object, ...]", value if isinstance(value, tuple) else (value,))
            words += map(_word, several)
        elif value is True:
            words.append(option.opts[-1])
        else:
            words += [option.opts[-1], _word(value)]
    return shlex.join([*words, *(() if seed is None else ("--seed", str(seed)))])


def _word(value: object) -> str:
    if isinstance(value, Path):
        return os.path.relpath(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ",".join(map(str, cast("tuple[object, ...]", value)))
    return str(value)


def selected(rules: Sequence[str], excluded: Sequence[str], against: Contract) -> set[str]:
    """The rules that `--rule` and `--exclude-rule` leave; empty if all of them."""
    known = [rule.id for rule in against.rules]
    for name in (*rules, *excluded):
        if name not in known:
            raise click.UsageError(f"there is no rule `{name}`{did_you_mean(name, known)}")
    left = {*(rules or known)} - {*excluded}
    if not left:
        raise click.UsageError("`--exclude-rule` leaves no rule to check")
    return left if left < {*known} else set()


def any_violation(ledger: Ledger) -> bool:
    """Whether there is a violation: for `--fail-fast`."""
    return next(ledger.violations(), None) is not None


def known_findings(path: Path | None, *, write: bool) -> tuple[Known, ...]:
    """The known findings of a baseline; none yet, if the file is still to be written."""
    if path is None:
        if write:
            raise click.UsageError("`--write-baseline` needs `--baseline FILE`")
        return ()
    if not path.exists():
        if write:
            return ()
        raise click.UsageError(
            f"`{path}` does not exist; add `--write-baseline` to write the findings of this run"
            " into it"
        )
    with usage_errors(BaselineError):
        return baseline.read(path)


def write_baseline(path: Path, verdict: Verdict, known: Sequence[Known]) -> tuple[Known, ...]:
    """Write the baseline; the findings that it knows now."""
    _written(path, lambda: baseline.write(path, verdict, known))
    return baseline.read(path)


def export_tests(path: Path, verdict: Verdict) -> None:
    """Write the findings as tests."""
    _written(path, lambda: path.write_text(export.module(verdict), encoding="utf-8"))


def _written(path: Path, write: Callable[[], object]) -> None:
    try:
        write()
    except OSError as error:
        raise click.UsageError(f"`{path}` cannot be written: {error.strerror or error}") from None
