"""Writes the reference pages: for each edition of the contract one HTML file, with the contract.

A page is Redoc's, with everything it needs inside: it sends no request. Its content security
policy says so, and lets no script run but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from drs_sync_policy import codes, contract
from tools.documents import CONTRACT, as_yaml, parse_document
from tools.programs import node_environment, node_tool, run

FOLDER: Final = "reference"
SCRIPT_HASHES, UP = "__SCRIPT_HASHES__", "__ROOT__"
"""What `overrides/reference.hbs` leaves open: the scripts' hashes, the way up to the guide."""
# Redoc shows its makers' logo from their server; the name stays, the request does not.
LOGO = re.compile(r"https://cdn\.redoc\.ly/redoc/logo-mini(?:-full)?\.svg")
REDOCLY: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='44' height='14'%3E"
    "%3Ctext y='11' font-family='sans-serif' font-size='11' fill='%23757a85'%3ERedocly%3C/text%3E"
    "%3C/svg%3E"
)

_VARIABLES: Final = (
    "The samples read the URL of the server, the project id and the token from `DRS_URL`, "
    "`DRS_PROJECT_ID` and `DRS_TOKEN`. [A sandbox]({up}index.html#try-it-in-60-seconds) has "
    "values to try them with."
)


def write(site: Path) -> list[Path]:
    """Writes every edition's page below `site`; the paths of the pages, the base's first.

    The base is `reference/`, another edition `reference/NAME/`. Each has its contract as
    `openapi.yaml` next to it, the base's as its authors wrote it.
    """
    return [_write_edition(site, edition) for edition in contract.editions()]


def _write_edition(site: Path, edition: str) -> Path:
    base = edition == contract.BASE_EDITION
    folder = site / FOLDER if base else site / FOLDER / edition
    text = CONTRACT.read_text("utf-8") if base else as_yaml(contract.load(edition).document)
    return write_contract(folder, text, up="../" if base else "../../")


def write_contract(folder: Path, text: str, *, up: str) -> Path:
    """Writes a contract as `openapi.yaml` into a folder, and its page; the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    document, target = folder / CONTRACT.name, folder / "index.html"
    document.write_text(text, "utf-8")
    target.write_text(page(document, up=up), "utf-8")
    return target


def page(document: Path = CONTRACT, *, up: str = "../") -> str:
    """The reference page of a contract as HTML that needs nothing but itself."""
    with tempfile.TemporaryDirectory() as folder:
        target, linked = Path(folder) / "index.html", Path(folder) / document.name
        linked.write_text(_linked(document, up), "utf-8")
        run([
            node_tool("redocly"), "build-docs", str(linked), "--inlineBundle",
            "--config", "overrides/redocly.yaml", "--output", str(target),
        ], env=node_environment())  # fmt: skip
        if not target.is_file():
            raise SystemExit(f"Redocly wrote no page of {document}")
        html = target.read_text("utf-8")
    html, logos = LOGO.subn(REDOCLY, html)
    if logos != 2:
        raise SystemExit(f"Redoc's page names its logo {logos} times instead of 2: see {__file__}")
    html = html.replace(UP, up)
    return html.replace(SCRIPT_HASHES, " ".join(script_hashes(html)), 1)


def _linked(document: Path, up: str) -> str:
    """The contract as the page shows it: with rules below each operation, and codes as links."""
    text = document.read_text("utf-8")
    known = {row.code for row in codes.all_codes()}

    def link(quoted: re.Match[str]) -> str:
        code = quoted[1]
        return f"[{quoted[0]}]({up}errors.html#{code})" if code in known else quoted[0]

    loaded = contract.Contract(parse_document(re.sub(r"`([A-Z]+\.[A-Z]?\d+)`", link, text)))
    whole = dict(loaded.document)
    for operation in loaded.operations:
        shown = whole["paths"][operation.path][operation.method.lower()]
        # Redoc folds the operations of a tag; without tags all are open.
        shown.pop("tags", None)
        ids = {*operation.shared_rules, *(rule.id for rule in operation.rules)}
        held = (rule for rule in loaded.rules if rule.id in ids)
        if shown.get("x-optional"):
            shown["summary"] += " (optional)"
        shown["description"] += _rules(held, up)
    whole.pop("tags", None)
    whole["info"]["description"] += f"\n\n{_VARIABLES.format(up=up)}\n"
    # Redoc hides the fields of such an object behind "case 1"; its description has the condition.
    for schema in whole["components"]["schemas"].values():
        for condition in ("if", "then", "else"):
            schema.pop(condition, None)
    return as_yaml(whole, width=10_000)


def _rules(rules: Iterable[contract.Rule], up: str) -> str:
    """The rules of an operation below its description, folded: the request comes first."""
    items = "".join(
        f"\n- [`{rule.id}`]({up}rules.html#{rule.id}): {' '.join(rule.statement.split())}"
        for rule in rules
    )
    return f"\n\n<details>\n<summary>Rules of this operation</summary>\n{items}\n\n</details>\n"


def script_hashes(html: str) -> list[str]:
    """The sources by which a content security policy lets the scripts in `html` run."""
    scripts = re.findall(r"<script\b[^>]*>(.*?)</script>", html, re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
