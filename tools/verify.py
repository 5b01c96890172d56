"""From an edit of `openapi.yaml` to a verdict: every step runs, and the end names what failed.

python -m tools.verify       `make verify-contract` does it

Exits 0 where the contract is fit, else 1.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from attrs import frozen

from tools.documents import ROOT


@frozen
class Step:
    """A verb of the Makefile, and what to do where it fails."""

    verb: str
    remedy: str


@frozen
class Outcome:
    """How a step ended, and what it printed."""

    step: Step
    output: str
    fit: bool


FIRST: Final = Step("generate", "the generator's message above says what it cannot write")
BESIDE: Final = (
    Step("lint-contract", "each message above names the offender and shows a good example"),
    Step("diff", "raise `info.version` in openapi.yaml, or make the edit one that breaks less"),
)
"""Steps that read the contract only."""
# The longest first, so that no processor is idle at the end.
AFTER: Final = (
    Step("verify-types", "code in src/ uses what the edit changed: follow the places above"),
    Step("verify-tests", 'see "Add a field" in CONTRIBUTING.md: a step of it may be missing'),
    Step("verify-fuzz", "the sandbox fails a rule of the edited contract: its report is above"),
    Step("verify-rules", "CONTRIBUTING.md has a recipe for a rule and one for an operation"),
)
"""Steps that read what the first one writes."""
LEFT_OUT: Final = (
    "Not checked here, but by `make check`: each fault of the sandbox, the examples of the docs"
)
_REASON: Final = re.compile(
    r"^E +(?:\w+Error|SystemExit): (?!assert )(.+)$"  # a test's own words
    r"|\*\*(.+? is too small: .+?)\*\*"  # the gate's
    r"|^MISSING: (.+)$"
    r"|^((?:edition )?\S+: (?:drs/)?[a-z][\w.-]+)$"  # a linter's place and rule
    r"|^(#/\S+: .+)$"  # the generator's
    r"|^(.+?: error: .+)$"  # a type checker's
    r"|^ +(.+? - error: .+)$",
    re.MULTILINE,
)
_FAILED_TEST: Final = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_SHOWN: Final = 5


def verify(
    root: Path = ROOT,
    *,
    first: Step = FIRST,
    beside: Sequence[Step] = BESIDE,
    after: Sequence[Step] = AFTER,
) -> list[Outcome]:
    """Runs the steps, two at a time, those `after` once the `first` has ended; prints them all."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = [pool.submit(_run, step, root) for step in (first, *beside)]
        running[0].result()
        running += [pool.submit(_run, step, root) for step in after]
        return [_shown(future.result()) for future in running]


def _run(step: Step, root: Path) -> Outcome:
    # Not a part of the make that calls this: its job server is not for us. Variables are kept.
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS")}
    done = subprocess.run(
        ["make", "--no-print-directory", step.verb],
        cwd=root, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Outcome(step, done.stdout, done.returncode == 0)


def _shown(outcome: Outcome) -> Outcome:
    print(f"--- {outcome.step.verb}\n{outcome.output}", flush=True)
    return outcome


def closing(outcomes: Sequence[Outcome], *, seconds: float) -> str:
    """The last lines: the verdict, and for each failed step what it is, why, and what to do."""
    failed = [outcome for outcome in outcomes if not outcome.fit]
    took = f"verify-contract: {seconds:.0f} s"
    if not failed:
        return f"{took}, the contract is fit\n{LEFT_OUT}"
    lines = [f"{took}, the contract is NOT fit: {len(failed)} of {len(outcomes)} steps failed"]
    for outcome in failed:
        lines.append(f"  {outcome.step.verb} (alone: make {outcome.step.verb})")
        lines += [f"    {reason}" for reason in _reasons(outcome.output)]
        lines.append(f"    What to do: {outcome.step.remedy}.")
    return "\n".join(lines)


def _reasons(output: str) -> Iterator[str]:
    """What a step says of its failure in words, or else which tests failed."""
    said = [next(filter(None, match.groups())) for match in _REASON.finditer(output)]
    found = list(dict.fromkeys(said or _FAILED_TEST.findall(output)))
    yield from found[:_SHOWN]
    if len(found) > _SHOWN:
        yield f"and {len(found) - _SHOWN} more, above"


def main() -> int:
    started = time.monotonic()
    outcomes = verify()
    print(closing(outcomes, seconds=time.monotonic() - started))
    return 0 if all(outcome.fit for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
