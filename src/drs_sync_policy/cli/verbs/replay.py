"""`drs-sync-policy replay`: send the requests of a report's findings again."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click
from attrs import evolve
from rich.text import Text

from drs_sync_policy import contract
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.target import opened
from drs_sync_policy.fuzz.evidence import files
from drs_sync_policy.fuzz.evidence.decode import Decoder, EvidenceError
from drs_sync_policy.fuzz.ledger import Exchange, Ledger, Violation
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import Prober, TargetDown
from drs_sync_policy.fuzz.readback import Unreadable
from drs_sync_policy.fuzz.replay import TRIES, Replayed, Result, is_reading, is_right, replay
from drs_sync_policy.fuzz.report import terminal
from drs_sync_policy.fuzz.target.connection import over_http
from drs_sync_policy.fuzz.target.http import NoResponse, Request, Throttled
from drs_sync_policy.fuzz.traffic.redaction import HIDDEN, is_redacted
from drs_sync_policy.text import did_you_mean

_EARLIER: Final = 30
"""So many requests before a finding are sent, too, if its own requests show nothing."""
_UNSEEN: Final = "; the run could not reproduce it either"
_ONCE: Final = " (the run saw this once and did not send it again; to be sure, run `fuzz` again)"
_STYLES: Final[Mapping[Result, str]] = {"FIXED": "green", "FAILS": "bold red", "FLAKY": "yellow"}


@click.command()
@click.argument("report", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("findings", metavar="[FINDING]...", nargs=-1)
@click.option(
    "--target",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The target profile (TOML); default: the profile of the run that wrote REPORT.",
)
@click.option(
    "--tries",
    type=click.IntRange(min=1, max=100),
    default=TRIES,
    help="How often the requests of each finding are sent.",
)
def command(*, report: Path, findings: Sequence[str], target: Path | None, tries: int) -> None:
    """Send the requests of findings again, and show each finding as FIXED, FAILS or FLAKY.

    If no try shows the violation, the command tries two other ways, each of them twice. In one, it
    sends earlier requests of the run before those of the finding. In the other, it reads the policy
    after each request.

    A bug may also begin later: the run that wrote REPORT got a right response to the request at
    first. For such a finding, the command sends the request again and again for one more second.

    FAILS: the violation appears in all of the first tries, in both tries of one of the other ways,
    or in the additional second. FLAKY: it appears in some of the tries only. Or it does not appear,
    but the bug may still be there: then the line of the finding says why. FIXED: it does not
    appear, and nothing says that the bug may still be there. NOT SENT: the report lacks a body or a
    token of a request.

    REPORT is a folder that a run wrote with `--report`. FINDING is the id of a finding of this
    report, such as count-equals-results. The run prints the id after FAILED; in verdict.json it is
    `id`. Without FINDING, the requests of every finding are sent.

    Exit codes: 0 all findings are fixed; 1 at least one is not; 2 usage error; 5 the server could
    not be reached.
    """
    try:
        document = files.read(report)
        entries = _chosen(document["findings"], findings)
        if not entries:
            click.echo("The report has no findings: nothing to replay.")
            sys.exit(exits.DONE)
        against = contract.load()
        path = target or _profile(document, report)
        with opened(path, against=against) as chosen:
            oracle = Oracle.of_target(chosen, against)
            decoder = Decoder.of(oracle, report, document["exchanges"])
            results = _replay(decoder, entries, tries=tries)
    except (EvidenceError, Unreadable) as error:
        raise click.UsageError(str(error)) from None
    except (TargetDown, Throttled, NoResponse) as error:
        click.echo(f"Error: the server cannot be asked: {error}", err=True)
        sys.exit(exits.UNREACHABLE)
    sys.exit(exits.DONE if all(entry == "FIXED" for entry in results) else exits.BROKEN)


def _replay(
    decoder: Decoder, entries: Sequence[Mapping[str, Any]], *, tries: int
) -> Sequence[Result | None]:
    oracle = decoder.oracle
    rules = oracle.contract.checked_rules(oracle.target.operations)
    prober = Prober(oracle, over_http(oracle.target), Ledger(rules), seed=0)
    console = terminal.console()
    results: list[Result | None] = []
    try:
        for entry in entries:
            example = decoder.finding(entry).example
            reason = _unsendable(example, {*map(str.lower, oracle.operation.security_headers)})
            if reason:
                results.append(None)
                line = Text("NOT SENT", style="yellow").append(
                    f" {entry['id']}: {reason}", "default"
                )
                console.print(line, soft_wrap=True)
                continue
            sendable = evolve(
                example, case="", exchanges=(*map(_without_hidden, example.exchanges),)
            )
            done = replay(
                prober,
                sendable,
                tries=tries,
                before=functools.partial(_before, decoder, example, entry["example"]["exchanges"]),
                reproduced=entry["label"] != "not reproduced",
                began_later=functools.partial(
                    _began_later, decoder, example, entry["example"]["exchanges"]
                ),
            )
            results.append(done.result)
            console.print(_line(entry, done), soft_wrap=True)
    finally:
        prober.wire.close()
    return results


def _before(decoder: Decoder, example: Violation, numbers: Sequence[int]) -> list[Exchange]:
    """What the run sent right before the last request of a finding, as far as it can be sent."""
    sent = [n for n, entry in zip(numbers, example.exchanges, strict=True) if not is_reading(entry)]
    if not sent:
        return []
    decoded: list[Exchange] = []
    for entry in files.before(decoder.folder, decoder.exchanges[sent[-1]], most=_EARLIER):
        with suppress(EvidenceError, OSError, ValueError, KeyError, TypeError):  # cannot be sent
            decoded.append(decoder.exchange(entry))
    return [entry for entry in decoded if HIDDEN not in str(entry.request.headers)]


def _began_later(decoder: Decoder, example: Violation, numbers: Sequence[int]) -> bool:
    """Whether the run got a right response to the last request of a finding at first."""
    if not numbers or example.kind != "response":
        return False
    for entry in files.same_request(decoder.folder, decoder.exchanges[numbers[-1]]):
        with suppress(EvidenceError, OSError, ValueError, KeyError, TypeError):  # not readable
            return is_right(decoder.oracle, example, decoder.exchange(entry))
    return False


def _unsendable(example: Violation, credentials: set[str]) -> str:
    """Why a report does not have what was sent; empty if it has."""
    for request in (exchange.request for exchange in example.exchanges):
        if is_redacted(request):
            return "the report has no bodies; check the traffic again without `--redact-bodies`"
        names = {name.lower() for name, _ in request.headers}
        hidden = {
            name.lower() for name, value in request.headers if _is_hidden(request, name, value)
        }
        if hidden and not credentials & (names - hidden):
            return "the profile does not have the token that was sent"
    return ""


def _is_hidden(request: Request, name: str, value: str) -> bool:
    return HIDDEN in value and name.lower() in request.secret


def _without_hidden(exchange: Exchange) -> Exchange:
    """Without what the report hides next to the token, as the cookies of a browser."""
    request = exchange.request
    shown = tuple(header for header in request.headers if not _is_hidden(request, *header))
    return evolve(exchange, request=evolve(request, headers=shown))


def _line(entry: Mapping[str, Any], done: Replayed) -> Text:
    line = Text(done.result, style=_STYLES[done.result])
    if done.result == "FLAKY":
        unseen = "" if done.failed or done.needs else _UNSEEN
        line.append(f" ({done.failed} of {done.tries} tries{unseen})")
    if done.needs:
        line.append(f" ({done.needs})")
    if done.result == "FIXED" and not entry["label"]:
        line.append(_ONCE)
    says = entry["cause"]
    if done.result == "FIXED":
        says = f"{entry['example']['case']}. Received before: {entry['example']['received']}"
    return line.append(f" {entry['id']}: {' '.join(says.split())}", style="default")


def _chosen(
    entries: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> Sequence[Mapping[str, Any]]:
    known = {entry["id"]: entry for entry in entries}
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"; it has {', '.join(known) or 'none'}"
            raise EvidenceError(f"the report has no finding `{name}`{hint}")
    return [known[name] for name in names] if names else entries


def _profile(document: Mapping[str, Any], report: Path) -> Path:
    name: str | None = document["target"].get("profile")
    if name is None or not (report / name).is_file():
        named = f" (`{name}` does not exist)" if name else ""
        raise EvidenceError(f"the report names no target profile{named}; give it with `--target`")
    return report / name
