"""How a check puts what it saw into words."""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drs_sync_policy.fuzz.oracle import CLOSED


def listed(statuses: Any) -> str:
    """Statuses, as alternatives."""
    names = [
        "a closed connection" if status == CLOSED else str(status) for status in sorted(statuses)
    ]
    return " or ".join(sorted(names)) if len(names) < 4 else ", ".join(names)


def quoted(value: Any) -> str:
    """A value in quotes; `nothing` for None."""
    return "nothing" if value is None else shortened(repr(value))


def shortened(text: str, limit: int = 160) -> str:
    """`text`, cut where it is longer than a reader cares for."""
    return text if len(text) <= limit else f"{text[: limit - 20]}... ({len(text)} characters)"


def of(body: Mapping[str, Any], name: str) -> str:
    """A field of a body with its value, or that it lacks it."""
    return f"`{name}`: {quoted(body[name])}" if name in body else f"no `{name}`"


def shown(result: Mapping[str, Any]) -> str:
    """A result in one line, its id left out."""
    kept = {name: value for name, value in result.items() if name != "id"}
    return shortened(", ".join(f"{name}: {value}" for name, value in kept.items()))


def said(value: Any) -> str:
    """What an answer says, in brackets; empty where it is out of shape."""
    if isinstance(value, dict) and "error_code" in value:
        return shortened(f"({value.get('error_code')}: {value.get('error_msg')})")
    if isinstance(value, dict) and isinstance(value.get("results"), Sequence):
        return f"with {len(value['results'])} results"
    return ""
