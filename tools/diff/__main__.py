"""Compares the contract with the last release, and rejects a version that is too small.

python -m tools.diff                 since the newest file of docs/contract/; while there is none,
                                     since the last commit, and any version will do
python -m tools.diff --base BASE     since a file or a commit
python -m tools.diff --format json   for programs; `github` for annotations in GitHub Actions
python -m tools.diff --changelog     only the lines for the changelog's "Contract" section

Exits 0; 1 where `info.version` is too small for the changes, or an edition no longer fits; 2 where
BASE is nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.diff import verdicts
from tools.diff.base import COMMITTED, Contracts, chosen, last_release, working_tree
from tools.diff.compare import compare_all
from tools.diff.formats import FORMATS
from tools.diff.report import Report, changelog


def report_since(before: Contracts, *, python: bool, unreleased: bool = False) -> Report:
    """The report on the working tree, with what changes in Python where that is asked for."""
    after = working_tree()
    rated = verdicts.apply(compare_all(before, after), verdicts.read())
    return Report(
        compared_with=before.name,
        released=before.version,
        version=after.version,
        changes=rated.changes,
        notes=rated.notes,
        python=_python_changes(before, after) if python else (),
        broken=list(after.broken.values()),
        unreleased=unreleased,
    )


def _python_changes(before: Contracts, after: Contracts) -> list[str]:
    # It needs the generator, and to import that takes longer than to compare.
    from tools.diff import python_api

    return python_api.changes(before, after)


def main() -> int:
    parser = argparse.ArgumentParser(description="What a change of the contract breaks.")
    parser.add_argument(
        "--base",
        default="",
        help="a file or a commit; default: the last release,"
        " or the last commit where nothing was released",
    )
    parser.add_argument("--no-python", action="store_true", help="leave out the generated client")
    parser.add_argument("--changelog", action="store_true", help="only the changelog's lines")
    parser.add_argument("--format", choices=FORMATS, default="markdown", help="of the report")
    parser.add_argument("--output", type=Path, help="write the report here, too")
    options = parser.parse_args()
    before = None if options.base else last_release()
    # What is committed says what an edit does, and demands nothing: nobody relies on it.
    unreleased = not options.base and before is None
    try:
        before = before or chosen(options.base or COMMITTED)
    except LookupError as error:
        if unreleased:
            print(f"No contract was released yet, and nothing is committed: {error}.")
            return 0
        print(error, file=sys.stderr)
        return 2
    python = not (options.no_python or options.changelog)
    report = report_since(before, python=python, unreleased=unreleased)
    text = changelog(report) if options.changelog else FORMATS[options.format](report)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    return 0 if report.accepted else 1


if __name__ == "__main__":
    sys.exit(main())
