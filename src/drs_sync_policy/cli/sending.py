"""Setting policies for a verb: what became of each, and the exit code, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import click

from drs_sync_policy import AsyncSyncPolicyClient, DrsError, Outcome, SyncPolicyReq
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.connection import INTERRUPTED, exit_code
from drs_sync_policy.cli.progress import Bar

Note = Callable[[Outcome], object]


def send(
    client: AsyncSyncPolicyClient, policies: Sequence[SyncPolicyReq], note: Note | None = None
) -> tuple[Outcome, int]:
    """What is known of each policy, and the exit code of what ended the call, if anything did.

    `note` is called with what is known after each request, and once more at the end. An error of
    the client and Ctrl-C are told on stderr and end in a code, never in an exception.
    """
    record, code = Outcome(), exits.DONE
    noted = note or _nothing
    try:
        if policies:
            with Bar(len(policies)) as bar:
                progress = bar.after(lambda: noted(record))
                asyncio.run(_call(client, policies, record, progress))
    except DrsError as error:
        click.echo(f"Error: {error}", err=True)
        code = exit_code(error)
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        code = INTERRUPTED
    noted(record)
    return record, code


async def _call(
    client: AsyncSyncPolicyClient,
    policies: Sequence[SyncPolicyReq],
    record: Outcome,
    progress: Callable[[int, int], None],
) -> None:
    async with client:
        await client.set_policies(policies, record=record, progress=progress)


def _nothing(_: Outcome) -> None:
    pass
