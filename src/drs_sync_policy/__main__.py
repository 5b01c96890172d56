"""`python -m drs_sync_policy` is the command `drs-sync-policy`."""

from __future__ import annotations

from drs_sync_policy.cli import main

if __name__ == "__main__":
    main(prog_name="drs-sync-policy")
