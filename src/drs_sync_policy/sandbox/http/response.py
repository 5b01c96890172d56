"""What goes back over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from attrs import field, frozen
from starlette.types import Send

from drs_sync_policy.sandbox.rejection import Refusal
from drs_sync_policy.sandbox.request import Call

JSON: Final = "application/json"


@frozen
class Answer:
    """A status and the value of its JSON body; None for no body at all."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(factory=dict[str, str])


@frozen
class Wire:
    """An answer as bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    async def send(self, send: Send) -> None:
        """Hand it to the ASGI server."""
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in self.headers.items()
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def refused(refusal: Refusal, call: Call) -> Answer:
    """The error body that explains `refusal` in the language of the call."""
    return Answer(
        refusal.status, refusal.body(call.language, call.request_id), headers=refusal.headers
    )


def render(answer: Answer, call: Call) -> Wire:
    """The bytes of `answer`: JSON in UTF-8, with the id of the request; HEAD gets no body."""
    body = b"" if answer.body is None else msgspec.json.encode(answer.body)
    headers = {
        "Content-Type": JSON,
        "Content-Length": str(len(body)),
        "X-Request-Id": call.request_id,
        **answer.headers,
    }
    if answer.body is None:
        del headers["Content-Type"]
    return Wire(answer.status, headers, b"" if call.method == "HEAD" else body)
