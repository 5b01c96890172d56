"""Setting policies for a verb: what became of each, and the exit code, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import click

from drs_sync_policy import AsyncSyncPolicyClient, DrsError, Outcome, SyncPolicyReq
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.connection import exit_code
from drs_sync_policy.cli.journal import BadJournalError
from drs_sync_policy.cli.output.progress import Bar
from drs_sync_policy.cli.output.prose import fold, width
from drs_sync_policy.cli.unexpected import report
from drs_sync_policy.client.call_record import Listener
from drs_sync_policy.client.outcome import record_of
from drs_sync_policy.text import printable


def send(
    client: AsyncSyncPolicyClient, policies: Sequence[SyncPolicyReq], note: Listener | None = None
) -> tuple[Outcome, int]:
    """What is known of each policy, and the exit code of what ended the call, if anything did.

    `note` is called with what became of the jobs of each request, as soon as it is known. An error
    of the client, a journal that cannot be written and Ctrl-C are told on stderr and end in a
    code, never in an exception.
    """
    record, code = Outcome(), exits.DONE
    record_of(record).listener = note
    try:
        if policies:
            with Bar(len(policies)) as bar:
                asyncio.run(_call(client, policies, record, bar.moved))
    except DrsError as error:
        said = f"Error: {printable(str(error), lines=True)}"
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
    return record, code


async def _call(
    client: AsyncSyncPolicyClient,
    policies: Sequence[SyncPolicyReq],
    record: Outcome,
    progress: Callable[[int, int], None],
) -> None:
    async with client:
        await client.set_policies(policies, record=record, progress=progress)
