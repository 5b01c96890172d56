"""The public Python API, as users import it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import griffe

from tools import api, public
from tools.public import Named, names, target
from tools.snapshots.files import as_json

_OF_THE_CONTRACT: Final = tuple(
    f"drs_sync_policy_api.{module}." for module in ("api", "contract", "models")
)


def public_api() -> str:
    """Each public name, by the module that users import it from, with signature and members.

    Not what an edit of the contract changes: the modules made of it, fields, and values.
    """
    known = public.packages()
    generated = _modules(known["drs_sync_policy_api"])
    modules = [*api.MODULES, *(name for name in generated if not _of_the_contract(name))]
    exported = {
        name: {each: target(known[f"{name}.{each}"]) for each in names(known[name])}
        for name in modules
    }
    paths = {member.path for members in exported.values() for member in members.values()}
    found = {
        name: {each: _described(member, paths) for each, member in members.items()}
        for name, members in exported.items()
    }
    return as_json({name: entries for name, entries in found.items() if entries})


def _of_the_contract(path: str) -> bool:
    return f"{path}.".startswith(_OF_THE_CONTRACT)


def _modules(module: Named) -> Iterator[str]:
    yield module.path
    for member in module.members.values():
        if not member.is_alias and member.is_module and not member.name.startswith("_"):
            yield from _modules(member)


def _described(member: Named, paths: set[str]) -> Any:
    """A signature, a type, or the parts of a class; never the module that it is in."""
    if isinstance(member, griffe.Alias):
        return f"from {member.target_path}"
    if isinstance(member, griffe.Function):
        label = "property" if "property" in member.labels else "function"
        kind = "async function" if "async" in member.labels else label
        return f"{kind} {_signature(member)}"
    if isinstance(member, griffe.Class):
        # Methods may move to a base class; users find them in either place.
        inherited = dict(_inherited(member))
        return {
            "bases": list(_bases(member, paths)),
            "decorators": [str(each.value).rpartition(".")[2] for each in member.decorators],
            "members": {
                name: _described(target(each), paths)
                for name, each in {**inherited, **member.members}.items()
                if (not name.startswith("_") or name == "__init__")
                and not (_of_the_contract(member.path) and target(each).is_attribute)
            },
        }
    if isinstance(member, griffe.Attribute):
        label = "property" if "property" in member.labels else "value"
        assigned_in_a_method = member.labels == {"instance-attribute"}
        left_out = assigned_in_a_method or _of_the_contract(member.path)
        value = "" if member.value is None or left_out else f" = {member.value}"
        return f"{label}: {member.annotation or ''}{value}"
    return member.kind.value


def _inherited(member: griffe.Class) -> Iterator[tuple[str, Named]]:
    for parent in reversed(member.mro()):
        yield from parent.members.items()


def _bases(member: griffe.Class, paths: set[str]) -> Iterator[str]:
    """The public base classes and those of others; of a private one its own bases."""
    parents = {parent.name: parent for parent in member.mro()}
    for base in member.bases:
        name = str(base).rpartition(".")[2]
        parent = parents.get(name)
        if parent is None or parent.path in paths:
            yield name
        else:
            yield from _bases(parent, paths)


def _signature(function: griffe.Function) -> str:
    parts = [
        public.STARS.get(each.kind or griffe.ParameterKind.positional_only, "")
        + each.name
        + (f": {each.annotation}" if each.annotation else "")
        + (f" = {each.default}" if each.default and each.kind not in public.STARS else "")
        + (" [keyword]" if each.kind is griffe.ParameterKind.keyword_only else "")
        for each in function.parameters
    ]
    return f"({', '.join(parts)}) -> {function.returns}"
