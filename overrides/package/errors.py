"""The errors of an operation; `drs_sync_policy.runtime.errors` has the whole tree."""

from drs_sync_policy.runtime.errors import (
    DrsError,
    OutsideContractError,
    Problem,
    RefusedError,
    WrongUseError,
)

__all__ = ["DrsError", "OutsideContractError", "Problem", "RefusedError", "WrongUseError"]
