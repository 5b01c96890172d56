"""What the tests of an exported finding need: requests over httpx, and what a rule asks for.

`--export-tests` copies this module as it stands in front of the tests, so it imports only httpx.
"""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import httpx

MISSING = "not there"


def secret(name: str, form: str = "", start: int = 0, stop: int | None = None) -> str:
    """A part of what was made of the secret in the variable `name`."""
    text = os.environ[name]
    made: dict[str, Callable[[], str]] = {
        "upper": text.upper,
        "lower": text.lower,
        "swapcase": text.swapcase,
        "title": text.title,
        "reversed": lambda: text[::-1],
        "quoted": lambda: quote(text, safe=""),
        "percent": lambda: "".join(f"%{byte:02X}" for byte in text.encode()),
        "hex": lambda: text.encode().hex(),
        "base64": lambda: base64.b64encode(text.encode()).decode(),
    }
    whole = made[form]() if form in made else text.replace(form[:1], form[1:]) if form else text
    return whole[start:stop]


def send(
    url: str,
    method: str,
    path: str,
    headers: Sequence[tuple[str, str]],
    body: bytes | None = None,
    cuts: Sequence[int] | None = None,
) -> httpx.Response:
    """The response to one request, sent as it is: with `cuts`, in chunks."""
    target = httpx.URL(os.environ.get("DRS_URL", url)).copy_with(raw_path=path.encode("latin-1"))
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    content: bytes | Iterator[bytes] | None = body
    if body is not None and cuts is not None:
        raw.append((b"Transfer-Encoding", b"chunked"))
        ends = zip((0, *cuts), (*cuts, len(body)), strict=True)
        content = (body[start:end] for start, end in ends)
    elif body is not None:
        raw.append((b"Content-Length", str(len(body)).encode()))
    host = target.netloc
    request = httpx.Request(method, target, headers=[(b"Host", host), *raw], content=content)
    for name in [name for name in request.headers if name.lower().encode() not in _names(raw)]:
        del request.headers[name]
    with httpx.Client(timeout=60, trust_env=False) as client:
        return client.send(request)


def _names(raw: Sequence[tuple[bytes, bytes]]) -> set[bytes]:
    return {b"host", *(name.lower() for name, _ in raw)}


def stored(
    response: httpx.Response, pointer: str, job: str, fields: dict[str, str], absent: Sequence[Any]
) -> dict[str, Any]:
    """The fields of a policy that was read, each at its pointer."""
    policy = _at(response.json(), pointer, job)
    found = {name: _at(policy, place, job) for name, place in fields.items()}
    none = [json.dumps(value) for value in (None, *absent)]
    return {name: MISSING if json.dumps(value) in none else value for name, value in found.items()}


def _at(value: Any, pointer: str, job: str) -> Any:
    """What a JSON pointer points to; `NAME={job_id}` selects the item of a list."""
    for step in pointer.split("/")[1:]:
        token = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and token.endswith("={job_id}"):
            name = token.removesuffix("={job_id}")
            value = next((item for item in value if item.get(name) == job), None)
        elif isinstance(value, list):
            value = value[int(token)]
        else:
            value = (value or {}).get(token.replace("{job_id}", job))
    return value


def results(response: httpx.Response) -> list[Any]:
    """The results of a batch; none if there are none."""
    try:
        found = response.json()["results"]
    except (ValueError, KeyError, TypeError):
        return []
    return found if isinstance(found, list) else []


def outcome(response: httpx.Response) -> Any:
    """What a response says, without its messages."""
    found = results(response)
    if found:
        names = ("id", "status", "error_code")
        return response.status_code, [[entry.get(name) for name in names] for entry in found]
    try:
        return response.status_code, response.json().get("error_code")
    except (ValueError, AttributeError):
        return response.status_code, None


def outcome_of(response: httpx.Response, job: str) -> list[Any]:
    """What a response says about one job, every mention of its id replaced."""
    return [
        {
            name: value.replace(job, "<id>") if isinstance(value, str) else value
            for name, value in entry.items()
        }
        for entry in results(response)
        if entry.get("id") == job
    ]


def is_json(response: httpx.Response) -> bool:
    """Whether the media type says JSON."""
    media = str(response.headers.get("Content-Type", "")).split(";")[0]
    return media.strip().lower() == "application/json"


def i_json(response: httpx.Response) -> Any:
    """The body, read as I-JSON; `ValueError` if it is not."""
    text = response.content.decode("utf-8")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key twice in an object")
        return dict(pairs)

    document = json.loads(text, object_pairs_hook=unique)
    json.dumps(document, ensure_ascii=False).encode("utf-8")
    return document


def explains(response: httpx.Response) -> bool:
    """Whether an error has a code and a message."""
    try:
        body = response.json()
        return all(str(body[name]).strip() for name in ("error_code", "error_msg"))
    except (ValueError, KeyError, TypeError):
        return False


def error_fields_follow_status(entry: dict[str, Any]) -> bool:
    """Whether a result has error fields exactly if it failed."""
    given = [entry.get(name) for name in ("error_code", "error_msg")]
    if entry.get("status") == "failed":
        return all(isinstance(value, str) and value != "" for value in given)
    return not {"error_code", "error_msg"} & entry.keys()


def shape(value: Any) -> Any:
    """A document without its values: names and types."""
    if isinstance(value, dict):
        return {name: shape(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [shape(entry) for entry in value]
    return type(value).__name__
