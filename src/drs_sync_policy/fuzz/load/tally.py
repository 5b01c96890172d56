"""What one process saw, as plain data that another adds up.

A worker sends what is new since its last report, so what it sent before it was killed counts. The
first evidence of each kind of violation is sent once, afterwards only how often it was seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, evolve, field

from drs_sync_policy.fuzz.evidence.decode import Decoder
from drs_sync_policy.fuzz.evidence.encode import Encoder
from drs_sync_policy.fuzz.figures import Share
from drs_sync_policy.fuzz.ledger import Ledger

Json = dict[str, Any]


@define
class Tally:
    """The checks of one process, and what of them was reported already."""

    ledger: Ledger
    encoder: Encoder
    checked: Counter[str] = field(factory=Counter[str])
    """How many responses of each kind were checked."""
    arrived: Counter[str] = field(factory=Counter[str])
    """How many came to be checked; a few of them may be no use."""
    crashes: dict[str, str] = field(factory=dict[str, str])
    """Bugs of ours: each error by its trace."""
    _reported: Counter[str] = field(factory=Counter[str])
    _known: dict[tuple[object, ...], tuple[int, int]] = field(factory=dict[Any, Any])

    def take(self) -> Json:
        """What is new since the last time."""
        counts = Counter(
            {
                **{f"rule {name}": self.ledger.times_checked(name) for name in self.ledger.rules},
                **{f"part {part}": n for part, n in self.ledger.coverage.items()},
                **{f"status {status}": n for status, n in self.ledger.statuses.items()},
                **{f"checked {kind}": n for kind, n in self.checked.items()},
                **{f"arrived {kind}": n for kind, n in self.arrived.items()},
            }
        )
        new = counts - self._reported
        self._reported = counts
        crashes, self.crashes = self.crashes, {}
        return {"counts": dict(new), "violations": self._violations(), "crashes": crashes}

    def _violations(self) -> Json:
        found: Json = {}
        for violation in self.ledger.violations():
            number, times = self._known.get(violation.key, (len(self._known), 0))
            if violation.times == times:
                continue
            found[str(number)] = {"times": violation.times - times}
            if not times:
                found[str(number)]["violation"] = self.encoder.violation(violation)
            self._known[violation.key] = number, violation.times
        return found


@define
class Sent:
    """What users sent, by kind: how many responses came, and how many were to be checked."""

    responses: Counter[str] = field(factory=Counter[str])
    wanted: Counter[str] = field(factory=Counter[str])
    unchecked: Counter[int] = field(factory=Counter[int])
    """The statuses of responses that are not checked."""

    def take(self) -> Json:
        """What is new since the last time."""
        counts = {
            **{f"responses {kind}": n for kind, n in self.responses.items()},
            **{f"wanted {kind}": n for kind, n in self.wanted.items()},
            **{f"status {status}": n for status, n in self.unchecked.items()},
        }
        for counter in (self.responses, self.wanted, self.unchecked):
            counter.clear()
        return {"counts": counts}


def add(total: Json, new: Mapping[str, Any], *, origin: str) -> None:
    """Add to a total what one process, `origin`, reported: any part of it may be missing."""
    counts = total.setdefault("counts", {})
    for name, number in new.get("counts", {}).items():
        counts[name] = counts.get(name, 0) + number
    violations = total.setdefault("violations", {})
    for number, entry in new.get("violations", {}).items():
        known = violations.setdefault(f"{origin} {number}", {"times": 0})
        known.update({**entry, "times": known["times"] + entry["times"]})
    total.setdefault("crashes", {}).update(new.get("crashes", {}))
    if new.get("died"):
        total.setdefault("died", []).append(origin)


def enter(total: Mapping[str, Any], ledger: Ledger, decoder: Decoder) -> None:
    """Enter a total into the record of a run."""
    for name, number in total.get("counts", {}).items():
        what, _, which = name.partition(" ")
        if what == "rule":
            ledger.checked(which, times=number)
        elif what == "status":
            ledger.count_request(int(which), times=number)
        elif what == "part":
            ledger.coverage[which] += number
    for entry in total.get("violations", {}).values():
        if "violation" in entry:  # else its worker was lost before it could send it again
            violation = decoder.violation(entry["violation"])
            ledger.record(evolve(violation, times=entry["times"]))


def shares(total: Mapping[str, Any]) -> tuple[Share, ...]:
    """How much of each kind was checked."""
    counts = total.get("counts", {})
    return tuple(
        Share(
            kind,
            counts[f"responses {kind}"],
            min(counts.get(f"checked {kind}", 0), counts[f"responses {kind}"]),
            missed=max(counts.get(f"wanted {kind}", 0) - counts.get(f"arrived {kind}", 0), 0),
        )
        for kind in sorted(_kinds(counts, "responses "))
    )


def _kinds(counts: Mapping[str, int], prefix: str) -> Iterator[str]:
    return (name.removeprefix(prefix) for name in counts if name.startswith(prefix))


def failed(total: Mapping[str, Any]) -> list[str]:
    """The rules that failed until now."""
    found = (entry.get("violation", {}) for entry in total.get("violations", {}).values())
    return [*dict.fromkeys(entry["rule"] for entry in found if entry)]
