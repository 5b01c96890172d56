"""Client, sandbox and fuzzer for the synchronization-policy call of DRS, from one contract."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from drs_sync_policy.client.batching import Batches
    from drs_sync_policy.client.credentials.auth import AkSkAuth, TokenAuth
    from drs_sync_policy.client.credentials.passwords import PasswordAuth
    from drs_sync_policy.client.errors import (
        DrsError,
        JobsFailedError,
        OutsideContractError,
        RefusedError,
        UnreachableError,
        WrongUseError,
    )
    from drs_sync_policy.client.exchange import Hooks
    from drs_sync_policy.client.facade import AsyncSyncPolicyClient, SyncPolicyClient
    from drs_sync_policy.client.network.deadlines import Timeouts
    from drs_sync_policy.client.network.transport import Connections
    from drs_sync_policy.client.outcome import JobOutcome, JobState, Outcome
    from drs_sync_policy.client.retries import Retries
    from drs_sync_policy_api.models import (
        ConflictPolicy,
        FilterDdlPolicy,
        Language,
        SyncPolicyReq,
        SyncPolicyResp,
        SyncPolicyStatus,
    )

__all__ = [
    "AkSkAuth",
    "AsyncSyncPolicyClient",
    "Batches",
    "ConflictPolicy",
    "Connections",
    "DrsError",
    "FilterDdlPolicy",
    "Hooks",
    "JobOutcome",
    "JobState",
    "JobsFailedError",
    "Language",
    "Outcome",
    "OutsideContractError",
    "PasswordAuth",
    "RefusedError",
    "Retries",
    "SyncPolicyClient",
    "SyncPolicyReq",
    "SyncPolicyResp",
    "SyncPolicyStatus",
    "Timeouts",
    "TokenAuth",
    "UnreachableError",
    "WrongUseError",
]

_MODULES: Final = {
    "credentials.auth": ("AkSkAuth", "TokenAuth"),
    "credentials.passwords": ("PasswordAuth",),
    "batching": ("Batches",),
    "errors": (
        "DrsError", "JobsFailedError", "OutsideContractError", "RefusedError", "UnreachableError",
        "WrongUseError",
    ),
    "exchange": ("Hooks",),
    "facade": ("AsyncSyncPolicyClient", "SyncPolicyClient"),
    "network.deadlines": ("Timeouts",),
    "network.transport": ("Connections",),
    "outcome": ("JobOutcome", "JobState", "Outcome"),
    "retries": ("Retries",),
}  # fmt: skip
_HOME: Final = {
    name: f"{__name__}.client.{module}" for module, names in _MODULES.items() for name in names
}


def __getattr__(name: str) -> Any:
    # What is not used is not imported: httpx alone costs more than the rest together (PEP 562).
    if name in __all__:
        value = getattr(import_module(_HOME.get(name, "drs_sync_policy_api.models")), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
