"""The control routes under `/_sandbox/`: outside the contract, for tests.

They need no credentials: who can reach them may do everything.
"""

from __future__ import annotations

from drs_sync_policy.sandbox.control.jobs import READ_BACK
from drs_sync_policy.sandbox.control.routes import PREFIX, Control

__all__ = ["PREFIX", "READ_BACK", "Control"]
