"""The verb `contract`: print the contract, its rules, or the error codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs
import click

from drs_sync_policy import codes, contract
from drs_sync_policy.cli.choice import Choice, edition_option, output_option
from drs_sync_policy.cli.output.data import echo_json
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
    as_json, as_text = _FORMS[what]
    if output == "json" or (what == "document" and edition != contract.BASE_EDITION):
        echo_json(as_json(loaded))
    else:
        click.echo(as_text(loaded), nl=False)


def _rules(loaded: contract.Contract) -> str:
    longest = max(len(rule.id) for rule in loaded.rules)
    return "".join(
        beside(f"{rule.id:{longest}}  {rule.origin:8}  ", rule.statement, width()) + "\n"
        for rule in loaded.rules
    )


def _codes(_: contract.Contract) -> str:
    return "".join(
        beside(f"{row.code:11} {row.status}  ", row.en, width()) + "\n" for row in codes.all_codes()
    )


_Form = Callable[[contract.Contract], object]
_FORMS: Final[Mapping[str, tuple[_Form, Callable[[contract.Contract], str]]]] = {
    "document": (lambda loaded: loaded.document, lambda _: contract.source()),
    "rules": (lambda loaded: [attrs.asdict(rule) for rule in loaded.rules], _rules),
    "codes": (lambda _: [attrs.asdict(row) for row in codes.all_codes()], _codes),
}
"""What each prints: the value as JSON, and plain text."""
