"""Compares the contract with the last release, and refuses a version that is too small.

python -m tools.diff                 since the newest file of docs/contract/
python -m tools.diff --base BASE     since a file or a commit
python -m tools.diff --changelog     only the lines for the changelog's "Contract" section

Exits 0; 1 where `info.version` is too small for the changes, or an edition no longer fits; 2 where
BASE is nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.diff import python_api
from tools.diff.base import Contracts, chosen, last_release, working_tree
from tools.diff.compare import compare_all
from tools.diff.report import Report, changelog, markdown


def report_since(before: Contracts, *, python: bool) -> Report:
    """The report on the working tree, with what changes in Python where that is asked for."""
    after = working_tree()
    return Report(
        compared_with=before.name,
        released=before.version,
        version=after.version,
        changes=compare_all(before, after),
        python=python_api.changes(before, after) if python else (),
        broken=list(after.broken.values()),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="What a change of the contract breaks.")
    parser.add_argument("--base", default="", help="a file or a commit; default: the last release")
    parser.add_argument("--no-python", action="store_true", help="leave out the generated client")
    parser.add_argument("--changelog", action="store_true", help="only the changelog's lines")
    parser.add_argument("--output", type=Path, help="write the Markdown here, too")
    options = parser.parse_args()
    try:
        before = chosen(options.base) if options.base else last_release()
    except LookupError as error:
        print(error, file=sys.stderr)
        return 2
    if before is None:
        print(
            "No contract was released yet (docs/contract/ has none): nobody can be hurt, and"
            f" `info.version` {working_tree().version} may stay. To compare all the same:"
            " make diff BASE=<commit or file>"
        )
        return 0
    report = report_since(before, python=not (options.no_python or options.changelog))
    text = changelog(report) if options.changelog else markdown(report)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    return 0 if report.accepted else 1


if __name__ == "__main__":
    sys.exit(main())
