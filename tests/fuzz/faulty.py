"""Servers with one bug each, of the kinds that real implementations have.

They are mutations of the correct server in `servers.py`. The cases of the fuzzer know none of them:
if one is missed, derive a dimension of cases from the contract, do not add a case for the bug.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.fuzz import faulty_items, faulty_requests, faulty_results, faulty_stores
from tests.fuzz.servers import Handler

FAULTY: Final[Mapping[str, type[Handler]]] = {
    name: entry
    for module in (faulty_items, faulty_stores, faulty_results, faulty_requests)
    for name, entry in vars(module).items()
    if isinstance(entry, type)
    and issubclass(entry, Handler)
    and entry.__module__ == module.__name__
    and entry not in (faulty_items.Tolerant, faulty_stores.Storing)
} | faulty_stores.TEXTS
"""Each of them by its name."""
