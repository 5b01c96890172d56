"""The states of a job, as the vendor lists them, and the error code that an item gets in each.

The vendor documents no transitions, so there are none here: a control route sets a state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

UNKNOWN_JOB: Final = "DRS.M05003"
BLOCKED_JOB: Final = "DRS.M00304"
GONE_JOB: Final = "DRS.M00289"
"""What reading a job that does not exist gets."""

STATES: Final = (
    "CREATING",
    "CREATE_FAILED",
    "CONFIGURATION",
    "STARTJOBING",
    "WAITING_FOR_START",
    "START_JOB_FAILED",
    "PAUSING",
    "FULL_TRANSFER_STARTED",
    "FULL_TRANSFER_FAILED",
    "FULL_TRANSFER_COMPLETE",
    "INCRE_TRANSFER_STARTED",
    "INCRE_TRANSFER_FAILED",
    "RELEASE_RESOURCE_STARTED",
    "RELEASE_RESOURCE_FAILED",
    "RELEASE_RESOURCE_COMPLETE",
    "CHANGE_JOB_STARTED",
    "CHANGE_JOB_FAILED",
    "CHILD_TRANSFER_STARTING",
    "CHILD_TRANSFER_STARTED",
    "CHILD_TRANSFER_COMPLETE",
    "CHILD_TRANSFER_FAILED",
    "RELEASE_CHILD_TRANSFER_STARTED",
    "RELEASE_CHILD_TRANSFER_COMPLETE",
)
"""The 23 states of the vendor's "Task status" page."""

INITIAL_STATE: Final = "CONFIGURATION"

ALLOWED_STATES: Final = frozenset({"CONFIGURATION"})
"""A policy can be set between a job's creation and its start, and at no other time."""

ITEM_RESULTS: Final[Mapping[str, str | None]] = {
    **dict.fromkeys(STATES, BLOCKED_JOB),
    **dict.fromkeys(ALLOWED_STATES),
}
"""The error code of an item for a job in each state; its text is in `codes.toml`.

If it is None, the item succeeds and its policy is stored."""
