"""What a shell completes, looked up in a table: no verb and no library is imported.

`make generate` writes `completions.json` from the options of the verbs, and `make check-generated`
compares it with them. Only the names of profiles are looked up.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

from click.shell_completion import split_arg_string

from drs_sync_policy.cli import ASKED
from drs_sync_policy.client.profiles_file import profiles_file

PREFIXES: Final = ("DRS.", "APIGW.")
"""What may be left out of an error code."""

_Offer = tuple[str, str, str]
"""A kind (`plain`, `file` or `dir`), a value, and its help."""
_Table = Mapping[str, Any]


def completions(environment: Mapping[str, str]) -> str | None:
    """The completions, in the form of click's scripts; None if it asks for something else.

    The shell gives the words in `COMP_WORDS`, and in `COMP_CWORD` which of them is completed
    (bash, zsh) or that word itself (fish).
    """
    shell, _, instruction = environment.get(ASKED, "").partition("_")
    if instruction != "complete" or shell not in _FORMS:
        return None
    words = split_arg_string(environment.get("COMP_WORDS", ""))
    current = environment.get("COMP_CWORD", "")
    if shell == "fish":
        typed = (split_arg_string(current) or [""])[0]
        before = words[1:-1] if current and words[-1:] == [typed] else words[1:]
    else:
        number = int(current) if current.isdecimal() else len(words)
        typed = words[number] if number < len(words) else ""
        before = words[1:number]
    if typed.startswith("--") and "=" in typed:  # zsh and fish have it as one word, bash as three
        option, _, typed = typed.partition("=")
        before.append(option)
    before = [word for word in before if word != "="]
    offers = _offers(before, "" if typed == "=" else typed)
    return "".join(_FORMS[shell].format(*offer) + "\n" for offer in offers)


_FORMS: Final = {"bash": "{0},{1}", "zsh": "{0}\n{1}\n{2}", "fish": "{0},{1}\t{2}"}


def _offers(before: Sequence[str], typed: str) -> Iterator[_Offer]:
    path = files("drs_sync_policy.cli").joinpath("completions.json")
    level: _Table = json.loads(path.read_text("utf-8"))
    options: Mapping[str, _Table] = level["options"]
    place, waiting = 0, None
    for word in before:
        if waiting is not None:
            waiting = None
        elif word in options:
            waiting = options[word] if options[word]["takes"] else None
        elif "verbs" in level:
            if word not in level["verbs"]:
                return
            level = level["verbs"][word]
            options = level["options"]
        elif not word.startswith("-"):
            place += 1
    if waiting is not None:
        yield from _values(waiting, typed)
    elif typed.startswith("-"):
        for name, option in options.items():
            if name.startswith(typed) and (name not in before or option["often"]):
                yield "plain", name, option["help"]
    elif "verbs" in level:
        for name, verb in level["verbs"].items():
            if name.startswith(typed):
                yield "plain", name, verb["help"]
    else:
        arguments = level["arguments"]
        if place < len(arguments) or (arguments and arguments[-1]["often"]):
            yield from _values(arguments[min(place, len(arguments) - 1)], typed)


def _values(parameter: _Table, typed: str) -> Iterator[_Offer]:
    """Values that begin like what is typed, in any case; a file is the shell's own to complete."""
    match parameter["kind"]:
        case "file" | "dir" as kind:
            yield kind, typed, "_"
            return
        case "profile":
            values: Sequence[str] = list(_profiles())
        case _:
            values = parameter["values"]
    begins = tuple(f"{prefix}{typed}".lower() for prefix in ("", *PREFIXES))
    for value in values:
        if value.lower().startswith(begins):
            yield "plain", value, "_"


def _profiles() -> Iterator[str]:
    """The names of profiles; none if their file cannot be read."""
    try:
        tables = tomllib.loads(profiles_file(os.environ).read_text("utf-8"))
    except (OSError, ValueError, RuntimeError):
        return
    yield from (name for name, table in tables.items() if isinstance(table, dict))
