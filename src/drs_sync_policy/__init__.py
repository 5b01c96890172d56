"""Client, sandbox and fuzzer for the synchronization-policy operation of DRS, from one contract."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from drs_sync_policy.client.async_client import AsyncSyncPolicyClient
    from drs_sync_policy.client.batching import Batches
    from drs_sync_policy.client.credentials.auth import AkSkAuth, TokenAuth
    from drs_sync_policy.client.credentials.passwords import PasswordAuth
    from drs_sync_policy.client.exchange import Hooks
    from drs_sync_policy.client.job_outcome import JobOutcome, JobState
    from drs_sync_policy.client.job_policy import NOT_READABLE, JobPolicy, NotReadable
    from drs_sync_policy.client.network.options import Connections
    from drs_sync_policy.client.outcome import Outcome
    from drs_sync_policy.client.retries import Retries
    from drs_sync_policy.client.sync_client import SyncPolicyClient
    from drs_sync_policy.client.timeouts import Timeouts
    from drs_sync_policy.runtime.errors import (
        BadRequestError,
        ConnectFailedError,
        ConnectionLostError,
        ContentTooLargeError,
        DrsError,
        ForbiddenError,
        GatewayError,
        InternalServerError,
        JobsFailedError,
        LoginError,
        MethodNotAllowedError,
        NotFoundError,
        OutsideContractError,
        Problem,
        RefusedError,
        ServiceUnavailableError,
        TimedOutError,
        TooManyRequestsError,
        UnauthorizedError,
        UnprocessableContentError,
        UnreachableError,
        UnsupportedMediaTypeError,
        WrongUseError,
    )
    from drs_sync_policy.runtime.messages import RequestInfo, ResponseInfo
    from drs_sync_policy_api.models import (
        ConflictPolicy,
        FilterDdlPolicy,
        JobInfo,
        Language,
        SyncPolicyReq,
        SyncPolicyResp,
        SyncPolicyStatus,
    )

if TYPE_CHECKING:
    __version__: str

__all__ = [
    "NOT_READABLE",
    "AkSkAuth",
    "AsyncSyncPolicyClient",
    "BadRequestError",
    "Batches",
    "ConflictPolicy",
    "ConnectFailedError",
    "ConnectionLostError",
    "Connections",
    "ContentTooLargeError",
    "DrsError",
    "FilterDdlPolicy",
    "ForbiddenError",
    "GatewayError",
    "Hooks",
    "InternalServerError",
    "JobInfo",
    "JobOutcome",
    "JobPolicy",
    "JobState",
    "JobsFailedError",
    "Language",
    "LoginError",
    "MethodNotAllowedError",
    "NotFoundError",
    "NotReadable",
    "Outcome",
    "OutsideContractError",
    "PasswordAuth",
    "Problem",
    "RefusedError",
    "RequestInfo",
    "ResponseInfo",
    "Retries",
    "ServiceUnavailableError",
    "SyncPolicyClient",
    "SyncPolicyReq",
    "SyncPolicyResp",
    "SyncPolicyStatus",
    "TimedOutError",
    "Timeouts",
    "TokenAuth",
    "TooManyRequestsError",
    "UnauthorizedError",
    "UnprocessableContentError",
    "UnreachableError",
    "UnsupportedMediaTypeError",
    "WrongUseError",
]

_MODULES: Final = {
    "client.async_client": ("AsyncSyncPolicyClient",),
    "client.batching": ("Batches",),
    "client.credentials.auth": ("AkSkAuth", "TokenAuth"),
    "client.credentials.passwords": ("PasswordAuth",),
    "client.exchange": ("Hooks",),
    "client.timeouts": ("Timeouts",),
    "client.network.options": ("Connections",),
    "client.job_outcome": ("JobOutcome", "JobState"),
    "client.job_policy": ("NOT_READABLE", "JobPolicy", "NotReadable"),
    "client.outcome": ("Outcome",),
    "client.retries": ("Retries",),
    "client.sync_client": ("SyncPolicyClient",),
    "runtime.errors": ("Problem", *(name for name in __all__ if name.endswith("Error"))),
    "runtime.messages": ("RequestInfo", "ResponseInfo"),
}
"""Where the names are; those that are missing here are models."""
_HOME: Final = {
    name: f"{__name__}.{module}" for module, names in _MODULES.items() for name in names
}


def __getattr__(name: str) -> Any:
    # Imported when it is used: httpx alone costs more than everything else (PEP 562).
    if name in __all__:
        value = getattr(import_module(_HOME.get(name, "drs_sync_policy_api.models")), name)
        globals()[name] = value
        return value
    if name == "__version__":
        from importlib.metadata import version

        return version("drs-sync-policy")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
