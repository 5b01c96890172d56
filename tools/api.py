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
from tools.pages.markdown import filtering, table
from tools.public import Named, declared, names, packages, signature, target

MODULES: Final = {
    "drs_sync_policy": "The client, with its settings, outcomes and errors.",
    "drs_sync_policy.testing": "For tests of code that uses the API.",
    "drs_sync_policy.contract": "The contract as data.",
    "drs_sync_policy.codes": "The vendor's error codes.",
    "drs_sync_policy.sandbox": "The sandbox, in process.",
    "drs_sync_policy.fuzz": "The fuzzer, in process. Import a name from the module given with it.",
}
"""The public modules, in the order of the page."""
WITHIN: Final = {
    "drs_sync_policy.fuzz": {
        "drs_sync_policy.fuzz.active": ("run",),
        "drs_sync_policy.fuzz.target.profile": ("load", "parse", "Target", "ProfileError"),
        "drs_sync_policy.fuzz.target.asgi": ("over_asgi",),
    }
}
"""The names that a package has in modules of its own."""
CLIENT: Final = "drs_sync_policy"
PARTS: Final = {
    "Clients": (f"{CLIENT}.client.sync_client", f"{CLIENT}.client.async_client"),
    "Items and outcomes": (
        "drs_sync_policy_api.models.sync_policy_req",
        f"{CLIENT}.client.outcome",
        f"{CLIENT}.client.job_outcome",
        f"{CLIENT}.client.job_policy",
        "drs_sync_policy_api",
    ),
    "Credentials": (f"{CLIENT}.client.credentials",),
    "Settings": (f"{CLIENT}.client",),
    "Errors": (f"{CLIENT}.runtime.errors",),
    "Messages of hooks and errors": (f"{CLIENT}.runtime",),
}
"""The parts of the first module: the modules that define the names, what one needs first first."""


_IN_THE_GUIDE: Final = re.compile(r'([Pp]age) "(\w+)"(?= of the guide)')
"""How a docstring names a page of the guide, which this page links to."""
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
    loaded = _packages()
    sections: dict[str, tuple[str, list[tuple[str, Named]]]] = {}
    for name, purpose in MODULES.items():
        if find_spec(name) is None:
            continue
        if name == CLIENT:
            for part, members in _parts(loaded[name]).items():
                sections[part] = ("", [(name, member) for member in members])
        else:
            sections[f"`{name}`"] = (purpose, list(_placed(loaded, name)))
    overview = [
        (f"[{title}](#{_place(title)})", ", ".join(_linked(*placed) for placed in found))
        for title, (_, found) in sections.items()
    ]
    parts = [
        "# Python reference",
        (
            "Every public name with its signature. Other names are private and may change without "
            "notice. The names of the first parts are imported from `drs_sync_policy`. The classes "
            "of the contract's schemas are generated from it, into `drs_sync_policy_api`. "
            "[Python client](python.md) shows how to use them."
        ),
        filtering("Find a name"),
        table(("Part", "Names"), overview),
    ]
    for title, (purpose, found) in sections.items():
        parts += [f"## {title} {{ #{_place(title)} }}", purpose]
        parts += (entry for placed in found for entry in _entry(*placed))
    return "\n\n".join(filter(None, parts)) + "\n"


def _placed(packages: griffe.ModulesCollection, name: str) -> Iterator[tuple[str, Named]]:
    """The public names of a module, each with the module that it is imported from."""
    for member in names(packages[name]):
        yield name, packages[name].members[member]
    for module, within in WITHIN.get(name, {}).items():
        for each in within:
            yield module, packages[module].members[each]


def _place(title: str) -> str:
    """The anchor of a part; that of a module is its name."""
    return title.strip("`") if title.startswith("`") else title.lower().replace(" ", "-")


def _linked(module: str, member: Named) -> str:
    return f"[`{member.name}`](#{module}.{member.name})"


def _parts(module: Named) -> dict[str, list[Named]]:
    """The public names of the first module by part, in the order of `PARTS`."""
    found: dict[str, list[tuple[int, Named]]] = {part: [] for part in PARTS}
    for member in (module.members[name] for name in names(module)):
        home = target(member).path
        part, place = next(
            (part, place)
            for part, homes in PARTS.items()
            for place, prefix in enumerate(homes)
            if home.startswith(prefix)
        )
        found[part].append((place, member))
    # Names of one module stay in the order of `__all__`; errors follow the error they are kinds of.
    found["Errors"].sort(key=lambda entry: _lineage(entry[1]))
    return {
        part: [member for _, member in sorted(entries, key=lambda entry: entry[0])]
        for part, entries in found.items()
    }


@cache
def _packages() -> griffe.ModulesCollection:
    return packages()


def _lineage(named: Named) -> tuple[str, ...]:
    """The errors that an error is a kind of, then itself; what is no error comes last."""
    member = target(named)
    if not member.name.endswith("Error"):
        return ("~", member.name)
    parents = (member.parent.members.get(base) for base in _kinds(member) if member.parent)
    return (*(name for parent in parents if parent for name in _lineage(parent)), member.name)


def _kinds(member: Named) -> list[str]:
    """The errors of its own module that an error is a kind of."""
    bases = (str(base) for base in getattr(member, "bases", ()))
    return [base for base in bases if base.endswith("Error") and base in member.module.members]


