"""The page of the Python API, made from the docstrings of what is public."""

from __future__ import annotations

import inspect
import logging
import re
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import griffe

from tools import source

MODULES: Final = {
    "drs_sync_policy": "The client, with its settings, outcomes and errors.",
    "drs_sync_policy.testing": "For tests of code that uses the API.",
    "drs_sync_policy.contract": "The contract as data.",
    "drs_sync_policy.codes": "The vendor's error codes.",
    "drs_sync_policy.sandbox": "The sandbox, in process.",
    "drs_sync_policy.fuzz": "The fuzzer, in process.",
}
"""The public modules, in the order of the page."""


STARS: Final = {
    griffe.ParameterKind.var_positional: "*",
    griffe.ParameterKind.var_keyword: "**",
}


SECTIONS: Final = {
    "parameters": "Arguments",
    "attributes": "Attributes",
    "raises": "Raises",
    "returns": "Returns",
}
# It warns of arguments without types in docstrings, where they do not belong.
logging.getLogger("griffe").setLevel(logging.ERROR)


def page() -> str:
    """Each public name of each module with its signature and its docstring."""
    parts = [
        "# Python reference",
        (
            "Every public name with its signature. Other names are private and may change without "
            "notice. The classes of the "
            "contract's schemas are generated from it, into `drs_sync_policy_api`."
        ),
    ]
    packages = _packages()
    for name, purpose in MODULES.items():
        if find_spec(name) is not None:
            parts += [f"## {name}", purpose, *_module(packages[name])]
    return "\n\n".join(parts) + "\n"


@cache
def _packages() -> griffe.ModulesCollection:
    loader = griffe.GriffeLoader()
    for package in ("drs_sync_policy", "drs_sync_policy_api"):
        loader.load(package)
    # Only our own: the names that others export are not on the page.
    loader.resolve_aliases(external=False)
    return loader.modules_collection


def _module(module: griffe.Object | griffe.Alias) -> Iterator[str]:
    for member in _public(module):
        yield from _entry(module.path, member)


def _public(parent: griffe.Object | griffe.Alias) -> Iterator[griffe.Object | griffe.Alias]:
    """What `__all__` names; without one, what is defined here and has no underscore."""
    for name in [str(name) for name in parent.exports or parent.members]:
        member = parent.members.get(name)
        if member is None or (not parent.exports and (name.startswith("_") or member.is_alias)):
            continue
        if not member.is_module:
            yield member


def _entry(module: str, named: griffe.Object | griffe.Alias) -> Iterator[str]:
    yield f"### {named.name} {{ #{module}.{named.name} }}"
    member = named.final_target if isinstance(named, griffe.Alias) else named
    title = member.name if member.is_attribute else _signature(member)
    yield f"{_kind(member)} `{title}`{_source(member)}"
    yield from _docstring(member)
    if member.is_class and (entries := list(_members(member))):
        yield "\n".join(("**Members**", "", *entries))


def _source(member: griffe.Object | griffe.Alias) -> str:
    file = member.filepath
    where = source.place(file, member.lineno or 1) if isinstance(file, Path) else None
    return f" [source]({where})" if where else ""


def sources() -> set[Path]:
    """The modules that the public names are defined in."""
    found: set[Path] = set()
    packages = _packages()
    for name in filter(find_spec, MODULES):
        for named in _public(packages[name]):
            member = named.final_target if isinstance(named, griffe.Alias) else named
            if isinstance(member.filepath, Path):
                found.add(member.filepath)
    return found


def _members(owner: griffe.Object | griffe.Alias) -> Iterator[str]:
    """A list of the public fields and methods of a class, each with its first paragraph."""
    sections = griffe.Docstring(owner.docstring.value if owner.docstring else "").parse("google")
    attributes = griffe.DocstringSectionKind.attributes
    described = {e.name for part in sections if part.kind is attributes for e in part.value}
    for name, member in owner.members.items():
        if name.startswith("_") or member.is_alias or name in described:
            continue
        text = _first_paragraph(member)
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
    shown = ", ".join(_parameters(parameters) if parameters else _attrs_fields(member))
    return f"{member.name}({shown})" + (f" -> {returns}" if returns else "")


def _attrs_fields(member: griffe.Object | griffe.Alias) -> Iterator[str]:
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


def _first_paragraph(member: griffe.Object | griffe.Alias) -> str:
    text = member.docstring.value if member.docstring else ""
    return " ".join(text.split("\n\n")[0].split())


def _docstring(member: griffe.Object | griffe.Alias) -> Iterator[str]:
    """The docstring as Markdown: its text, and a list for arguments, attributes and errors."""
    text = member.docstring.value if member.docstring else ""
    # The generator indents what follows the first paragraph.
    text = re.sub(
        r"^    Attributes:.*", lambda m: textwrap.dedent(m[0]), text, flags=re.MULTILINE | re.DOTALL
    )
    for section in griffe.Docstring(text).parse("google"):
        if isinstance(section, griffe.DocstringSectionText):
            yield inspect.cleandoc(section.value)
        elif section.kind is griffe.DocstringSectionKind.examples:
            yield from _examples(section.value)
        elif section.kind.value in SECTIONS:
            entries = (f"- `{_typed(member, entry)}`: {_joined(entry)}" for entry in section.value)
            yield "\n".join((f"**{SECTIONS[section.kind.value]}**", "", *entries))


def _typed(member: griffe.Object | griffe.Alias, entry: griffe.DocstringElement) -> str:
    """An entry's name with the type that the code has for it; of an error, the type alone."""
    name = str(getattr(entry, "name", ""))
    if not name:
        return str(entry.annotation)
    known = {p.name: p.annotation for p in getattr(member, "parameters", ())}
    if name not in known and name in member.members:
        known[name] = getattr(member.members[name], "annotation", None)
    return f"{name}: {known[name]}" if known.get(name) else name


def _examples(parts: Iterable[tuple[griffe.DocstringSectionKind, str]]) -> Iterator[str]:
    for kind, text in parts:
        shown = kind is griffe.DocstringSectionKind.examples
        yield f"```pycon\n{text}\n```" if shown else text


def _joined(entry: griffe.DocstringElement) -> str:
    return " ".join(entry.description.split())
