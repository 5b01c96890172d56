"""What `encode` wrote, read again: exchanges, violations and findings."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.ledger import Exchange, Stored, Violation
from drs_sync_policy.fuzz.oracle import Expectation, Oracle
from drs_sync_policy.fuzz.readback import NOTHING_EXPECTED
from drs_sync_policy.fuzz.report.secrets import value_of
from drs_sync_policy.fuzz.target.http import Request, Response
from drs_sync_policy.fuzz.target.profile import Target

Json = Mapping[str, Any]


class EvidenceError(ValueError):
    """A file of a report that cannot be read; the text says which and why."""


@frozen
class Decoder:
    """Decodes for one target, whose secrets stand where the references are."""

    oracle: Oracle
    secrets: Mapping[str, str]
    folder: Path
    exchanges: Sequence[Json] = ()
    """Those that violations refer to."""
    _decoded: dict[int, Exchange] = field(factory=dict[int, Exchange])

    @classmethod
    def of(cls, oracle: Oracle, folder: Path, exchanges: Sequence[Json] = ()) -> Decoder:
        """The decoder for the target of `oracle`, and for a report in `folder`."""
        return cls(oracle, secrets_of(oracle.target), folder, exchanges)

    def finding(self, entry: Json) -> Finding:
        """A finding with all its violations."""
        return Finding(
            id=entry["id"],
            rule=entry["rule"],
            cause=entry["cause"],
            example=self.violation(entry["example"]),
            violations=tuple(map(self.violation, entry["violations"])),
            also_fails=tuple(entry["also_fails"]),
            not_checked=tuple(entry["not_checked"]),
            also_with=tuple(entry["also_with"]),
            about=tuple(entry["about"]),
            label=entry["label"],
            tries=entry["tries"],
        )

    def violation(self, entry: Json) -> Violation:
        """A violation with its exchanges."""
        return Violation(
            rule=entry["rule"],
            case=entry["case"],
            expected=entry["expected"],
            received=entry["received"],
            exchanges=tuple(map(self._shown, entry["exchanges"])),
            prepared=entry["prepared"],
            kind=entry["kind"],
            fields=tuple(entry["fields"]),
            expected_statuses=frozenset(entry["expected_statuses"]),
            received_status=entry["received_status"],
            place=entry["place"],
            times=entry["times"],
            generated=entry["generated"],
            stored=Stored(**entry["stored"]) if entry["stored"] else None,
        )

    def _shown(self, number: Json | int) -> Exchange:
        """The exchange itself, or that of this number: the same object each time."""
        if not isinstance(number, int):
            return self.exchange(number)
        if number not in self._decoded:
            if not 0 <= number < len(self.exchanges):
                raise EvidenceError(
                    f"the report refers to the exchange {number}, which is not there"
                )
            self._decoded[number] = self.exchange(self.exchanges[number])
        return self._decoded[number]

    def exchange(self, entry: Json) -> Exchange:
        """An exchange; what the contract allows for it is read from the request again."""
        request, response = self.request(entry["request"]), entry["response"]
        return Exchange(
            request,
            self._expectation(request, entry),
            self.response(response) if response else None,
            entry["silence"],
        )

    def request(self, entry: Json) -> Request:
        """The request as it was sent."""
        return Request(
            method=entry["method"],
            path=self._text(entry["path"]),
            headers=tuple((name, self._text(value)) for name, value in entry["headers"]),
            body=None if entry["body"] is None else self._bytes(entry["body"]),
            secret=frozenset(entry["secret"]),
            chunked=entry["chunked"],
            cuts=tuple(entry.get("cuts", ())),
            fresh=entry["fresh"],
            kept=entry["kept"],
        )

    def response(self, entry: Json) -> Response:
        """The response, secrets masked."""
        return Response(
            status=entry["status"],
            headers=tuple((name, value) for name, value in entry["headers"]),
            body=self._bytes(entry["body"]),
            seconds=entry["seconds"],
            version=entry["version"],
        )

    def _expectation(self, request: Request, entry: Json) -> Expectation:
        if not entry["rule"]:
            return NOTHING_EXPECTED
        allowed = entry["allowed"]
        statuses = None if allowed is None else frozenset(allowed)
        return evolve(self.oracle.expect(request), rule=entry["rule"], statuses=statuses)

    def _text(self, entry: Any) -> str:
        if isinstance(entry, str):
            return entry
        try:
            return value_of(entry, self.secrets)
        except KeyError as error:
            raise EvidenceError(
                f"the report refers to the secret {error}, which the profile does not have;"
                " give the profile of that run with `--target`"
            ) from None

    def _bytes(self, entry: Json) -> bytes:
        text: str = entry.get("base64", "")
        if "text" in entry:
            return str(entry["text"]).encode()
        if "parts" in entry:
            return self._text(entry["parts"]).encode("latin-1")
        if "file" in entry:
            return self._file(str(entry["file"])).read_bytes()
        return base64.b64decode(text)

    def _file(self, name: str) -> Path:
        """A file of the report, and no other: a report may come from somebody else."""
        folder = self.folder.resolve()
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise EvidenceError(f"the report refers to `{name}`, which is outside its folder")
        return path


def secrets_of(target: Target) -> dict[str, str]:
    """The secrets of a target by the names that reports give them."""
    return {name.removeprefix("$"): value for value, name in target.secrets}
