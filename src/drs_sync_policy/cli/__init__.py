"""The command `drs-sync-policy`."""
