"""How a check puts what it saw into words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from drs_sync_policy.anyjson import is_array, is_object
from drs_sync_policy.fuzz.defects import CLOSED
from drs_sync_policy.text import counted


def listed(statuses: Any) -> str:
    """Statuses, as alternatives."""
    names = [
        "a closed connection" if status == CLOSED else str(status) for status in sorted(statuses)
    ]
    return " or ".join(sorted(names)) if len(names) < 4 else ", ".join(names)


def as_json(value: Any) -> str:
    """A value as it is on the wire, with an escape for each character that nobody sees."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return json.dumps(letter)[1:-1] if ord(letter) > 0x7F else f"\\u{ord(letter):04x}"


def short(value: Any, limit: int = 120) -> str:
    """A value as JSON, cut where it is longer than a report can hold."""
    return shortened(as_json(value), limit)


def policy(fields: Mapping[str, Any], names: Sequence[str]) -> str:
    """These fields with their values, or that they are not there."""
    return ", ".join(
        f"`{name}`: {short(fields[name])}" if name in fields else f"no `{name}`" for name in names
    )


def stored(fields: Mapping[str, Any], names: Sequence[str]) -> str:
    """What is stored of these fields."""
    there = [name for name in names if name in fields]
    parts = [f"stored is {policy(fields, there)}"] if there else []
    lacking = [f"`{name}`" for name in names if name not in fields]
    if lacking:
        parts.append(f"{', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not stored")
    return ", and ".join(parts)


def quoted(value: Any) -> str:
    """A value as JSON; `nothing` for None."""
    return "nothing" if value is None else shortened(as_json(value))


def shortened(text: str, limit: int = 160) -> str:
    """`text`, cut where it is longer than a reader cares for."""
    return text if len(text) <= limit else f"{text[: limit - 20]}... ({len(text)} characters)"


def of(body: Mapping[str, Any], name: str) -> str:
    """A field of a body with its value, or that it lacks it."""
    return f"`{name}`: {short(body[name], 160)}" if name in body else f"no `{name}`"


def shown(result: Mapping[str, Any]) -> str:
    """A result in one line, its id left out."""
    kept = {name: value for name, value in result.items() if name != "id"}
    return shortened(", ".join(f"`{name}`: {as_json(value)}" for name, value in kept.items()))


def said(value: Any) -> str:
    """What a response says, in brackets; empty where it is out of shape."""
    if is_object(value) and "error_code" in value:
        return shortened(f"({value.get('error_code')}: {value.get('error_msg')})")
    if is_object(value) and is_array(value.get("results")):
        return f"with {counted(len(value['results']), 'result')}"
    return ""
