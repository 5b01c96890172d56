"""Setting the policies of a file: what is left of it, and the result of each item."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from attrs import evolve, frozen

from drs_sync_policy import AsyncSyncPolicyClient, JobOutcome, SyncPolicyReq
from drs_sync_policy.cli import exits, plans, sending
from drs_sync_policy.cli.input.policies import Item
from drs_sync_policy.cli.journal import Journal
from drs_sync_policy.cli.output import outcomes
from drs_sync_policy.cli.output.prose import fold, width
from drs_sync_policy.cli.reading import read
from drs_sync_policy.text import counted, listed
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
        """Sends what is left by the journal in `path`, shows all results; the exit code.

        The journal lists the jobs that need not be sent again: those that are set, without those
        that are stored otherwise. It is deleted when nothing is left to do.
        """
        if path is None:
            return self._run(range(len(self.items)), None)
        client = self.client
        with Journal.open(path, url=client.base_url, project_id=client.project_id) as journal:
            if fresh:
                journal.forget()
            left = journal.begin(self.items)
            earlier = len(self.items) - len(left)
            if earlier and not self.manner.quiet:
                said = (
                    f"{earlier:,} of {counted(len(self.items), 'item')} were set by an earlier run"
                    f" and are not sent again ({path}, {journal.written:%Y-%m-%d %H:%M} UTC)."
                    " --fresh sends them; `plan` shows what is set now."
                )
                click.echo(fold(said, width(err=True)), err=True)
            code = self._run(left, journal)
            if not code:
                journal.delete()
        return code

    def _run(self, left: Sequence[int], journal: Journal | None) -> int:
        rows, code = self._sent(left, journal)
        notes: list[str] = []
        if self.verifier is not None and any(r.done for r in rows):
            if code:
                rows, notes = _not_read(rows, "sending ended early")
            else:
                rows, code, notes = self._verified(self.verifier, rows)
        rest = f"the jobs of the file that are not in {journal.path}" if journal else _ALL
        if journal is not None:  # before the output, which may end the run: `apply ... | head`
            journal.drop(r.job_id for r in rows if r.state == outcomes.DIFFERS)
        outcomes.show(rows, self.output, quiet=self.manner.quiet, rest=rest)
        # Last, where it is seen: the table may be long.
        if code == exits.INTERRUPTED and journal is not None:
            notes.append("To continue, run the same command again.")
        for note in notes:
            click.echo(fold(note, width(err=True)), err=True)
        return exits.worst([code, exits.DONE if all(r.done for r in rows) else exits.BROKEN])

    def _sent(self, left: Sequence[int], journal: Journal | None) -> tuple[list[outcomes.Row], int]:
        """A row for each item, and the exit code of what ended the sending."""

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
        return rows, code

    def _verified(
        self, client: AsyncSyncPolicyClient, rows: Sequence[outcomes.Row]
    ) -> tuple[list[outcomes.Row], int, list[str]]:
        """The rows with what is stored otherwise, the exit code of the reading, and notes."""
        items = [item for item, row in zip(self.items, rows, strict=True) if row.done]
        found, code = read(client, [*plans.merged(items)], manner=self.manner)
        if code:
            rows, notes = _not_read(rows, "the policies could not be read back")
            return rows, code, notes
        planned = plans.plans(items, found)
        hidden = plans.unreadable(planned)
        said = f"Not compared: the server does not show {listed(hidden, last='and')}."
        wrong = {plan.job_id: plan for plan in planned if plan.changed or plan.error_code}
        rows = [
            _differing(row, wrong[row.job_id]) if row.done and row.job_id in wrong else row
            for row in rows
        ]
        return rows, exits.DONE, [said] if hidden and not self.manner.quiet else []


def _not_read(rows: Sequence[outcomes.Row], reason: str) -> tuple[list[outcomes.Row], list[str]]:
    """The rows of a run in which nothing was verified, and a line that says why."""
    done = sum(row.done for row in rows)
    accepted = f"The server accepted {counted(done, 'item')}; what is stored is not known."
    said = f"Not verified: {reason}. {accepted}"
    return [
        evolve(row, state=outcomes.UNVERIFIED, error_msg=reason) if row.done else row
        for row in rows
    ], [said]


def _differing(row: outcomes.Row, plan: plans.JobPlan) -> outcomes.Row:
    if plan.error_code:
        return outcomes.Row(
            row.number, row.job_id, outcomes.UNVERIFIED, plan.error_code, plan.error_msg
        )
    said = "; ".join(change.difference for change in plan.changed)
    return outcomes.Row(row.number, row.job_id, outcomes.DIFFERS, "", said)


_ALL = "--output json lists all"