def _entry(module: str, named: Named) -> Iterator[str]:
    yield f"### {named.name} {{ #{module}.{named.name} }}"
    member = target(named)
    # An error that takes what its parent takes is caught, not made; an enum is not called either.
    made = not _kinds(member) or "__init__" in member.members
    shown = "" if member.is_attribute else signature(member)
    if made and shown and not (member.is_class and shown.endswith("()")):
        yield _block(shown, member)
    kinds = "".join(f" · a kind of [`{base}`](#{module}.{base})" for base in _kinds(member))
    within = any(module in modules for modules in WITHIN.values())
    home = f" · in `{module}`" if within else ""
    yield f"{_kind(member)}{kinds}{home}{_source(member)}"
    yield from _docstring(member)
    if not member.is_class:
        return
    twin = _packages()[module].members.get(named.name.removeprefix("Async"))
    if twin is None or twin is named:
        yield from _members(f"{module}.{named.name}", member)
    else:
        yield f"It has the methods of [`{twin.name}`](#{module}.{twin.name}), to be awaited, and:"
        yield from _members(f"{module}.{named.name}", member, known=frozenset(twin.members))


def _block(signature: str, member: Named) -> str:
    """The signature as code, with the values of default constants that are short."""

    def value(name: re.Match[str]) -> str:
        constant = member.module.members.get(name[1])
        home = str(getattr(constant, "target_path", ""))  # of an imported one
        ours = constant is not None and (not home or home.startswith(CLIENT + "."))
        text = str(getattr(target(constant), "value", None) or "") if constant and ours else ""
        return f"= {text}" if 0 < len(text) < 30 else name[0]

    shown = re.sub(r"= ([A-Z][A-Z_]+)\b", value, signature)
    return f"```{{ .python .no-copy }}\n{shown}\n```"


def _source(member: Named) -> str:
    file = member.filepath
    where = source.place(file, member.lineno or 1) if isinstance(file, Path) else None
    return f" · [source]({where})" if where else ""


def sources() -> set[Path]:
    """The modules that the public names are defined in."""
    found: set[Path] = set()
    for name in filter(find_spec, MODULES):
        for _, named in _placed(_packages(), name):
            file = target(named).filepath
            if isinstance(file, Path):
                found.add(file)
    return found


def _members(place: str, owner: Named, *, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """The public fields of a class as a list, then its methods, each with its own anchor."""
    sections = griffe.Docstring(owner.docstring.value if owner.docstring else "").parse("google")
    attributes = griffe.DocstringSectionKind.attributes
    described = {e.name for part in sections if part.kind is attributes for e in part.value}
    shown = [
        member
        for name, member in owner.members.items()
        if not name.startswith("_") and not member.is_alias and name not in described | known
    ]
    fields = [member for member in shown if not member.is_function]
    if fields:
        entries = (
            f"- `{declared(member)}`{{ #{place}.{member.name} }}" + (f": {text}" if text else "")
            for member in fields
            for text in [_first_paragraph(member)]
        )
        yield "\n".join(("**Fields**", "", *entries))
    for member in shown:
        if member.is_function:
            yield f"#### {member.name} {{ #{place}.{member.name} }}"
            yield _block(signature(member), member)
            yield from _docstring(member)


def _kind(member: Named) -> str:
    if member.is_class:
        return "*class*"
    return "*function*" if member.is_function else "*value*"


def _first_paragraph(member: Named) -> str:
    text = member.docstring.value if member.docstring else ""
    return " ".join(text.split("\n\n")[0].split())


def _docstring(member: Named) -> Iterator[str]:
    """The docstring as Markdown: its text, and a list for arguments, attributes and errors."""
    text = member.docstring.value if member.docstring else ""
    # The generator indents what follows the first paragraph.
    text = re.sub(
        r"^    Attributes:.*", lambda m: textwrap.dedent(m[0]), text, flags=re.MULTILINE | re.DOTALL
    )
    for section in griffe.Docstring(text).parse("google"):
        if isinstance(section, griffe.DocstringSectionText):
            yield _IN_THE_GUIDE.sub(_link, inspect.cleandoc(section.value))
        elif section.kind is griffe.DocstringSectionKind.examples:
            yield from _examples(section.value)
        elif section.kind.value in SECTIONS:
            entries = (f"- `{_typed(member, entry)}`: {_joined(entry)}" for entry in section.value)
            yield "\n".join((f"**{SECTIONS[section.kind.value]}**", "", *entries))


def link(page: Path) -> None:
    """Links the public classes in signatures and lists of arguments of the built page."""
    name = re.compile(rf"<[^>]*>|\b({'|'.join(_classes())})\b")

    def linked(found: re.Match[str]) -> str:
        return f'<a href="#{_classes()[found[1]]}">{found[1]}</a>' if found[1] else found[0]

    blocks = re.compile(
        r'<div class="no-copy highlight">.*?</div>|<li><code>[^<]*</code>', re.DOTALL
    )
    text = page.read_text("utf-8")
    page.write_text(blocks.sub(lambda block: name.sub(linked, block[0]), text), "utf-8")


def _link(named: re.Match[str]) -> str:
    return f"{named[1]} [{named[2]}]({named[2].lower()}.md)"


@cache
def _classes() -> dict[str, str]:
    """The place of each public class."""
    return {
        named.name: f"{module}.{named.name}"
        for name in filter(find_spec, MODULES)
        for module, named in _placed(_packages(), name)
        if target(named).is_class
    }


def _typed(member: Named, entry: griffe.DocstringElement) -> str:
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
