"""`drs-sync-policy fuzz`: check a server against the contract."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click
from attrs import evolve

from drs_sync_policy.cli import exits
from drs_sync_policy.cli.choice import fault_option
from drs_sync_policy.cli.output import verdict as verdicts
from drs_sync_policy.cli.output.options import verdict_options
from drs_sync_policy.cli.output.verdict import Output
from drs_sync_policy.cli.target import opened, write_example, write_listed
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.active import DEFAULT_BUDGET, Interrupted, run
from drs_sync_policy.fuzz.restore import Restored


@click.command()
@click.option(
    "--target",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The target profile (TOML) of the server to check.",
)
@click.option("--sandbox", is_flag=True, help="Check our own sandbox, started in this process.")
@fault_option(
    "With --sandbox: the sandbox violates a rule on purpose; can be given more than once."
)
@click.option(
    "--init",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=write_example,
    help="Write `target.toml`, a commented example of a target profile, and end.",
)
@click.option(
    "--init-from-list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=write_listed,
    help="Write `target.toml` with your server and project (from DRS_URL, DRS_PROFILE, ...) and"
    " with the synchronization jobs of the project in the state CONFIGURATION, and end.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    default=DEFAULT_BUDGET,
    help="Maximum seconds for the run; 0 runs only the required scenarios, without a limit.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    help="Start value for random values; the same value generates the same requests.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1, max=64),
    default=4,
    help="How many requests are sent at the same time.",
)
@click.option("--strict", is_flag=True, help="Fail if a rule could not be checked (exit code 6).")
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="ID",
    help="Check only this rule; can be given more than once.",
)
@click.option(
    "--exclude-rule",
    "excluded",
    multiple=True,
    metavar="ID",
    help="Do not report this rule; can be given more than once.",
)
@click.option("--fail-fast", is_flag=True, help="End at the first violation.")
@click.option(
    "--export-tests",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the findings as pytest tests, which need only httpx, into FILE.",
)
@verdict_options
def command(
    *,
    target: Path | None,
    sandbox: bool,
    faults: tuple[str, ...],
    budget: float,
    seed: int,
    workers: int,
    strict: bool,
    rules: tuple[str, ...],
    excluded: tuple[str, ...],
    fail_fast: bool,
    export_tests: Path | None,
    against: Contract,
    output: Output,
) -> None:
    """Check a server against the contract.

    Exit codes: 0 all checked rules passed; 1 a rule failed; 2 usage error; 3 the server rejected
    the credentials of the profile; 5 the server could not be reached; 6 too little was checked, or
    the fuzzer itself failed; 130 Ctrl-C.
    """
    import_module("drs_sync_policy.fuzz.stock")  # If its library is missing, no request is sent.
    selected = verdicts.selected(rules, excluded, against)
    try:
        with opened(
            target, sandbox=sandbox, faults=faults, against=against, log=output.server_log
        ) as chosen:
            if strict:
                checked = against.checked_rules(chosen.operations)
                wanted = tuple(rule.id for rule in checked if rule.origin in output.origins)
                chosen = evolve(chosen, require=wanted)
            with output.recorded(chosen) as record:
                verdict = run(
                    chosen,
                    against=against,
                    seed=seed,
                    budget=budget,
                    workers=workers,
                    progress=output.progress(chosen),
                    record=record,
                    rules=selected,
                    enough=verdicts.any_violation if fail_fast else None,
                )
    except Interrupted as interrupted:
        verdict = interrupted.verdict
    except KeyboardInterrupt:
        click.echo("Interrupted before the first request.", err=True)
        sys.exit(exits.INTERRUPTED)
    if sandbox:
        verdict = evolve(verdict, restored=Restored())  # its jobs are gone with it
    if export_tests:
        verdicts.export_tests(export_tests, verdict)
    sys.exit(output.finish(verdict, recorded=True))
