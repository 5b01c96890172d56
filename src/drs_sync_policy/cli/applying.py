"""Setting the policies of a file: what is left of it, and the result of each item."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from attrs import frozen

from drs_sync_policy import AsyncSyncPolicyClient, JobOutcome, SyncPolicyReq
from drs_sync_policy.cli import exits, sending
from drs_sync_policy.cli.input.policies import Item
from drs_sync_policy.cli.journal import Journal
from drs_sync_policy.cli.output import outcomes
from drs_sync_policy_api.models import BatchSetPolicyReq


def policies(items: Sequence[Item]) -> Sequence[SyncPolicyReq]:
    """The models of all items at once: with an unknown field, making one costs 400 us."""
    return BatchSetPolicyReq.from_dict({"jobs": list(items)}).jobs


@frozen
class Run:
    """The items of a file, and how they are sent and shown."""

    client: AsyncSyncPolicyClient
    items: Sequence[Item]
    output: str
    manner: sending.Manner

    def to_the_end(self, path: Path | None, *, fresh: bool) -> int:
        """Sends what is left by the journal in `path`, shows all results; the exit code."""
        if path is None:
            return self._send(range(len(self.items)), None)
        client = self.client
        with Journal.open(path, url=client.base_url, project_id=client.project_id) as journal:
            if fresh:
                journal.forget()
            left = journal.begin(self.items)
            earlier = len(self.items) - len(left)
            if earlier and not self.manner.quiet:
                click.echo(
                    f"{earlier} of {len(self.items)} were set by an earlier run"
                    f" ({path}); --fresh sends them again.",
                    err=True,
                )
            code = self._send(left, journal)
        if code == exits.DONE:
            journal.delete()
        return code

    def _send(self, left: Sequence[int], journal: Journal | None) -> int:
        def note(jobs: Sequence[JobOutcome]) -> None:
            if journal is not None:
                journal.note(job.job_id for job in jobs if job.succeeded)

        wanted = policies([self.items[index] for index in left])
        record, code = sending.send(self.client, wanted, note, manner=self.manner)
        sent = {left[job.index]: job for job in record}
        rows = [
            outcomes.row(index + 1, sent[index])
            if index in sent
            else outcomes.Row(index + 1, item["job_id"], outcomes.EARLIER)
            for index, item in enumerate(self.items)
        ]
        rest = f"the jobs of the file that are not in {journal.path}" if journal else _ALL
        outcomes.show(rows, self.output, quiet=self.manner.quiet, rest=rest)
        if code == exits.INTERRUPTED and journal is not None:
            # Last, where it is seen: the table may be long.
            click.echo("The same command goes on from here.", err=True)
        return code or (exits.DONE if all(r.done for r in rows) else exits.BROKEN)


_ALL = "--output json lists all"
