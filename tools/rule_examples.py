"""For each rule the requests that show a violation, with a response that passes and one that fails.

    python -m tools.rule_examples           finds the requests again: some minutes
    python -m tools.rule_examples RULE...   finds those of these rules only

The fuzzer finds the requests on a sandbox with a fault of the rule, and makes them as small as it
can. They are in `rule_examples.json`. Whoever makes the page sends them to two sandboxes in this
process, one with the fault and one without: every response on the page is a real one.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from drs_sync_policy import contract, sandbox
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.evidence.decode import Decoder
from drs_sync_policy.fuzz.evidence.encode import Encoder
from drs_sync_policy.fuzz.ledger import Violation
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.report import curl
from drs_sync_policy.fuzz.report.jsontext import indented
from drs_sync_policy.fuzz.report.secrets import Redactor
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.asgi import over_asgi
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.sandbox.faults import Fault, catalogue

FILE: Final = Path(__file__).with_suffix(".json")
PARALLEL: Final = frozenset({"concurrent-calls-take-turns"})
"""The rules that only requests sent at the same time can violate."""
LIMIT: Final = 4096
"""The largest body that these sandboxes read: what is too large for them fits into the file."""
_TRIED: Final = 4
"""So many faults of a rule are tried; the smallest requests win."""
_RANDOM: Final = re.compile(r'("request_id": ")[0-9a-f]{32}(")')
_SHOWN: Final = frozenset({"content-type", "allow"})
"""The headers on the page, and each that only one of two responses has, or with another value."""
_RANDOM_VALUE: Final = re.compile(r"[0-9a-f]{32}")


@frozen
class Step:
    """One request as a curl command, and the response of a server with the fault and without."""

    curl: str
    passes: str
    fails: str


@frozen
class Shown:
    """The requests that show a violation of one rule."""

    fault: str
    case: str
    """What the requests are, in a few words."""
    expected: str
    received: str
    steps: tuple[Step, ...]

    @property
    def differing(self) -> Step:
        """The first request whose responses differ."""
        return next(step for step in self.steps if step.passes != step.fails)


@cache
def shown() -> Mapping[str, Shown]:
    """The example of each rule of the shipped contract that one has."""
    return dict(_all_shown(json.loads(FILE.read_text("utf-8"))))


def _all_shown(examples: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Shown]]:
    target = _target()
    redact = Redactor(target)
    decoder = Decoder.of(Oracle.of_target(target, contract.load()), FILE.parent)
    known = {fault.name for fault in catalogue()}
    for rule, example in examples.items():
        if example["fault"] not in known:
            continue
        requests = [*map(decoder.request, example["requests"])]
        texts = _texts(requests, example["fault"])
        if all(passes == fails for passes, fails in texts):
            continue
        commands = (curl.command(r, target, redact=redact, store=lambda _: None) for r in requests)
        yield (
            rule,
            Shown(
                fault=example["fault"],
                case=redact.text(example["case"]),
                expected=redact.text(example["expected"]),
                received=redact.text(example["received"]),
                steps=tuple(Step(c, *pair) for c, pair in zip(commands, texts, strict=True)),
            ),
        )


def _target() -> Target:
    document = sandbox.target_profile("http://127.0.0.1:8080", max_body_bytes=LIMIT)
    return profile.parse(document)


def _sent(requests: Iterable[Request], faults: Iterable[str]) -> list[Response]:
    target = _target()
    with over_asgi(_application(faults), target) as wire:
        return [wire.send(request) for request in requests]


def _application(faults: Iterable[str]) -> Any:
    return sandbox.create_app(faults=list(faults), max_body_bytes=LIMIT)


def _texts(requests: Iterable[Request], fault: str) -> list[tuple[str, str]]:
    """The responses without and with a fault, each pair with the same headers."""
    sent = [*requests]
    found: list[tuple[str, str]] = []
    for right, wrong in zip(_sent(sent, []), _sent(sent, [fault]), strict=True):
        differing = {name for name, _ in {*_headers(right)} ^ {*_headers(wrong)}}
        shown = _SHOWN | differing - {"content-length"}
        found.append((_text(right, shown), _text(wrong, shown)))
    return found


def _headers(response: Response) -> Iterator[tuple[str, str]]:
    """The headers, without what is random in them."""
    for name, value in response.headers:
        yield name.lower(), _RANDOM_VALUE.sub("...", value)


def _text(response: Response, shown: Collection[str]) -> str:
    """Status, the headers that rules are about, and the body in lines."""
    head = [f"HTTP/1.1 {response.status}"]
    head += [f"{name.title()}: {value}" for name, value in _headers(response) if name in shown]
    body = response.body.decode("utf-8", "backslashreplace").replace("\ufeff", "\\ufeff")
    body = _RANDOM.sub(r"\1...\2", indented(body))
    return "\n".join(head) + (f"\n\n{body}" if body else "")


# --- finding them ---------------------------------------------------------------------------------


def find(rules: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The smallest requests for each rule, as they go into the file."""
    found: dict[str, dict[str, Any]] = {}
    encoder = Encoder.of(_target())
    for rule in contract.load().rules:
        if rule.id not in rules:
            continue
        faults = [fault for fault in catalogue() if fault.rule == rule.id][:_TRIED]
        seen = [(v, fault) for fault in faults if (v := _violation(fault))]
        if not seen:
            print(
                f"{rule.id}: no requests found whose responses differ from those without the fault."
                " Does only the number of bytes differ, or what is stored?",
                file=sys.stderr,
            )
            continue
        violation, fault = min(seen, key=lambda entry: entry[0].size)
        print(f"{rule.id}: {violation.case}", file=sys.stderr)
        found[rule.id] = {
            "fault": fault.name,
            "case": violation.case,
            "expected": violation.expected,
            "received": violation.received,
            "requests": [encoder.request(exchange.request) for exchange in violation.exchanges],
        }
    return found


def _violation(fault: Fault) -> Violation | None:
    """The smallest violation of the fault's rule that shows without parallel requests."""
    target = _target()
    with over_asgi(_application([fault.name]), target) as wire:
        verdict = run(
            target,
            seed=1,
            budget=60,
            wire=wire,
            workers=1,
            enough=lambda ledger: ledger.status(fault.rule) == "failed",
        )
    examples = [finding.example for finding in verdict.findings if finding.rule == fault.rule]
    examples += verdict.ledger.violations(fault.rule)
    shows = [entry for entry in examples if _differs(entry, fault)]
    return min(shows, key=lambda entry: entry.size, default=None)


def _differs(violation: Violation, fault: Fault) -> bool:
    requests = [exchange.request for exchange in violation.exchanges]
    return any(passes != fails for passes, fails in _texts(requests, fault.name))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    known = [rule.id for rule in contract.load().rules]
    every = [rule for rule in known if rule not in PARALLEL]
    parser.add_argument("rules", nargs="*", metavar="RULE", help="default: all")
    chosen: list[str] = parser.parse_args().rules
    wanted = [rule for rule in chosen or every if rule not in PARALLEL]
    if unknown := set(wanted) - set(known):
        parser.error(f"the contract has no such rule: {', '.join(sorted(unknown))}")
    found = find(wanted)
    kept = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    entries = {rule: found.get(rule) or kept.get(rule) for rule in every}
    entries = {rule: entry for rule, entry in entries.items() if entry}
    FILE.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return int(len(found) < len(wanted))


if __name__ == "__main__":
    sys.exit(main())
