"""The page of the Python API, made from the docstrings of what is public."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Final

import griffe

MODULES: Final = {
    "drs_sync_policy": "The client, and everything one needs beside it.",
    "drs_sync_policy.testing": "For tests of code that calls the API.",
    "drs_sync_policy.contract": "The contract as data.",
    "drs_sync_policy.codes": "The vendor's error codes.",
    "drs_sync_policy.sandbox": "The reference server, in process.",
    "drs_sync_policy.fuzz": "The judge, in process.",
}
"""The public modules, in the order of the page."""


STARS: Final = {
    griffe.ParameterKind.var_positional: "*",
    griffe.ParameterKind.var_keyword: "**",
}


def page() -> str:
    """Each public name of each module with its signature and its docstring."""
    parts = [
        "# The Python API",
        (
            "What is not on this page is private and may change without notice. The classes of the "
            "contract's schemas are generated from it, into `drs_sync_policy_api`."
        ),
    ]
    for name, purpose in MODULES.items():
        if find_spec(name) is not None:
            parts += [f"## {name}", purpose, *_module(name)]
    return "\n\n".join(parts) + "\n"


def _module(name: str) -> Iterator[str]:
    module = griffe.load(name, resolve_aliases=True, resolve_external=True)
    for member in _public(module):
        yield from _entry(name, member)


def _public(parent: griffe.Object | griffe.Alias) -> Iterator[griffe.Object | griffe.Alias]:
    """What `__all__` names; without one, what is defined here and has no underscore."""
    for name in [str(name) for name in parent.exports or parent.members]:
        member = parent.members.get(name)
        if member is None or (not parent.exports and (name.startswith("_") or member.is_alias)):
            continue
        if not member.is_module:
            yield member


def _entry(module: str, member: griffe.Object | griffe.Alias) -> Iterator[str]:
    title = f"`{member.name}`" if member.is_attribute else f"`{_signature(member)}`"
    yield f"### {member.name} {{ #{module}.{member.name} }}"
    yield f"{_kind(member)} {title}"
    if text := _docstring(member):
        yield text
    if member.is_class:
        entries = list(_members(member))
        if entries:
            yield "\n".join(entries)


def _members(owner: griffe.Object | griffe.Alias) -> Iterator[str]:
    """A list of the public fields and methods of a class, each with its first paragraph."""
    for name, member in owner.members.items():
        if name.startswith("_") or member.is_alias:
            continue
        text = " ".join(_docstring(member).split("\n\n")[0].split())
        shown = _signature(member) if member.is_function else _field(member)
        yield f"- `{shown}`" + (f": {text}" if text else "")


def _kind(member: griffe.Object | griffe.Alias) -> str:
    if member.is_class:
        return "*class*"
    return "*function*" if member.is_function else "*value*"


def _field(member: griffe.Object | griffe.Alias) -> str:
    annotation = getattr(member, "annotation", None)
    return f"{member.name}: {annotation}" if annotation else member.name


def _signature(member: griffe.Object | griffe.Alias) -> str:
    parameters = [p for p in getattr(member, "parameters", ()) if p.name not in {"self", "cls"}]
    returns = getattr(member, "returns", None) if member.is_function else None
    shown = ", ".join(_parameters(parameters))
    return f"{member.name}({shown})" + (f" -> {returns}" if returns else "")


def _parameters(parameters: Iterable[griffe.Parameter]) -> Iterator[str]:
    starred = False
    for parameter in parameters:
        kind = parameter.kind
        if kind is griffe.ParameterKind.keyword_only and not starred:
            starred = True
            yield "*"
        stars = STARS.get(kind, "") if kind else ""
        starred = starred or stars == "*"
        yield stars + _parameter(parameter)


def _parameter(parameter: griffe.Parameter) -> str:
    annotation = f": {parameter.annotation}" if parameter.annotation else ""
    default = "" if parameter.default is None or parameter.kind in STARS else parameter.default
    return f"{parameter.name}{annotation}" + (f" = {default}" if default else "")


def _docstring(member: griffe.Object | griffe.Alias) -> str:
    return member.docstring.value.strip() if member.docstring else ""
