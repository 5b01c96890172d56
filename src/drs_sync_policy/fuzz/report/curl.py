"""A request as a command for bash that anyone can paste."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

from drs_sync_policy.fuzz.report.secrets import Part, Piece, Redactor
from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy.fuzz.target.profile import Target

_UNSEEN: Final = re.compile(r"([^\x20-\x7e]+)")
_ACTIVE: Final = re.compile(r'([\\"`$])')
LONGEST_BODY: Final = 2000
"""A longer body goes into a file."""

_EXPECTS: Final = 1_000_000
"""For a body of so many bytes curl adds `Expect`, which changes what servers do."""

StoreBody = Callable[[bytes], PurePosixPath | None]


def command(request: Request, target: Target, *, redact: Redactor, store: StoreBody) -> str:
    """The curl command that sends `request`, secrets as variables.

    It sends the headers that the fuzzer sent, and no other but `Host` and `User-Agent`. `store`
    keeps a long body in a file.
    """
    parts = [f"curl --include --path-as-is{_tls(target)}"]
    if request.method == "HEAD":
        parts.append("--head")
    elif request.method != "POST" or request.body is None:  # which curl takes for POST and for GET
        parts.append(f"--request {request.method}")
    parts.append(_word((target.origin, *redact.parts(request.path))))
    for name, value in (*request.headers, *_headers_of_target(request, target)):
        shown = redact.header(value, secret=name.lower() in request.secret)
        text: tuple[Part, ...] = (f"{name}: ", *shown) if value else (f"{name};",)
        parts.append(f"--header {_word(text)}")
    parts += (f"--header {_word((text,))}" for text in _of_the_connection(request))
    before = ""
    if request.body is not None:
        before, option = _body(request.body, redact, store)
        parts.append(option)
    return before + " \\\n  ".join(parts) + _on_chunks(request)


def _on_chunks(request: Request) -> str:
    """A comment where curl cannot send the chunks that the fuzzer sent."""
    several = request.chunked and len(request.chunks) > 1
    return "  # curl cuts the body otherwise: use `replay`" if several else ""


def _tls(target: Target) -> str:
    """The options for a target with TLS, over which curl would speak HTTP/2 if it can."""
    if not target.url.startswith("https:"):
        return ""
    if isinstance(target.verify, str):
        return f" --http1.1 --cacert {_word((target.verify,))}"
    return " --http1.1" if target.verify else " --http1.1 --insecure"


def _headers_of_target(request: Request, target: Target) -> Iterator[tuple[str, str]]:
    """The headers of the profile, which every request has."""
    yield from ((name, value) for name, value in target.headers.items() if not request.header(name))


def _of_the_connection(request: Request) -> Iterator[str]:
    """The headers that the fuzzer's connection adds, and what takes away those that curl adds."""
    size = len(request.body or b"")
    if not request.header("Accept"):
        yield "Accept:"
    if not request.header("Content-Type") and request.body is not None:
        yield "Content-Type:"
    if request.chunked:
        yield "Transfer-Encoding: chunked"
    elif request.body is None and request.method in ("POST", "PUT", "PATCH"):
        yield "Content-Length: 0"
    if size > _EXPECTS and not request.header("Expect"):
        yield "Expect:"
    if request.fresh and not request.header("Connection"):
        yield "Connection: close"


def _body(body: bytes, redact: Redactor, store: StoreBody) -> tuple[str, str]:
    text = _as_text(body)
    if text is not None and len(text) <= LONGEST_BODY:
        return "", f"--data-binary {_word(redact.parts(text), unseen=None)}"
    if text is None and len(body) <= LONGEST_BODY:
        return f"base64 -d <<< {base64.b64encode(body).decode()} | ", "--data-binary @-"
    path = store(body)
    if path is not None:
        return "", f"--data-binary @{path}"
    return "", f"--data-binary @BODY  # {len(body)} bytes; with --report they are kept in a file"


def _as_text(body: bytes) -> str | None:
    """The body where a shell can carry it and a reader can see it, else None."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if all(letter.isprintable() for letter in text) else None


def _word(parts: Iterable[Part], *, unseen: re.Pattern[str] | None = _UNSEEN) -> str:
    """A shell word: literals quoted, variables expanded, what is `unseen` as escapes of bytes."""
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, str) and isinstance(last, str):
            merged[-1] = last + part
        else:
            merged.append(part)
    if len(merged) == 1 and isinstance(merged[0], str):
        return _literal(merged[0], unseen)
    return "".join(_segments(merged, unseen))


def _segments(parts: list[Part], unseen: re.Pattern[str] | None) -> Iterator[str]:
    """Segments of one word: what double quotes can carry together, the rest by itself."""
    pending = ""
    for part in parts:
        if isinstance(part, Piece):
            pending += _braced(part.shell)
        elif (unseen and unseen.search(part)) or "!" in part:  # an interactive shell expands it
            if pending:
                yield f'"{pending}"'
            pending = ""
            yield _literal(part, unseen)
        else:
            pending += _ACTIVE.sub(r"\\\1", part)
    if pending:
        yield f'"{pending}"'


def _braced(shell: str) -> str:
    """An expansion that what follows cannot change."""
    return f"${{{shell[1:]}}}" if re.fullmatch(r"\$\w+", shell) else shell


def _literal(text: str, unseen: re.Pattern[str] | None) -> str:
    pieces = unseen.split(text) if unseen else [text]
    return "".join(
        "$'" + "".join(f"\\x{byte:02x}" for byte in piece.encode("latin-1", "replace")) + "'"
        if number % 2
        else "'" + piece.replace("'", "'\\''") + "'"
        for number, piece in enumerate(pieces)
        if piece or len(pieces) == 1
    )
