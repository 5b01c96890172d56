"""Groups the violations of recorded traffic: nothing is sent again."""

from __future__ import annotations

from collections.abc import Callable

from drs_sync_policy.fuzz.findings.grouping import Finding, group
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.target.http import NoResponse, Request, Response


class NoWire:
    """Stands where a connection would be."""

    lowered: float | None = None
    throttled: int = 0

    def send(self, request: Request, *, timeout: float | None = None) -> Response:
        raise NoResponse(f"{request.method} {request.path} was recorded and is not sent again")

    def close(self) -> None:
        pass

    def each_throttled(self, work: Callable[[Response], None] | None) -> None:
        pass

    def limit(self, seconds: float) -> None:
        pass

    def stop(self) -> None:
        pass


def findings(oracle: Oracle, ledger: Ledger) -> tuple[Finding, ...]:
    """The findings of a record, each cause as its violations say."""
    return group(Prober(oracle, NoWire(), ledger, seed=0), requests=0)
