"""The public Python API, as griffe reads it: packages, public names and their signatures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import griffe

Named = griffe.Object | griffe.Alias
PACKAGES: Final = ("drs_sync_policy", "drs_sync_policy_api")
STARS: Final = {
    griffe.ParameterKind.var_positional: "*",
    griffe.ParameterKind.var_keyword: "**",
}
WIDTH: Final = 88
"""A longer signature has a line for each parameter."""


def packages(*folders: Path) -> griffe.ModulesCollection:
    """Our packages, as they are in these folders or else installed; what is others' stays alias."""
    loader = griffe.GriffeLoader(search_paths=folders or None)
    for package in PACKAGES:
        loader.load(package, try_relative_path=False)
    loader.resolve_aliases(external=False)
    return loader.modules_collection


def names(module: Named) -> Iterator[str]:
    """What `__all__` names; without one, what is defined here and has no underscore."""
    for name in [str(name) for name in module.exports or module.members]:
        member = module.members.get(name)
        if member is None or (not module.exports and (name.startswith("_") or member.is_alias)):
            continue
        if target(member).kind is not griffe.Kind.MODULE:
            yield name


def target(member: Named) -> Named:
    """What an alias stands for; itself where that is another library's."""
    try:
        return member.final_target if isinstance(member, griffe.Alias) else member
    except griffe.AliasResolutionError:
        return member


def signature(member: Named) -> str:
    """How a function is called, or a class; a long one has a line for each parameter."""
    parameters = [p for p in getattr(member, "parameters", ()) if p.name not in {"self", "cls"}]
    returns = getattr(member, "returns", None) if member.is_function else None
    shown = list(_parameters(parameters) if parameters else _attrs_fields(member))
    result = f" -> {returns}" if returns else ""
    line = f"{member.name}({', '.join(shown)}){result}"
    if len(line) <= WIDTH:
        return line
    lines = "".join(f"    {parameter},\n" for parameter in shown)
    return f"{member.name}(\n{lines}){result}"


def _attrs_fields(member: Named) -> Iterator[str]:
    """What the constructor takes that attrs writes."""
    written = [str(d.value) for d in getattr(member, "decorators", ())]
    if not any(text.startswith(("frozen", "define", "attrs.")) for text in written):
        return
    if any("kw_only=True" in text for text in written):
        yield "*"
    for name, field in member.members.items():
        annotation = getattr(field, "annotation", None)
        if annotation and field.is_attribute and not name.startswith("_"):
            value = str(getattr(field, "value", None) or "")
            if value.startswith("field("):
                given = re.search(r"\bdefault=([^,()]+)", value)
                value = given[1] if given else "..." if "factory=" in value else ""
            yield f"{name}: {annotation}" + (f" = {value}" if value else "")


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


def declared(member: Named) -> str:
    """A field with its type, if it has one."""
    annotation = getattr(member, "annotation", None)
    return f"{member.name}: {annotation}" if annotation else member.name
