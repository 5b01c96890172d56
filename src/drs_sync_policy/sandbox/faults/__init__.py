"""The catalogue of faults: defects planted on purpose. Each violates one rule."""

from __future__ import annotations

from collections.abc import Iterable

from drs_sync_policy.contract import Contract, load
from drs_sync_policy.sandbox.faults import (
    batches,
    bodies,
    credentials,
    heads,
    isolation,
    language,
    reading,
    requests,
    responses,
    results,
    state,
    tenants,
    unknown_fields,
)
from drs_sync_policy.sandbox.faults.fault import Fault, compose
from drs_sync_policy.text import did_you_mean

__all__ = ["Fault", "UnknownFaultError", "catalogue", "compose", "find", "groups"]


class UnknownFaultError(LookupError):
    """A name is not in the catalogue."""


def groups(contract: Contract | None = None) -> dict[str, tuple[Fault, ...]]:
    """The catalogue by group; per-field faults are derived from `contract` (default: the base)."""
    edition = contract or load()
    return {
        "responses": (*responses.FAULTS, *results.FAULTS),
        "requests": (
            *requests.faults(edition),
            *heads.FAULTS,
            *bodies.faults(edition),
            *unknown_fields.faults(edition),
        ),
        "credentials": (*credentials.FAULTS, *tenants.FAULTS),
        "state": (*state.faults(edition), *isolation.FAULTS),
        "batches": batches.FAULTS,
        "language": language.FAULTS,
        "reading": reading.FAULTS,
    }


def catalogue(contract: Contract | None = None) -> tuple[Fault, ...]:
    """Every fault; per-field faults are derived from `contract` (default: the base)."""
    return tuple(fault for group in groups(contract).values() for fault in group)


def find(names: Iterable[str], contract: Contract | None = None) -> tuple[Fault, ...]:
    """The faults of these names, in this order.

    Raises `UnknownFaultError` with the nearest name for a name that is not in the catalogue.
    """
    known = {fault.name: fault for fault in catalogue(contract)}
    return tuple(_named(name, known) for name in names)


def _named(name: str, known: dict[str, Fault]) -> Fault:
    if name in known:
        return known[name]
    hint = did_you_mean(name, known, lead=" ")
    raise UnknownFaultError(
        f"unknown fault `{name}`.{hint} `drs-sync-policy sandbox --list-faults` lists all faults."
    )
