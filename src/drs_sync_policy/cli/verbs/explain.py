"""The verb `explain`: what an error code or a rule means, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Final

import attrs
import click

from drs_sync_policy import codes, contract
from drs_sync_policy.cli.choice import completed, output_option
from drs_sync_policy.cli.completion import PREFIXES
from drs_sync_policy.cli.output.data import echo_json
from drs_sync_policy.cli.output.prose import beside, fold, width
from drs_sync_policy.text import counted, nearest

_AUTHORS: Final = {"vendor": "", "ours": " (written by this project, not by the vendor)"}
_ISSUERS: Final = {"service": "a code of DRS", "gateway": "a code of the gateway in front of DRS"}
_ORIGINS: Final = {
    "page": "the vendor's page of the API",
    "vendor": "other documents of the vendor",
    "decision": "a choice of this project",
}
_DIGITS: Final = re.compile(r"[1-9][0-9]*\Z")
_NEAR: Final = 0.7


def _known() -> Iterable[str]:
    """The codes, each once, and the ids of the rules."""
    names = [*(row.code for row in codes.all_codes()), *(r.id for r in contract.load().rules)]
    return dict.fromkeys(names)


@click.command(short_help="Explain an error code, a status or a rule.")
@click.argument("names", metavar="CODE...", nargs=-1, required=True,
                shell_complete=completed(_known))  # fmt: skip
@output_option(("text", "json"))
def command(names: tuple[str, ...], output: str) -> None:
    """Explain what an error code or a rule means, and what to do about it.

    CODE is an error code such as DRS.M00304 (or short: M00304), or the id of a rule of the
    contract, such as count-equals-results. If CODE is an HTTP status such as 401, the command lists
    the error codes of this status.
    """
    found = [_find(name) for name in names]
    if output == "json":
        echo_json([attrs.asdict(entry) for group in found for entry in group])
        return
    click.echo("\n\n".join(_text(group) for group in found))


def _find(name: str) -> Sequence[codes.ErrorCode | contract.Rule]:
    """The rows of a code, or a rule; `click.UsageError` with the nearest names if there is none."""
    wanted = {f"{prefix}{name.upper()}" for prefix in ("", *PREFIXES)}
    rows = [row for row in codes.all_codes() if row.code in wanted]
    rules = [rule for rule in contract.load().rules if rule.id == name.lower()]
    of_status = [row for row in codes.all_codes() if str(row.status) == name]
    if rows or rules or of_status:
        return rows or rules or of_status
    if _digits(name):
        near = _numbered(name) or _alike(name)
    else:
        ids = (rule.id for rule in contract.load().rules)
        near = nearest(name.lower(), ids, most=3, cutoff=_NEAR)
    hint = f"; did you mean {', '.join(near)}?" if near else "."
    raise click.UsageError(
        f"there is no error code and no rule {name!r}{hint}"
        " `drs-sync-policy contract codes` and `drs-sync-policy contract rules` list them."
    )


def _numbered(name: str) -> list[str]:
    """The codes whose number is the one in `name`, however many zeros it begins with.

    Those of its own prefix are first.
    """
    number = _number(name)
    same = [row.code for row in codes.all_codes() if number and _number(row.code) == number]
    return sorted(dict.fromkeys(same), key=lambda code: not _same_prefix(name, code))


def _number(name: str) -> str:
    found = _DIGITS.search(name)
    return found[0] if found else ""


def _alike(name: str) -> list[str]:
    """The codes of the same prefix whose digits are nearly those of `name`, the nearest first.

    The digits alone are compared: the prefix makes all codes of one issuer look alike.
    """
    digits = _digits(name)
    scored = {
        row.code: SequenceMatcher(None, digits, _digits(row.code)).ratio()
        for row in codes.all_codes()
        if _same_prefix(name, row.code)
    }
    near = [code for code in scored if scored[code] >= _NEAR]
    return sorted(near, key=lambda code: (-scored[code], -_shared(digits, _digits(code))))[:3]


def _shared(one: str, other: str) -> int:
    """With how many characters both begin."""
    return max(n for n in range(len(one) + 1) if other.startswith(one[:n]))


def _digits(name: str) -> str:
    return name[len(name.rstrip("0123456789")) :]


def _same_prefix(name: str, code: str) -> bool:
    """Whether the letters of `name` are those of the code; a code's `DRS.` may be left out."""
    letters = re.sub("[^A-Z]", "", name.upper())
    own = re.sub("[^A-Z]", "", code)
    return letters in (own, own.removeprefix("DRS"))


def _text(group: Sequence[codes.ErrorCode | contract.Rule]) -> str:
    if len({entry.code for entry in group if isinstance(entry, codes.ErrorCode)}) > 1:
        return _of_status([entry for entry in group if isinstance(entry, codes.ErrorCode)])
    return "\n\n".join(
        _rule(entry) if isinstance(entry, contract.Rule) else _code(entry) for entry in group
    )


def _of_status(rows: Sequence[codes.ErrorCode]) -> str:
    """The codes of a status, each in a line."""
    count = counted(len(rows), "code")
    example = f"drs-sync-policy explain {rows[0].code}"
    head = f"status {rows[0].status} has {count}. For the details of a code, run: {example}"
    return "\n".join((head, *(beside(f"  {row.code:11}  ", row.en, width()) for row in rows)))


def _code(row: codes.ErrorCode) -> str:
    seen = "" if row.seen == "table" else f", in no table of the vendor ({row.seen})"
    whole = " if the whole request fails" if row.issuer == "service" else ""
    return "\n".join(
        (
            beside(
                f"{row.code}  ",
                f"{_ISSUERS[row.issuer]}{seen}: status {row.status}{whole}",
                width(),
            ),
            beside("  en-us   ", f"{row.en}{_AUTHORS[row.en_by]}", width()),
            beside("  zh-cn   ", f"{row.zh}{_AUTHORS[row.zh_by]}", width()),
            beside("  means   ", row.meaning, width()),
            beside("  do      ", row.remedy, width()),
        )
    )


def _rule(rule: contract.Rule) -> str:
    statement = fold(rule.statement, width(), first="  ", rest="  ")
    source = beside("  from    ", f"{rule.source} ({_ORIGINS[rule.origin]})", width())
    return f"{rule.id}  a rule of the contract\n{statement}\n{source}"
