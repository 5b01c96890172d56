"""What the command costs before it does anything, compared with the library that it is made with.

    python -m bench command [-- --rounds 30 --strict]

Each is a new process; every round starts each of them once, in random order. The reference
is Python importing click, which every command of click's has to do. It runs twice (A/A).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Final

from bench.measure import (
    Bound,
    Comparison,
    Cost,
    closing,
    in_turns,
    parser,
    table,
    where_and_when,
)

_PROGRAMS: Final = Path(sys.executable).parent
_OURS: Final = str(_PROGRAMS / "drs-sync-policy")
CLICK: Final = "python -c 'import click'"
HELP: Final = "drs-sync-policy --help"
_COMMANDS: Final[Mapping[str, Sequence[str]]] = {
    CLICK: (sys.executable, "-c", "import click"),
    "the reference again (A/A)": (sys.executable, "-c", "import click"),
    HELP: (_OURS, "--help"),
    "drs-sync-policy --version": (_OURS, "--version"),
    "drs-sync-policy explain DRS.M00304": (_OURS, "explain", "DRS.M00304"),
    "drs-sync-policy set --help": (_OURS, "set", "--help"),
    "drs-sync-policy fuzz --help": (_OURS, "fuzz", "--help"),
    "schemathesis --help": (str(_PROGRAMS / "schemathesis"), "--help"),
}
MOST: Final = 1.5


def main() -> int:
    """Measure, and print the table and the bound."""
    chosen = parser(__doc__, rounds=30).parse_args()
    print(f"## Command\n\n{where_and_when()}; {chosen.rounds} rounds, each once in each.\n")
    measured = measure(_COMMANDS, chosen.rounds)
    rows = [
        [name, f"{measured.median_cpu(name) * 1e3:.0f}", f"{measured.median_wall(name) * 1e3:.0f}",
         str(measured.ratio(name))]
        for name in measured.rounds
    ]  # fmt: skip
    print(table(["command", "CPU ms", "wall ms", "CPU / import click (95 %)"], rows))
    bound = Bound("--help, CPU of ours / import click", measured.ratio(HELP), MOST)
    return closing([bound], strict=chosen.strict)


def measure(commands: Mapping[str, Sequence[str]], rounds: int) -> Comparison:
    """What each command costs, started once in each round; the first is the reference."""
    for command in commands.values():
        _run(command)  # Its files are in the cache of the system, its bytecode is written.
    return Comparison(in_turns(commands, rounds, _run), next(iter(commands)))


def _run(command: Sequence[str]) -> Cost:
    started = perf_counter()
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    pid = os.posix_spawn(command[0], [*command], os.environ, file_actions=quiet)
    _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return Cost(used.ru_utime + used.ru_stime, perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main())
