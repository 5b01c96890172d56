"""The verb `contract`: print the contract, its rules, or the error codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import attrs
import click

from drs_sync_policy import codes, contract
from drs_sync_policy.cli.choice import Choice, edition_option, output_option
from drs_sync_policy.cli.output.prose import beside, width


@click.command(short_help="Print the contract, its rules or the error codes.")
@click.argument(
    "what", type=Choice(["document", "rules", "codes"]), default="document", required=False
)
@edition_option("The edition of the contract.")
@output_option(("text", "json"), "Plain text or JSON.")
def command(what: str, edition: str, output: str) -> None:
    """Print the contract (the default), its rules, or the vendor's error codes.

    With --output text, the document of the base edition is printed as it was written, in YAML. The
    document of any other edition is always JSON.
    """
    loaded = contract.load(edition)
    click.echo(_PRINTERS[what](loaded, output == "json"), nl=False)


def _document(loaded: contract.Contract, as_json: bool) -> str:
    if as_json or loaded.edition != contract.BASE_EDITION:
        return json.dumps(loaded.document, ensure_ascii=False, indent=2) + "\n"
    return contract.source()


def _rules(loaded: contract.Contract, as_json: bool) -> str:
    if as_json:
        rules = [attrs.asdict(rule) for rule in loaded.rules]
        return json.dumps(rules, ensure_ascii=False, indent=2) + "\n"
    longest = max(len(rule.id) for rule in loaded.rules)
    lines = (
        beside(f"{rule.id:{longest}}  {rule.origin:8}  ", rule.statement, width())
        for rule in loaded.rules
    )
    return "".join(f"{line}\n" for line in lines)


def _codes(_: contract.Contract, as_json: bool) -> str:
    rows = codes.all_codes()
    if as_json:
        return json.dumps([attrs.asdict(r) for r in rows], ensure_ascii=False, indent=2) + "\n"
    lines = (beside(f"{row.code:11} {row.status}  ", row.en, width()) for row in rows)
    return "".join(f"{line}\n" for line in lines)


_PRINTERS: Final[dict[str, Callable[[contract.Contract, bool], str]]] = {
    "document": _document,
    "rules": _rules,
    "codes": _codes,
}
