"""The catalogue of faults: servers that are wrong on purpose, one promise at a time."""

from __future__ import annotations

from collections.abc import Iterable

from drs_sync_policy.contract import Contract, load
from drs_sync_policy.sandbox.faults import (
    acceptance,
    batches,
    credentials,
    form,
    language,
    relation,
    state,
    untouched,
    validation,
    wirelevel,
)
from drs_sync_policy.sandbox.faults import unknown_fields as strangers
from drs_sync_policy.sandbox.faults.fault import Fault, Kind, compose
from drs_sync_policy.text import did_you_mean

__all__ = ["Fault", "Kind", "UnknownFaultError", "catalogue", "compose", "find"]


class UnknownFaultError(LookupError):
    """There is no fault of that name."""


def catalogue(contract: Contract | None = None) -> tuple[Fault, ...]:
    """Every fault, those for each field derived from `contract` (the base by default)."""
    edition = contract or load()
    return (
        *form.faults(),
        *relation.faults(),
        *acceptance.faults(edition),
        *strangers.faults(edition),
        *validation.faults(edition),
        *wirelevel.faults(),
        *credentials.faults(),
        *batches.faults(),
        *state.faults(edition),
        *untouched.faults(),
        *language.faults(),
    )


def find(names: Iterable[str], contract: Contract | None = None) -> tuple[Fault, ...]:
    """The faults of these names, in this order.

    Raises `UnknownFaultError` with the nearest name for one that is not in the catalogue.
    """
    known = {fault.name: fault for fault in catalogue(contract)}
    return tuple(_named(name, known) for name in names)


def _named(name: str, known: dict[str, Fault]) -> Fault:
    if name in known:
        return known[name]
    hint = did_you_mean(name, known, lead=" ")
    raise UnknownFaultError(
        f"there is no fault `{name}`.{hint}"
        " `drs-sync-policy sandbox --list-faults` lists all there are."
    )
