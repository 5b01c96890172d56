"""The program `drs-sync-policy`, which `python -m drs_sync_policy` is, too."""

from __future__ import annotations

import sys

_WRONG_USE = 2
"""As in `cli.exits`, which cannot be imported where the library of the command is missing."""


def main() -> None:
    """Run the command; say what to install where it is installed without what it needs."""
    try:
        from drs_sync_policy.cli import main as command
        from drs_sync_policy.cli.output.streams import keep_open
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.stderr.write("Error: the command needs more: pip install 'drs-sync-policy[cli]'\n")
        sys.exit(_WRONG_USE)
    keep_open()
    command(prog_name="drs-sync-policy")


if __name__ == "__main__":
    main()
