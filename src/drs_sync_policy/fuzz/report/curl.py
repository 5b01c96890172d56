"""A request as a command that anyone can paste."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from drs_sync_policy.fuzz.report.secrets import Redactor
from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy.fuzz.target.profile import Target

_UNSEEN: Final = re.compile(r"([^\x20-\x7e]+)")
LONGEST_BODY: Final = 2000
"""A longer body goes into a file."""

Store = Callable[[bytes], Path | None]


def command(request: Request, target: Target, *, redact: Redactor, store: Store) -> str:
    """The curl command for `request`, secrets as variables; `store` keeps a long body in a file."""
    origin = "/".join(target.url.split("/", 3)[:3])
    parts = ["curl --include --path-as-is"]
    if request.method == "HEAD":
        parts.append("--head")
    elif request.method != "POST" or request.body is None:  # which curl takes for POST and for GET
        parts.append(f"--request {request.method}")
    parts.append(_as_sent(redact.text(origin + request.path), redact.variables))
    for name, value in request.headers:
        text = f"{name}: {redact.text(value)}" if value else f"{name};"
        parts.append(f"--header {_as_sent(text, redact.variables)}")
    if not request.header("Content-Type") and request.body is not None:
        parts.append("--header 'Content-Type:'")
    if request.chunked:
        parts.append("--header 'Transfer-Encoding: chunked'")
    before = ""
    if request.body is not None:
        before, option = _body(request.body, redact, store)
        parts.append(option)
    return before + " \\\n  ".join(parts)


def _body(body: bytes, redact: Redactor, store: Store) -> tuple[str, str]:
    text = _as_text(body)
    if text is not None and len(text) <= LONGEST_BODY:
        return "", f"--data-binary {_quoted(redact.text(text), redact.variables)}"
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


def _as_sent(text: str, variables: Sequence[str]) -> str:
    """A shell word for a line of the head, in which bytes that no terminal shows are escapes."""
    pieces = _UNSEEN.split(text)
    return "".join(
        "$'" + "".join(f"\\x{byte:02x}" for byte in piece.encode("latin-1", "replace")) + "'"
        if number % 2
        else _quoted(piece, variables)
        for number, piece in enumerate(pieces)
        if piece or len(pieces) == 1
    )


def _quoted(text: str, variables: Sequence[str]) -> str:
    """A shell word in which these variables are still expanded."""
    ours = re.compile(r"\$(?=\{?(?:" + "|".join(map(re.escape, variables)) + r")(?!\w))")
    if not variables or not ours.search(text):
        return "'" + text.replace("'", "'\\''") + "'"
    pieces = text.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")
    return '"' + ours.sub("\0", pieces).replace("$", "\\$").replace("\0", "$") + '"'
