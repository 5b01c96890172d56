"""What would let a run check more: parts that the profile lacks, and time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import frozen

from drs_sync_policy.fuzz.target.profile import Target


@frozen
class Missing:
    """An optional part of the profile that is not there, and what it is for."""

    part: str
    checks: str


_PARTS: Final = (
    Missing("[other_tenant]", "that tenants are isolated"),
    Missing("[readback]", "that the stored policy is the one that was sent"),
    Missing("a second entry in job_ids", "that a request for one job does not change another job"),
    Missing(
        "blocked_job_ids", "that a job in the wrong state fails, and that the other jobs do not"
    ),
    Missing("expired_token", "that an expired token is rejected"),
    Missing("max_body_bytes", "the behaviour at the size limit of the body"),
)


def missing(target: Target) -> tuple[Missing, ...]:
    """The optional parts that this profile lacks."""
    present = (
        target.other is not None,
        target.readback is not None,
        len(target.tenant.job_ids) > 1,
        bool(target.blocked_job_ids),
        bool(target.expired_token),
        target.max_body_bytes is not None,
    )
    return tuple(part for part, there in zip(_PARTS, present, strict=True) if not there)


def advice(target: Target, reasons: Iterable[str]) -> Iterator[str]:
    """One sentence for each thing to do; `reasons` say why rules were not checked as a whole."""
    for part in missing(target):
        yield f"add `{part.part}` to the profile to check {part.checks}"
    raising = [reason for reason in reasons if "--budget" in reason]
    if any("a budget of 0" in reason for reason in raising):
        yield "raise --budget: a budget of 0 runs only the required scenarios"
    elif raising:
        yield "raise --budget: the time was used up before every case was sent"
