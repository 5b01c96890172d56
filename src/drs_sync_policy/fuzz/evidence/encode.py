"""Exchanges, violations and findings as JSON: each exchange once, secrets as references.

A body is text if it is UTF-8, else base64. A secret in a request is replaced by a reference to its
variable, from which `decode` makes the request again. In a response it is masked.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any, Final

from attrs import field, frozen

from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.ledger import Exchange, Stored, Violation
from drs_sync_policy.fuzz.report.secrets import Part, Redactor
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy.fuzz.target.profile import Target

Json = dict[str, Any]

BODIES: Final = PurePosixPath("bodies")
"""The folder of a report with the bodies that are too long for a line."""
LONG: Final = 16_384
"""A longer body goes into a file, once."""


@frozen
class Encoder:
    """Encodes for one target; long bodies go into files below `folder`, if there is one.

    Violations refer to those in `exchanges` by number: many show the same ones.
    """

    redact: Redactor
    folder: Path | None = None
    ours: bool = False
    """Whether the cases are those of our scenarios, and not what others sent."""
    exchanges: list[Json] | None = None
    """The exchanges of the violations that were encoded; without it, each violation has its own."""
    _numbers: dict[str, int] = field(factory=dict[str, int])
    _known: dict[int, int] = field(factory=dict[int, int])

    @classmethod
    def of(
        cls,
        target: Target,
        folder: Path | None = None,
        *,
        ours: bool = False,
        exchanges: list[Json] | None = None,
    ) -> Encoder:
        """The encoder for the secrets of `target`."""
        return cls(Redactor(target), folder, ours, exchanges)

    def finding(self, finding: Finding, *, waived: bool = False) -> Json:
        """A finding with all its violations."""
        return {
            "id": finding.id,
            "rule": finding.rule,
            "cause": self.redact.cause(finding.cause, finding.example, ours=self.ours),
            "label": finding.label,
            "tries": finding.tries,
            "times": finding.times,
            "waived": waived,
            "also_fails": [*finding.also_fails],
            "not_checked": [*finding.not_checked],
            "about": [*finding.about],
            "also_with": self.redact.cases(finding.also_with, finding.violations, ours=self.ours),
            "example": self.violation(finding.example),
            "violations": [self.violation(entry) for entry in finding.violations],
        }

    def violation(self, violation: Violation) -> Json:
        """A violation with its exchanges, or with their numbers."""
        return {
            "rule": violation.rule,
            "case": self.redact.case(violation, ours=self.ours),
            "expected": self.redact.text(violation.expected),
            "received": self.redact.text(violation.received),
            "times": violation.times,
            "generated": violation.generated,
            "prepared": violation.prepared,
            "kind": violation.kind,
            "fields": [*violation.fields],
            "expected_statuses": sorted(violation.expected_statuses),
            "received_status": violation.received_status,
            "place": self.redact.text(violation.place),
            "stored": _stored(violation.stored) if violation.stored else None,
            "exchanges": [self._shown(entry) for entry in violation.exchanges],
        }

    def _shown(self, exchange: Exchange) -> Json | int:
        """The exchange, or its number."""
        if self.exchanges is None:
            return self.exchange(exchange)
        number = self._known.get(id(exchange))
        if number is None:
            entry = self.exchange(exchange)
            text = json.dumps(entry, sort_keys=True)
            number = self._numbers.setdefault(text, len(self.exchanges))
            if number == len(self.exchanges):
                self.exchanges.append(entry)
            self._known[id(exchange)] = number
        return number

    def exchange(self, exchange: Exchange) -> Json:
        """An exchange, and which statuses the contract allows for it."""
        expectation = exchange.expectation
        allowed = None if expectation.statuses is None else sorted(expectation.statuses)
        return {
            "request": self.request(exchange.request),
            "response": self.response(exchange.response) if exchange.response else None,
            "silence": exchange.silence,
            "rule": expectation.rule,
            "allowed": allowed,
        }

    def request(self, request: Request) -> Json:
        """A request that `decode` can make again."""
        return {
            "method": request.method,
            "path": _parts(self.redact.parts(request.path)),
            "headers": [
                [name, _parts(self.redact.header(value, secret=name.lower() in request.secret))]
                for name, value in request.headers
            ],
            "secret": sorted(request.secret),
            "body": None if request.body is None else self._sent(request.body),
            "chunked": request.chunked,
            "cuts": [*request.cuts],
            "fresh": request.fresh,
            "kept": request.kept,
        }

    def response(self, response: Response) -> Json:
        """A response, secrets masked."""
        return {
            "status": response.status,
            "headers": [[name, self.redact.text(value)] for name, value in response.headers],
            "body": self._bytes(self.redact.body(response.body)),
            "seconds": round(response.seconds, 6),
            "version": response.version,
        }

    def _sent(self, body: bytes) -> Json:
        parts = self.redact.parts(body.decode("latin-1"))
        if len(parts) == 1 and isinstance(parts[0], str):
            return self._bytes(parts[0].encode("latin-1"))
        return {"parts": _parts(parts)}

    def _bytes(self, body: bytes) -> Json:
        if self.folder is None or len(body) <= LONG:
            try:
                return {"text": body.decode()}
            except UnicodeDecodeError:
                return {"base64": base64.b64encode(body).decode()}
        path = BODIES / f"{hashlib.sha256(body).hexdigest()[:16]}.bin"
        whole = self.folder / path
        if not whole.exists():
            whole.parent.mkdir(parents=True, exist_ok=True)
            whole.write_bytes(body)
        return {"file": str(path), "bytes": len(body)}


def _parts(parts: Iterable[Part]) -> str | list[Any]:
    """A text as it is, or its parts with references to secrets."""
    several = list(parts)
    texts = [part for part in several if isinstance(part, str)]
    if len(texts) == len(several):
        return "".join(texts)
    return [part if isinstance(part, str) else part.to_json() for part in several]


def _stored(stored: Stored) -> Json:
    return {
        "job": stored.job,
        "project_id": stored.project_id,
        "wanted": dict(stored.wanted),
        "found": dict(stored.found),
    }
