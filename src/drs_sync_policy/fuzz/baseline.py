"""Known findings of a target, in a file: until they expire, only new findings fail a run.

A finding is known if the file has its rule with what the finding is about: a field, a status, or
what the request needs. So another bug of the same rule is new.
"""

from __future__ import annotations

import datetime
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen

from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.verdict import Verdict

DAYS: Final = 30
"""So long a finding is known, if the file does not say otherwise."""
_HEAD: Final = (
    "# Known findings of `drs-sync-policy fuzz`: they do not fail a run before they expire.\n"
    "# Written by `--write-baseline`; the dates may be edited.\n"
)


class BaselineError(ValueError):
    """A file that is not a baseline; the text says why."""


@frozen
class Known:
    """One known finding."""

    rule: str
    about: tuple[str, ...]
    expires: datetime.date
    cause: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether this is the finding."""
        return self.rule == finding.rule and {*finding.about} <= {*self.about}


def read(path: Path) -> tuple[Known, ...]:
    """The known findings in the file; `BaselineError` if it is not a baseline."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(map(_known, document.get("findings", ())))
    except OSError as error:
        raise BaselineError(f"`{path}` cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BaselineError(f"`{path}` is not TOML: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise BaselineError(f"`{path}` is not a baseline: {error} is missing or wrong") from None


def write(
    path: Path,
    verdict: Verdict,
    known: Sequence[Known] = (),
    *,
    today: datetime.date | None = None,
) -> None:
    """Write the findings of the verdict; those known before keep their date, others go."""
    expires = (today or _today()) + datetime.timedelta(days=DAYS)
    lines = [_HEAD]
    for finding in verdict.findings:
        old = next((entry for entry in known if entry.covers(finding)), None)
        lines += (
            "[[findings]]",
            f"rule = {json.dumps(finding.rule)}",
            f"about = {json.dumps([*finding.about])}",
            f"cause = {json.dumps(' '.join(finding.cause.split())[:200])}",
            f"expires = {old.expires if old else expires}\n",
        )
    path.write_text("\n".join(lines), encoding="utf-8")


def apply(
    known: Iterable[Known], verdict: Verdict, *, today: datetime.date | None = None
) -> Verdict:
    """The verdict with the known findings covered, and notes about expired and fixed ones."""
    today = today or _today()
    covered: set[str] = set()
    notes: list[str] = []
    for entry in known:
        found = [finding for finding in verdict.findings if entry.covers(finding)]
        if not found:
            named = f" ({', '.join(entry.about)})" if entry.about else ""
            notes.append(
                f"the known finding of {entry.rule}{named} is fixed: `--write-baseline` removes it"
            )
        elif entry.expires < today:
            notes.append(f"the known finding of {entry.rule} has expired on {entry.expires}")
        else:
            covered |= {finding.id for finding in found}
    rules = _failing(f for f in verdict.findings if f.id in covered)
    others = _failing(f for f in verdict.findings if f.id not in covered)
    return evolve(
        verdict,
        waived=evolve(
            verdict.waived,
            findings=verdict.waived.findings | covered,
            rules=verdict.waived.rules | (rules - others),
        ),
        notes=(*verdict.notes, *notes),
    )


def _failing(findings: Iterable[Finding]) -> frozenset[str]:
    return frozenset(name for entry in findings for name in entry.rules)


def _known(entry: Mapping[str, Any]) -> Known:
    expires = entry["expires"]
    if not isinstance(expires, datetime.date):
        raise TypeError("a date in `expires`")
    return Known(entry["rule"], tuple(entry["about"]), expires, entry.get("cause", ""))


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()
