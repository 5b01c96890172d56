"""Writes relayed exchanges as HAR 1.2, secrets replaced, so that `check` reads them later.

Only exchanges of the operation and readings of policies are written: others, such as logins, may
contain secrets that nobody named.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from types import TracebackType
from typing import IO, Any, Final, Self

from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.report.secrets import Redactor
from drs_sync_policy.fuzz.target.http import Headers
from drs_sync_policy.fuzz.traffic.reading import Readings
from drs_sync_policy.fuzz.traffic.recorded import Recorded
from drs_sync_policy.fuzz.traffic.redaction import CREDENTIALS, HIDDEN

_VERSIONS: Final = {10: "HTTP/1.0", 11: "HTTP/1.1", 20: "HTTP/2.0"}


class HarWriter:
    """Writes a HAR file entry by entry; use it as a context manager, which ends the file.

    If the file cannot be written any more, `problem` says why, and the rest is left out.
    """

    def __init__(self, file: IO[str], oracle: Oracle) -> None:
        self._file = file
        self._oracle = oracle
        self._readings = Readings(oracle)
        self._redact = Redactor(oracle.target)
        self._known = dict(oracle.target.secrets)
        self._credentials = CREDENTIALS | {
            name.lower() for name in oracle.operation.security_headers
        }
        self._first = True
        self.problem: str = ""

    def __enter__(self) -> Self:
        creator = {"name": "drs-sync-policy", "version": version("drs-sync-policy")}
        head = json.dumps({"version": "1.2", "creator": creator})
        self._put(f'{{"log": {head[:-1]}, "entries": [')
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._put("\n]}}\n")
        with suppress(OSError):  # `problem` says so
            self._file.close()

    def _put(self, text: str) -> None:
        if self.problem:
            return
        try:
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            self.problem = error.strerror or str(error)

    def write(self, recorded: Recorded) -> None:
        """Write an exchange, if it is one of the operation or a reading."""
        request = recorded.request
        if not self._oracle.is_path(request.path) and not self._readings.jobs_of(request):
            return
        self._put(("\n" if self._first else ",\n") + json.dumps(self._entry(recorded)))
        self._first = False

    def _entry(self, recorded: Recorded) -> dict[str, Any]:
        request, response = recorded.request, recorded.response
        began = recorded.began or 0.0
        posted = {} if request.body is None else {"postData": self._posted(request.body)}
        return {
            "startedDateTime": datetime.fromtimestamp(began, UTC).isoformat(),
            "time": max((recorded.ended or began) - began, 0.0) * 1000,
            "request": {
                "method": request.method,
                "url": recorded.origin + self._redact.text(request.path),
                "httpVersion": "HTTP/1.1",
                "headers": self._headers(request.headers),
                "bodySize": len(request.body or b""),
                **posted,
            },
            "response": {
                "status": response.status if response else 0,
                "statusText": "",
                "httpVersion": _VERSIONS.get(response.version if response else 11, "HTTP/1.1"),
                "headers": self._headers(response.headers) if response else [],
                "content": self._content(response.body) if response else {"size": 0},
            },
        }

    def _headers(self, headers: Headers) -> list[dict[str, str]]:
        return [{"name": name, "value": self._value(name, value)} for name, value in headers]

    def _value(self, name: str, value: str) -> str:
        if name.lower() not in self._credentials:
            return self._redact.text(value)
        return self._known.get(value.strip(" \t"), HIDDEN)

    def _posted(self, body: bytes) -> dict[str, str]:
        body = self._redact.body(body)
        try:
            return {"mimeType": "application/json", "text": body.decode()}
        except UnicodeDecodeError:
            text = base64.b64encode(body).decode()
            return {"mimeType": "application/octet-stream", "text": text, "encoding": "base64"}

    def _content(self, body: bytes) -> dict[str, Any]:
        body = self._redact.body(body)
        text = base64.b64encode(body).decode()
        return {"size": len(body), "text": text, "encoding": "base64"}
