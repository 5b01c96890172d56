"""What a server shows of a job: its state, and its policy as far as it can be read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

import attrs
from attrs import field, frozen
from msgspec import UNSET

from drs_sync_policy.runtime.errors import RefusedError, explained
from drs_sync_policy_api.models import QueryJobFailure, QueryJobResp, SyncPolicyReq

_FAILED: Final = "failed"
_JOB: Final = "job_id"
_EXTRA: Final = "additional_properties"

FIELDS: Final = tuple(
    known.name for known in attrs.fields(SyncPolicyReq) if known.name not in (_JOB, _EXTRA)
)
"""The fields of a policy, in every edition."""


class NotReadable(Enum):
    """Stands for a field that the server does not show: whether it has a value is not known."""

    NOT_READABLE = "not readable"

    def __repr__(self) -> str:
        return self.name

    def __bool__(self) -> bool:
        """Raises TypeError: neither true nor false would be right."""
        raise TypeError("whether the field is set is not known: ask `is NOT_READABLE` first")


NOT_READABLE: Final = NotReadable.NOT_READABLE
"""The field cannot be read."""


@frozen
class JobPolicy:
    """A job and its policy, as the server shows them.

    Each field of the policy is a value, None if it is not set, or `NOT_READABLE`. If the job could
    not be read, `error_code` and `error_msg` say why, and no field is readable.

    Examples:
        >>> from drs_sync_policy import NOT_READABLE, JobPolicy
        >>> policy = JobPolicy("job-a", status="CONFIGURATION", fields={"ddl_trans": None})
        >>> policy["ddl_trans"] is None, policy["slot_name"] is NOT_READABLE
        (True, True)
    """

    job_id: str
    fields: Mapping[str, Any] = field(factory=dict[str, Any])
    """The fields that could be read."""
    status: str | None = None
    """The state of the job."""
    name: str | None = None
    error_code: str | None = None
    error_msg: str | None = None

    def __getitem__(self, name: str) -> Any:
        """The value of a field, None if it is not set, or `NOT_READABLE`.

        Raises KeyError if a policy has no field of that name.
        """
        if name not in FIELDS and name not in self.fields:
            raise KeyError(f"`{name}` is not a field of a policy (known: {', '.join(FIELDS)})")
        return self.fields.get(name, NOT_READABLE)

    @property
    def found(self) -> bool:
        """Whether the job could be read."""
        return self.error_code is None

    @property
    def meaning(self) -> str | None:
        """What the code means, if it is known."""
        known = explained(self.error_code) if self.error_code else None
        return known.meaning if known else None


def policy_of(shown: QueryJobResp) -> JobPolicy:
    """What an entry of a response shows of its job."""
    extra = shown.additional_properties
    if shown.status == _FAILED:
        return JobPolicy(
            shown.id,
            error_code=_text(shown.error_code) or _UNEXPLAINED,
            error_msg=_text(extra.get("error_msg")) or _text(shown.error_message),
        )
    values = {name: getattr(shown, name, extra.get(name, UNSET)) for name in FIELDS}
    return JobPolicy(
        shown.id,
        {name: None if v == "" else v for name, v in values.items() if v is not UNSET},
        shown.status,
        _text(shown.name),
    )


def failure_of(failed: QueryJobFailure) -> JobPolicy:
    """A job that could not be read."""
    return JobPolicy(failed.id, error_code=failed.error_code, error_msg=failed.error_msg)


def rejected(job_id: str, error: RefusedError) -> JobPolicy:
    """A job that was asked for alone, in a request that the server rejected."""
    said = error.message or f"the server rejected the request with status {error.status}"
    return JobPolicy(job_id, error_code=error.code or _UNEXPLAINED, error_msg=said)


def not_shown(job_id: str) -> JobPolicy:
    """A job that no response has."""
    return JobPolicy(
        job_id, error_code=_UNEXPLAINED, error_msg="the response does not have the job"
    )


_UNEXPLAINED: Final = "no code"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
