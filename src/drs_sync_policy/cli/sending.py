"""Setting policies for a verb: the result of each, and the exit code, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast

import click
from attrs import frozen

from drs_sync_policy import (
    AsyncSyncPolicyClient,
    DrsError,
    Hooks,
    Outcome,
    RefusedError,
    RequestInfo,
    ResponseInfo,
    SyncPolicyReq,
    Timeouts,
)
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.choice import F, with_options
from drs_sync_policy.cli.connection import exit_code
from drs_sync_policy.cli.journal import BadJournalError
from drs_sync_policy.cli.output.progress import Bar
from drs_sync_policy.cli.output.prose import fold, width
from drs_sync_policy.cli.unexpected import report
from drs_sync_policy.client.call_record import Listener
from drs_sync_policy.client.outcome import record_of
from drs_sync_policy.runtime.errors import LoginError
from drs_sync_policy.text import printable


@frozen
class Manner:
    """How long a request may take, and how much is printed while policies are set."""

    timeout: float | None = None
    verbose: bool = False
    quiet: bool = False

    def bar(self, total: int, doing: str) -> Bar:
        """A progress bar, which is not shown if `verbose` or `quiet`."""
        return Bar(0 if self.verbose or self.quiet else total, doing)

    def client_options(self) -> dict[str, Any]:
        """The arguments for a client."""
        options: dict[str, Any] = {}
        if self.timeout is not None:
            options["timeouts"] = Timeouts(total=self.timeout)
        if self.verbose:
            options["hooks"] = Hooks(on_request=_sent, on_response=_received, on_retry=_retried)
        return options


def manner_options(quiet: str) -> Callable[[F], F]:
    """Adds the options that make a `Manner`, which the verb gets as `manner`.

    `quiet` says what the verb prints with `--quiet`.
    """
    return lambda function: _with_manner(function, quiet)


def _with_manner(function: F, quiet: str) -> F:

    @wraps(function)  # with the options that it has already
    def wrapped(*, timeout: float | None, verbose: bool, quiet: bool, **given: Any) -> Any:
        if verbose and quiet:
            raise click.UsageError("give --verbose or --quiet, not both")
        return function(manner=Manner(timeout, verbose, quiet), **given)

    options = (*_OPTIONS, click.option("-q", "--quiet", is_flag=True, help=quiet))
    return cast("F", with_options(*options)(wrapped))


_OPTIONS = (
    click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
                 help="Maximum time for one request with its retries.  [default: 120]"),
    click.option("-v", "--verbose", is_flag=True, help="Print each request, response and retry."),
)  # fmt: skip


def _sent(request: RequestInfo) -> None:
    click.echo(printable(f"> {request} ({request.body_bytes:,} bytes)"), err=True)


def _received(_: RequestInfo, response: ResponseInfo, seconds: float) -> None:
    named = f", request id {response.request_id}" if response.request_id else ""
    click.echo(printable(f"< {response.status} after {seconds:.2f} s{named}"), err=True)


def _retried(_: RequestInfo, reason: str, seconds: float) -> None:
    click.echo(printable(f"  retry in {seconds:.2f} s: {reason}"), err=True)


def send(
    client: AsyncSyncPolicyClient,
    policies: Sequence[SyncPolicyReq],
    note: Listener | None = None,
    *,
    manner: Manner = Manner(),
) -> tuple[Outcome, int]:
    """What is known of each policy, and the exit code of what ended the run, if anything did.

    `note` is called with the results of each request, as soon as they are known. An error of the
    client, a journal that cannot be written and Ctrl-C are printed on stderr and end in a code,
    never in an exception.
    """
    record = Outcome()
    record_of(record).listener = note

    def work() -> None:
        if policies:
            with manner.bar(len(policies), "Setting policies") as bar:
                asyncio.run(_call(client, policies, record, bar.moved))

    return record, guarded(work)


def guarded(work: Callable[[], object]) -> int:
    """Do it; the exit code of what ended it, if anything did, which is printed on stderr."""
    code = exits.DONE
    try:
        work()
    except DrsError as error:
        said = f"Error: {printable(_text(error), lines=True)}"
        lines = (fold(line, width(err=True)) for line in said.splitlines())
        click.echo("\n".join(lines), err=True)
        code = exit_code(error)
    except BadJournalError as error:
        click.echo(f"Error: {error}. No further request was sent.", err=True)
        code = exits.BROKEN
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        code = exits.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - what was set is still shown
        code = report(error)
    return code


def _text(error: DrsError) -> str:
    """The text of an error; `explain` has what a code means and what to do about it."""
    text = str(error)
    cause = error.reason if isinstance(error, LoginError) else error
    if isinstance(cause, RefusedError) and cause.meaning and cause.remedy:
        more = f"What to do: drs-sync-policy explain {cause.code}"
        return text.replace(f"{cause.meaning} {cause.remedy}", more)
    return text


async def _call(
    client: AsyncSyncPolicyClient,
    policies: Sequence[SyncPolicyReq],
    record: Outcome,
    progress: Callable[[int, int], None],
) -> None:
    async with client:
        await client.set_policies(policies, record=record, progress=progress)
