"""Setting policies for a verb: what became of each, and the exit code, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import click
from attrs import define

from drs_sync_policy import AsyncSyncPolicyClient, DrsError, JobOutcome, Outcome, SyncPolicyReq
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.connection import exit_code
from drs_sync_policy.cli.journal import BadJournalError
from drs_sync_policy.cli.output.progress import Bar
from drs_sync_policy.cli.output.prose import fold, width
from drs_sync_policy.cli.unexpected import report
from drs_sync_policy.client.batching import Chunk
from drs_sync_policy.text import printable
from drs_sync_policy_api.models import SyncPolicyResp

Note = Callable[[Sequence[JobOutcome]], object]


def send(
    client: AsyncSyncPolicyClient, policies: Sequence[SyncPolicyReq], note: Note | None = None
) -> tuple[Outcome, int]:
    """What is known of each policy, and the exit code of what ended the call, if anything did.

    `note` is called with what became of the jobs of each request, as soon as it is known. An error
    of the client, a journal that cannot be written and Ctrl-C are told on stderr and end in a
    code, never in an exception.
    """
    record, code = _Noted(note or _nothing), exits.DONE
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


@define(eq=False, repr=False)
class _Noted(Outcome):
    """An outcome that hands on what became of a request, and of no other."""

    _note: Note

    def note_results(self, chunk: Chunk, results: Sequence[SyncPolicyResp]) -> None:
        super().note_results(chunk, results)
        self._note(self.of(chunk))

    def note_error(self, chunk: Chunk, error: DrsError) -> None:
        super().note_error(chunk, error)
        self._note(self.of(chunk))


async def _call(
    client: AsyncSyncPolicyClient,
    policies: Sequence[SyncPolicyReq],
    record: Outcome,
    progress: Callable[[int, int], None],
) -> None:
    async with client:
        await client.set_policies(policies, record=record, progress=progress)


def _nothing(_: Sequence[JobOutcome]) -> None:
    pass
