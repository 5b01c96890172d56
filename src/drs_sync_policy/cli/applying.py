"""Setting the policies of a file: what is left of it, and the result of each item."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from attrs import frozen

from drs_sync_policy import AsyncSyncPolicyClient, JobOutcome, SyncPolicyReq
from drs_sync_policy.cli import exits, plans, sending
from drs_sync_policy.cli.input.policies import Item
from drs_sync_policy.cli.journal import Journal
from drs_sync_policy.cli.output import outcomes
from drs_sync_policy.cli.reading import read
from drs_sync_policy.text import listed
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
    verifier: AsyncSyncPolicyClient | None = None
    """Reads the policies back when they are set; None if that is not wanted."""

    def to_the_end(self, path: Path | None, *, fresh: bool) -> int:
        """Sends what is left by the journal in `path`, shows all results; the exit code."""
        if path is None:
            return self._send(range(len(self.items)), None)[0]
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
            code, whole = self._send(left, journal)
            if whole:
                journal.delete()
        return code

    def _send(self, left: Sequence[int], journal: Journal | None) -> tuple[int, bool]:
        """The exit code, and whether nothing is left to be done by a repeat.

        A repeat does not send what the journal has. So the journal is of no use if a policy is
        stored otherwise.
        """

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
        set_all = not code and all(r.done for r in rows)
        if self.verifier is not None and not code:
            rows, code = self._verified(self.verifier, rows)
        rest = f"the jobs of the file that are not in {journal.path}" if journal else _ALL
        outcomes.show(rows, self.output, quiet=self.manner.quiet, rest=rest)
        if code == exits.INTERRUPTED and journal is not None:
            # Last, where it is seen: the table may be long.
            click.echo("The same command goes on from here.", err=True)
        whole = set_all and not code
        return code or (exits.DONE if all(r.done for r in rows) else exits.BROKEN), whole

    def _verified(
        self, client: AsyncSyncPolicyClient, rows: Sequence[outcomes.Row]
    ) -> tuple[list[outcomes.Row], int]:
        """The rows, with what is stored otherwise; and the exit code of what ended the reading."""
        items = [item for item, row in zip(self.items, rows, strict=True) if row.done]
        if not items:
            return [*rows], exits.DONE
        policies, code = read(client, [*plans.merged(items)], manner=self.manner)
        if code:
            click.echo("The policies are set, and were not read back.", err=True)
            return [*rows], code
        found = plans.plans(items, policies)
        hidden = plans.unreadable(found)
        if hidden and not self.manner.quiet:
            said = f"Not verified: the server does not show {listed(hidden, last='and')}."
            click.echo(said, err=True)
        wrong = {plan.job_id: plan for plan in found if plan.changed or plan.error_code}
        return [
            _differing(row, wrong[row.job_id]) if row.done and row.job_id in wrong else row
            for row in rows
        ], exits.DONE


def _differing(row: outcomes.Row, plan: plans.JobPlan) -> outcomes.Row:
    if plan.error_code:
        return outcomes.Row(
            row.number, row.job_id, outcomes.UNVERIFIED, plan.error_code, plan.error_msg
        )
    said = "; ".join(change.difference for change in plan.changed)
    return outcomes.Row(row.number, row.job_id, outcomes.DIFFERS, "", said)


_ALL = "--output json lists all"
