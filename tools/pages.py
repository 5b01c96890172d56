"""Pages of the guide that are made from data: error codes, rules, the command, the Python API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

import click
from click.testing import CliRunner

from drs_sync_policy import codes, contract
from drs_sync_policy.cli.limits import limits
from drs_sync_policy.sandbox.faults import Fault, catalogue
from drs_sync_policy.sandbox.faults import groups as faults_by_group

ORIGINS: Final = {
    "page": "the vendor's page for this operation",
    "vendor": "other public material of the vendor",
    "decision": "a decision of this contract",
}
SEEN: Final = {
    "table": "",
    "wild": "Not in the vendor's tables; seen in responses.",
    "clients": "Not in the vendor's tables; known from the code of public clients.",
}
LIKELY: Final = (
    "DRS.M00201", "DRS.M00202", "DRS.M00261", "DRS.M00304", "DRS.M05003",
    "APIGW.0301", "APIGW.0302", "APIGW.0308", "DRS.M01503", "DRS.M00004",
)  # fmt: skip
"""The codes that a user of this API meets first."""


# --- error codes -------------------------------------------------------------------------------


def errors() -> str:
    """Every error code with both texts, what it means and what to do."""
    rows = codes.all_codes()
    parts = [
        "# Error codes",
        (
            "Look up what an error code means and what to do about it. Match on `error_code`, "
            "never on `error_msg`: the texts vary between editions and over time. A code may come "
            "with several HTTP statuses, and some statuses are unexpected: the service "
            "sends 403 for a wrong token and 401 for a missing permission."
        ),
        (
            "The English and Chinese texts are the vendor's, except where a translation is marked "
            "as ours. Meanings and remedies are ours. `%s` stands for a detail that the server "
            "fills in. In a terminal, `drs-sync-policy explain CODE` shows the same."
        ),
        "## The most likely codes",
        _table(("Code", "Status", "Text"), (_brief(row) for row in _likely(rows))),
        "## Codes of the service",
        *(_code(group) for group in _by_code(rows, "service")),
        "## Codes of the gateway",
        *(_code(group) for group in _by_code(rows, "gateway")),
    ]
    return "\n\n".join(parts) + "\n"


def _likely(rows: Iterable[codes.ErrorCode]) -> list[codes.ErrorCode]:
    return sorted((r for r in rows if r.code in LIKELY), key=lambda row: LIKELY.index(row.code))


def _brief(row: codes.ErrorCode) -> tuple[str, str, str]:
    return f"[{row.code}](#{anchor(row.code)})", str(row.status), row.en


def _by_code(rows: Iterable[codes.ErrorCode], issuer: str) -> Iterator[list[codes.ErrorCode]]:
    groups: dict[str, list[codes.ErrorCode]] = {}
    for row in rows:
        if row.issuer == issuer:
            groups.setdefault(row.code, []).append(row)
    yield from groups.values()


def _code(rows: list[codes.ErrorCode]) -> str:
    code = rows[0].code
    texts = ((str(row.status), row.en, f"{row.zh}{_ours(row)}") for row in rows)
    parts = [
        f"### {code} {{ #{anchor(code)} }}",
        _table(("Status", "English", "Chinese"), texts),
    ]
    for row in rows:
        case = f" (status {row.status}: {row.en})" if len(rows) > 1 else ""
        seen = f" {SEEN[row.seen]}" if row.seen != "table" else ""
        parts.append(f"**What it means{case}.** {row.meaning}{seen}")
        parts.append(f"**What to do.** {row.remedy}")
    return "\n\n".join(parts)


def _ours(row: codes.ErrorCode) -> str:
    return " *(our translation)*" if row.zh_by == "ours" else ""


# --- rules -------------------------------------------------------------------------------------


def rules(loaded: contract.Contract | None = None) -> str:
    """Every rule of the contract (the shipped base by default): its statement and its origin."""
    loaded = loaded or contract.load()
    parts = [
        "# Rules",
        (
            "A schema describes the form of a request and a response. What it cannot state is a "
            f"*rule*. `openapi.yaml` has {len(loaded.rules)} rules. The fuzzer has a check for "
            "each, and the sandbox at least one fault that violates it."
        ),
        "Each rule has an origin: " + "; ".join(f"`{k}`, {v}" for k, v in ORIGINS.items()) + ".",
        _table(
            ("Rule", "Operation", "Origin"),
            (
                (f"[{rule.id}](#{rule.id})", f"`{operation.id}`", f"`{rule.origin}`")
                for operation in loaded.operations
                for rule in operation.rules
            ),
        ),
        *(_rule(rule, catalogue(loaded)) for rule in loaded.rules),
    ]
    return "\n\n".join(parts) + "\n"


def _rule(rule: contract.Rule, known: Sequence[Fault]) -> str:
    origin = f"Origin: `{rule.origin}`, {ORIGINS[rule.origin]}. Source: {_linked(rule.source)}."
    broken_by = [
        f"[`{fault.name}`](faults.md#{fault.name})" for fault in known if fault.rule == rule.id
    ]
    parts = [f"## {rule.id} {{ #{rule.id} }}", rule.statement, origin]
    if broken_by:
        parts.append(f"Faults that violate it: {', '.join(broken_by)}.")
    return "\n\n".join(parts)


def _linked(source: str) -> str:
    """`source` with the number of each decision turned into a link to it."""

    def link(words: re.Match[str]) -> str:
        return re.sub(r"\d+", lambda n: f"[{n[0]}](decisions.md#decision-{n[0]})", words[0])

    return re.sub(r"\bdecisions? \d+(?:(?:, | and )\d+)*", link, source)


def numbered(decisions: str) -> str:
    """The page of decisions with an anchor of its own for each number."""
    return re.sub(r"^(## (\d+)\. .*)$", r"\1 { #decision-\2 }", decisions, flags=re.MULTILINE)


# --- faults ------------------------------------------------------------------------------------


def faults(loaded: contract.Contract | None = None) -> str:
    """Every fault, by group, of the sandbox of a contract (the shipped base by default)."""
    by_group = faults_by_group(loaded)
    number = sum(len(members) for members in by_group.values())
    parts = [
        "# Faults",
        (
            "A fault is a defect that the sandbox shows on demand. Use it to see how your code "
            "handles a server with defects, and what the fuzzer finds: `drs-sync-policy sandbox "
            f"--fault NAME`. There are {number} faults, and each violates one rule of the "
            "contract."
        ),
        "Some faults are derived from the contract, one for each field.",
    ]
    for group, members in by_group.items():
        parts.append(f"## {group.capitalize()}")
        parts += [_fault(fault) for fault in members]
    return "\n\n".join(parts) + "\n"


def _fault(fault: Fault) -> str:
    violates = f"Violates [{fault.rule}](rules.md#{fault.rule})."
    return f"### {fault.name} {{ #{fault.name} }}\n\n{fault.text}\n\n{violates}"


# --- fields ------------------------------------------------------------------------------------


def fields(editions: Sequence[contract.Contract] = ()) -> str:
    """Every parameter and field, with its type, its allowed values, and where it exists.

    `editions` are those of one contract, the base first; all that are shipped by default.
    """
    parts = [
        "# Fields",
        (
            "Every parameter and every field of requests and responses, as the contract describes "
            "it. The [reference](reference/index.html) shows them in their place, with examples."
        ),
    ]
    shown = editions or [contract.load(name) for name in contract.editions()]
    base = shown[0]
    known = {operation.id: operation.parameters for operation in base.operations}
    for loaded in shown:
        of = "" if loaded is base else f", in the edition `{loaded.edition}`"
        for operation in loaded.operations:
            if loaded is base or operation.parameters != known.get(operation.id):
                parts += _operation(loaded, operation, of=of)
        for name, schema in loaded.document["components"]["schemas"].items():
            fields = [
                _field(loaded, schema, field)
                for field in schema.get("properties", {})
                if loaded is base or _found(loaded, name, field) != _found(base, name, field)
            ]
            parts += [f"## {name}{of}", *fields] if fields else []
    return "\n\n".join(parts) + "\n"


def _operation(
    loaded: contract.Contract, operation: contract.Operation, *, of: str
) -> Iterator[str]:
    yield f"## {operation.id}{of}"
    yield f"`{operation.method} {operation.path}`: {operation.summary}."
    for parameter in operation.parameters:
        schema = loaded.resolve(parameter.schema)
        needed = "required" if parameter.required else "optional"
        kind = f"*{schema.get('type', 'value')}, {needed}, in the {parameter.location}*"
        yield "\n\n".join([f"### {parameter.name}", kind, parameter.description, *_values(schema)])


def _found(loaded: contract.Contract, schema: str, field: str) -> contract.Json | None:
    schemas = loaded.document["components"]["schemas"]
    found = schemas.get(schema, {}).get("properties", {}).get(field)
    return loaded.resolve(found) if found else None


def _field(loaded: contract.Contract, schema: contract.Json, name: str) -> str:
    field = loaded.resolve(schema["properties"][name])
    needed = "required" if name in schema.get("required", ()) else "optional"
    parts = [f"### {name}", f"*{field.get('type', 'value')}, {needed}*", field["description"]]
    return "\n\n".join([*parts, *_values(field)])


def _values(schema: contract.Json) -> Iterator[str]:
    described = schema.get("x-enumDescriptions", {})
    if bounds := ", ".join(limits(schema)):
        yield f"{bounds[0].upper()}{bounds[1:]}."
    if "pattern" in schema:
        ticks = "``" if "`" in schema["pattern"] else "`"
        yield f"Matches {ticks} {schema['pattern']} {ticks}."
    if "enum" in schema:
        yield "\n".join(f"- `{value}`: {described.get(value, '')}" for value in schema["enum"])


# --- the changelog -----------------------------------------------------------------------------


def changelog() -> str:
    """The changelog, with its links as they are on the site."""
    text = (Path(__file__).resolve().parent.parent / "CHANGELOG.md").read_text("utf-8")
    return re.sub(r"\]\(docs/", "](", text)


# --- the command -------------------------------------------------------------------------------


def command() -> str:
    """What `--help` prints, for the command and for each of its verbs."""
    main: click.Group = import_module("drs_sync_policy.cli").main
    parts = [
        "# Command reference",
        (
            "All verbs and options, as `--help` prints them. Exit codes: 0 done, 1 some jobs "
            "failed or a rule failed, 2 usage error, 3 credentials rejected, 4 a response outside "
            "the contract, 5 no connection, 6 nothing or too little could be checked, "
            "130 interrupted."
        ),
    ]
    for path in _verbs(main):
        title = " ".join(("drs-sync-policy", *path))
        parts.append(f"## {title}\n\n```text\n{_help(main, path)}\n```")
    return "\n\n".join(parts) + "\n"


def _verbs(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    context = click.Context(group)
    for name in group.list_commands(context):
        verb = group.get_command(context, name)
        if isinstance(verb, click.Group):
            yield from _verbs(verb, (*path, name))
        elif verb is not None and not verb.hidden:
            yield (*path, name)


def _help(main: click.Group, path: tuple[str, ...]) -> str:
    arguments = [*path, "--help"]
    done = CliRunner().invoke(main, arguments, prog_name="drs-sync-policy", terminal_width=88)
    if done.exit_code != 0:
        raise SystemExit(f"`drs-sync-policy {' '.join(arguments)}` failed: {done.output}")
    return done.output.rstrip()


# --- Markdown ----------------------------------------------------------------------------------


def anchor(code: str) -> str:
    """The id of a code's heading, which other pages and messages link to."""
    return code.lower().replace(".", "-")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
