"""The program `drs-sync-policy`; `python -m drs_sync_policy` is the same."""

from __future__ import annotations

import gc
import os
import signal
import sys

_WRONG_USE = 2
"""As in `cli.exits`, which cannot be imported if the library of the command is missing."""


def main() -> None:
    """Run the command; if its libraries are missing, say what to install."""
    # Ctrl-C prints nothing while modules load, nor in the middle of a line that is completed.
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:  # else a job in the background ignores it
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    collects = gc.isenabled()
    gc.disable()  # what is imported stays: to look for garbage in it takes time
    try:
        from drs_sync_policy.cli import main as command
        from drs_sync_policy.cli.output.streams import keep_open
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.stderr.write("Error: packages are missing. Run: pip install 'drs-sync-policy[cli]'\n")
        sys.exit(_WRONG_USE)
    finally:
        if collects:
            gc.enable()
    keep_open()
    if "_DRS_SYNC_POLICY_COMPLETE" not in os.environ:  # as `cli.ASKED`
        signal.signal(signal.SIGINT, handler)
    command(prog_name="drs-sync-policy")


if __name__ == "__main__":
    main()
