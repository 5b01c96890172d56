"""Reads HAR 1.2, as browsers, Playwright, mitmproxy and Burp write it, entry by entry.

A recorder stores bodies as text, after decompression, and some leave bodies out. What it lost is
named as a gap. The file is parsed as a stream: a large one needs little memory.

Source: the HAR 1.2 format, http://www.softwareishard.com/blog/har-12-spec/.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import IO, Any, Final
from urllib.parse import urlsplit

# ijson has no types.
import ijson as stream  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
from attrs import frozen

from drs_sync_policy.fuzz.target.http import Headers, Request, Response
from drs_sync_policy.fuzz.traffic.recorded import Recorded, RecordingError

# ijson has no types.
_items: Final[Callable[..., Iterator[Any]]] = stream.items  # pyright: ignore[reportUnknownMemberType]
_JSONError: Final[type[Exception]] = stream.JSONError
_UNDONE: Final = frozenset({"content-encoding", "transfer-encoding", "content-length"})
"""Headers about the bytes on the wire, which the recorder has decoded."""
_VERSIONS: Final = {"HTTP/1.0": 10, "HTTP/2": 20, "HTTP/2.0": 20, "H2": 20, "HTTP/3": 30, "H3": 30}
_LOST: Final = "�"


@frozen
class _Body:
    content: bytes | None
    gap: str = ""


def read(file: IO[bytes]) -> Iterator[Recorded]:
    """The exchanges of a HAR file in its order; `RecordingError` where it is none.

    What comes before the place of an error is yielded first.
    """
    number = 0
    try:
        for number, entry in enumerate(_items(file, "log.entries.item", use_float=True), 1):
            yield _recorded(entry, number)
    except _JSONError as error:
        where = f"after entry {number}" if number else "at its start"
        raise RecordingError(f"the file is not JSON {where}: {error}") from error


def _recorded(entry: Any, number: int) -> Recorded:
    try:
        sent, received = entry["request"], entry["response"]
        url = urlsplit(str(sent["url"]))
        body, content = _sent_body(sent), _received_body(received)
        began = _seconds(entry.get("startedDateTime"))
        took = entry.get("time")
        ended = began + took / 1000 if began is not None and _is_number(took) else None
        response = _response(received, content, seconds=took / 1000 if _is_number(took) else 0.0)
        request = Request(
            method=str(sent["method"]),
            path=(url.path or "/") + (f"?{url.query}" if url.query else ""),
            headers=_headers(sent.get("headers")),
            body=body.content,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordingError(
            f"entry {number} is not an entry of HAR 1.2: {type(error).__name__}: {error}"
        ) from error
    gaps = tuple(gap for gap in (body.gap, content.gap) if gap)
    if response is None:
        gaps = (*gaps, "the response is missing")
    return Recorded(f"{url.scheme}://{url.netloc}", request, response, began, ended, gaps)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _seconds(text: object) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None


def _headers(entries: Any) -> Headers:
    """Without the pseudo-headers of HTTP/2, which HTTP/1 does not send as headers."""
    pairs = ((str(entry["name"]), str(entry["value"])) for entry in entries or ())
    return tuple((name, value) for name, value in pairs if not name.startswith(":"))


def _sent_body(sent: Mapping[str, Any]) -> _Body:
    posted: Mapping[str, Any] = sent.get("postData") or {}
    text = posted.get("text")
    declared = _length(sent.get("headers"))
    if text is None or (text == "" and declared):
        if declared or (declared is None and _is_number(sent.get("bodySize")) and sent["bodySize"]):
            return _Body(None, "the body of the request is missing")
        return _Body(None if text is None else b"")
    content = _bytes(text, posted.get("encoding"))
    if content is None or (declared is not None and declared != len(content)):
        return _Body(None, "the body of the request is incomplete or was not text")
    return _Body(content)


def _received_body(received: Mapping[str, Any]) -> _Body:
    kept: Mapping[str, Any] = received.get("content") or {}
    text, size = kept.get("text"), kept.get("size")
    known = size if _is_number(size) else None
    if text is None or (text == "" and known):
        return _Body(b"", "the body of the response is missing") if known else _Body(b"")
    content = _bytes(text, kept.get("encoding"))
    packed = any(n.lower() == "content-encoding" for n, _ in _headers(received.get("headers")))
    if content is None or (known and not packed and known != len(content)):
        return _Body(b"", "the body of the response is incomplete or was not text")
    return _Body(content)


def _bytes(text: Any, encoding: Any) -> bytes | None:
    """The bytes of a body; None if the recorder could not keep them."""
    if encoding == "base64":
        try:
            return base64.b64decode(str(text), validate=True)
        except binascii.Error:
            return None
    if _LOST in str(text):
        return None
    try:
        return str(text).encode()
    except UnicodeEncodeError:
        return None


def _length(headers: Any) -> int | None:
    """What `Content-Length` says, None if there is none or the body was compressed."""
    found = {name.lower(): value for name, value in _headers(headers)}
    value = found.get("content-length", "").strip()
    if "content-encoding" in found or not (value.isascii() and value.isdecimal()):
        return None
    return int(value)


def _response(received: Mapping[str, Any], body: _Body, *, seconds: float) -> Response | None:
    status = received.get("status")
    if not isinstance(status, int) or not 100 <= status <= 599:
        return None
    headers = _headers(received.get("headers"))
    return Response(
        status=status,
        headers=tuple((n, v) for n, v in headers if n.lower() not in _UNDONE),
        body=body.content or b"",
        seconds=seconds,
        version=_VERSIONS.get(str(received.get("httpVersion", "")).upper(), 11),
    )
