"""A contract with an OpenAPI Overlay 1.0 laid over it: how an edition is made from the base.

https://spec.openapis.org/overlay/v1.0.0.html. Stricter than the standard in one thing: an action
whose target matches nothing is an error, so that an edition cannot fall off the base unnoticed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import jsonpath_rfc9535 as jsonpath
from jsonpath_rfc9535 import JSONPathQuery

from drs_sync_policy.text import did_you_mean

_DOCUMENT_KEYS = {"overlay", "info", "extends", "actions"}
_ACTION_KEYS = {"target", "description", "update", "remove"}


class OverlayError(ValueError):
    """An overlay that is none, or that does not fit the document; the text names the action."""


def apply(document: Mapping[str, Any], overlay: Mapping[str, Any], *, name: str) -> dict[str, Any]:
    """A copy of `document` with every action of `overlay` carried out, in order.

    `name` is what errors call the overlay. Raises `OverlayError` for an overlay that is not of
    version 1.0, for an unknown key, a malformed JSONPath (RFC 9535), an update whose type does
    not fit its target, and an action that matches nothing.
    """
    _expect(
        str(overlay.get("overlay", "")).startswith("1.0."),
        f"{name} is no Overlay 1.0 document: it does not start with `overlay: 1.0.0`",
    )
    _no_unknown_keys(overlay, _DOCUMENT_KEYS, name)
    _expect(bool(overlay.get("actions")), f"{name} has no `actions`")
    result = copy.deepcopy(dict(document))
    for number, action in enumerate(overlay["actions"], start=1):
        _act(result, action, f"{name}, action {number}")
    return result


def _act(document: dict[str, Any], action: Mapping[str, Any], place: str) -> None:
    _no_unknown_keys(action, _ACTION_KEYS, place)
    _expect("target" in action, f"{place}: it has no `target`")
    _expect("update" in action or action.get("remove") is True, f"{place}: it changes nothing")
    try:
        query = jsonpath.compile(action["target"])
    except jsonpath.JSONPathError as error:
        raise OverlayError(f"{place}: `{action['target']}` is no JSONPath: {error}") from error
    nodes = query.find(document)
    _expect(
        bool(nodes), f"{place}: `{action['target']}` matches nothing{_nearest(query, document)}"
    )
    if action.get("remove") is True:
        # From the end: removing an entry of a list must not move another that must go.
        for node in sorted(nodes, key=lambda node: _position(node.location), reverse=True):
            _remove(document, node.location, place)
        return
    for node in nodes:
        _update(node.value, action["update"], f"{place}, at `{node.path()}`")


def _update(target: object, update: object, place: str) -> None:
    if isinstance(target, list):
        target.append(copy.deepcopy(update))
        return
    _expect(isinstance(target, dict), f"{place}: only objects and arrays can be updated")
    _expect(isinstance(update, dict), f"{place}: an object can only be updated with an object")
    _merge(target, update)


def _merge(target: Any, update: Any) -> None:
    for key, value in update.items():
        here = target.get(key)
        if isinstance(here, dict) and isinstance(value, dict):
            _merge(here, value)
        elif isinstance(here, list) and isinstance(value, list):
            here.extend(copy.deepcopy(value))
        else:
            target[key] = copy.deepcopy(value)


def _remove(document: dict[str, Any], location: tuple[int | str, ...], place: str) -> None:
    _expect(bool(location), f"{place}: the whole document cannot be removed")
    parent: Any = document
    for key in location[:-1]:
        parent = parent[key]
    del parent[location[-1]]


def _position(location: tuple[int | str, ...]) -> tuple[tuple[bool, int | str], ...]:
    return tuple((isinstance(key, int), key) for key in location)


def _nearest(query: JSONPathQuery, document: dict[str, Any]) -> str:
    """What stands where the path stops matching, as the end of a sentence."""
    segments = query.segments
    for length in range(len(segments) - 1, -1, -1):
        found = JSONPathQuery(env=query.env, segments=segments[:length]).find(document)
        if not found:
            continue
        value, wanted = found[0].value, str(segments[length]).strip("[]'")
        here = f": `{found[0].path()}` has no `{wanted}`"
        if not isinstance(value, dict):
            return here
        return here + (did_you_mean(wanted, value) or f"; it has {', '.join(value)}")
    return ""


def _no_unknown_keys(node: Mapping[str, Any], known: set[str], place: str) -> None:
    strange = [key for key in node if key not in known and not key.startswith("x-")]
    if strange:
        raise OverlayError(
            f"{place}: `{strange[0]}` means nothing here; there are {', '.join(sorted(known))}"
        )


def _expect(fact: bool, otherwise: str) -> None:
    if not fact:
        raise OverlayError(otherwise)
