"""`python -m tools.snapshots`."""

from __future__ import annotations

import argparse
import sys

from tools.snapshots import QUICK, REWRITE, SNAPSHOTS, difference, write


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare with, or write, tests/snapshots/.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SNAPSHOTS))
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="compare with the files (the default)")
    mode.add_argument("--write", action="store_true", help="write the files")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in SNAPSHOTS]:
        parser.error(f"no such snapshot: {', '.join(unknown)}; choose from {', '.join(SNAPSHOTS)}")
    if "requests" in given.names and not given.write:
        parser.error("`requests` can only be written")
    differing = False
    for name in given.names or QUICK:
        if given.write:
            write(name)
        elif shown := difference(name):
            differing = True
            print(shown)
    if differing:
        sys.exit(REWRITE)


if __name__ == "__main__":
    main()
