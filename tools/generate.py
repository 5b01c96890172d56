"""Writes `generated/` and what else is derived, or checks that they are up to date.

python -m tools.generate            replace both packages, the sync modules, the completions and the
                                    rules and codes of docs/
python -m tools.generate --check    regenerate elsewhere and compare whole trees both ways

The output depends on the contract, on `overrides/` and on two pinned tools, and on nothing else:
no timestamp, no machine, no configuration of the user's.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drs_sync_policy.contract import Contract
from tools import completions, derive_sync, stand_ins
from tools.documents import CONTRACT, ROOT, operations, read_document
from tools.editions import client_contract, write_editions
from tools.programs import program
from tools.template_facts import (
    facts_as_jinja,
    named_classes,
    release,
    require_references,
    security_headers,
)

OVERRIDES = ROOT / "overrides"
GENERATED = ROOT / "generated"
CLIENT, DATA = "drs_sync_policy_api", "drs_sync_policy_contract"


_CLIENT_FACTS = '''"""What the client needs to know of the contract."""

from typing import Final

SERVERS: Final = {servers}
"""The servers that the contract names."""

EDITIONS: Final[dict[str, tuple[str, ...]]] = {editions}
"""The editions of the contract, the base first, each with its servers."""

AUTH_HEADER: Final = {auth_header}
"""The header that carries the token."""

USER_AGENT: Final = {user_agent}
"""The header `User-Agent`, with the version of this client and of the contract."""
'''

_ABOUT = '''"""The contract as data; see `openapi.yaml`."""

from typing import Final, Literal, get_args

VERSION: Final = "{version}"
"""`info.version` of every edition."""

SHA256: Final = {hashes}
"""The hash of each edition, as `drs_sync_policy.contract.Contract.sha256` computes it."""

RuleId = Literal[{rules}]
"""The id of a rule: an entry of `x-rules` in the base contract or an edition."""

RULE_IDS: Final[tuple[RuleId, ...]] = get_args(RuleId)
"""Every rule id, in the order of the contract."""
'''


def generate(into: Path) -> None:
    """Writes both packages into the folder `into`, which must not hold them yet."""
    write_client(into / CLIENT, templates=OVERRIDES / "templates")
    _write_data(into / DATA)


def write_client(
    package: Path, *, templates: Path | None, document: dict[str, Any] | None = None
) -> None:
    """Writes the client package: with these templates and `overrides/package/`, or stock.

    `document` is the contract to write it from, if it is not that of the working tree.
    """
    package.parent.mkdir(parents=True, exist_ok=True)
    if document is None:
        document = client_contract(read_document(CONTRACT))
    require_references(document)
    with tempfile.TemporaryDirectory() as folder:
        merged, custom = Path(folder) / "openapi.json", Path(folder) / "templates"
        merged.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        custom.mkdir()
        if templates is not None:
            shutil.copytree(templates, custom, dirs_exist_ok=True)
            (custom / "contract.jinja").write_text(facts_as_jinja(document), "utf-8")
        _run(
            "openapi-python-client", "generate", "--fail-on-warning", "--meta", "none",
            "--path", str(merged), "--config", str(OVERRIDES / "generator.yaml"),
            "--custom-template-path", str(custom), "--output-path", str(package),
        )  # fmt: skip
    _require_classes(document, package)
    (package / "py.typed").write_bytes(b"")
    if templates is not None:
        # In place of the generator's files: they depend on the runtime, and not on the contract.
        shutil.copytree(OVERRIDES / "package", package, dirs_exist_ok=True)
        (package / "contract.py").write_text(_client_facts(document), "utf-8")
    _format(package, select="I,UP,F401")


def _require_classes(document: dict[str, Any], package: Path) -> None:
    """Ends with the schemas that got no class: the generator drops silently what it cannot do."""
    tree = ast.parse((package / "models" / "__init__.py").read_text("utf-8"))
    written = {
        alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    lost = [name for name in named_classes(document) if name not in written]
    if lost:
        raise SystemExit(
            "\n".join(
                f"#/components/schemas/{name}: the generator writes no class for it, so that its"
                " users would get `Any`. Describe it as an object with `properties`, or as an enum"
                " of strings; `make lint-contract` names constructs that have no class"
                for name in lost
            )
        )


def _client_facts(document: dict[str, Any]) -> str:
    version = document["info"]["version"]
    headers = [*security_headers(document), "Authorization"]
    return _CLIENT_FACTS.format(
        servers=tuple(str(server["url"]) for server in document.get("servers", ())),
        editions={name: tuple(urls) for name, urls in document["x-editions"].items()},
        auth_header=json.dumps(headers[0]),
        user_agent=json.dumps(f"drs-sync-policy/{release()} (contract {version})"),
    )


def _write_data(package: Path) -> None:
    package.mkdir(parents=True)
    base = read_document(CONTRACT)
    (package / "openapi.yaml").write_bytes(CONTRACT.read_bytes())
    text = json.dumps(base, ensure_ascii=False, indent=1)
    (package / "base.json").write_text(text + "\n", encoding="utf-8")
    write_editions(package)
    documents = {path.stem: read_document(path) for path in sorted(package.glob("*.json"))}
    hashes = {name: Contract(document).sha256 for name, document in documents.items()}
    rules = dict.fromkeys(
        rule for document in (base, *documents.values()) for rule in _rule_ids(document)
    )
    (package / "py.typed").touch()
    (package / "__init__.py").write_text(
        _ABOUT.format(
            version=base["info"]["version"], hashes=hashes, rules=", ".join(map(json.dumps, rules))
        )
    )
    _format(package, select="I")


def _rule_ids(document: dict[str, Any]) -> Iterator[str]:
    for _, _, operation in operations(document):
        yield from (str(rule["id"]) for rule in operation.get("x-rules", ()))


def _format(package: Path, *, select: str) -> None:
    options = ("--isolated", "--no-cache", "--quiet", "--target-version", "py311")
    width = ("--line-length", "100")
    # What is selected is fixed or it fails: the code is formatted, its imports are those it uses.
    _run("ruff", "check", *options, *width, "--fix", "--select", select, str(package))
    _run("ruff", "format", *options, *width, str(package))


def _run(name: str, *arguments: str) -> None:
    # openapi-python-client reads no configuration but ours; the locale must not matter either.
    environment = {**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1"}
    command = [program(name), *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False
    )
    if done.returncode != 0:
        cause = _cause(done.stdout + done.stderr)
        raise SystemExit(
            f"`{name}` cannot write the client of this contract: {cause}"
            f"\n`make lint-contract` names the place in {CONTRACT.name}, and what to write there"
        )


def _cause(output: str) -> str:
    """What a program said; of a traceback only the error, which comes after its frame."""
    _, _, error = output.rpartition("╯") if "Traceback" in output else ("", "", output)
    return " ".join(error.split())


def replace() -> None:
    """Generates into a folder of its own first, so that a failure leaves them as they were."""
    GENERATED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=GENERATED, prefix=".new-") as fresh:
        generate(Path(fresh))
        for package in (CLIENT, DATA):
            shutil.rmtree(GENERATED / package, ignore_errors=True)
            (Path(fresh) / package).rename(GENERATED / package)


def drift(committed: Path, fresh: Path) -> Iterator[str]:
    """One line for each file that is edited, missing or stray in `committed`."""
    for name, diff in differences(committed, fresh, names=("committed", "regenerated")):
        if not (committed / name).exists():
            yield f"missing  {name}"
        elif not (fresh / name).exists():
            yield f"stray    {name}"
        else:
            yield "\n".join((f"edited   {name}", *(f"           {line}" for line in diff[:12])))


def differences(
    before: Path, after: Path, *, names: tuple[str, str]
) -> Iterator[tuple[str, list[str]]]:
    """Each file that differs, with the lines of a diff; a file may be on one side only."""
    ours, theirs = _tree(before), _tree(after)
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            texts = (tree.get(name, b"").decode("utf-8", "replace") for tree in (ours, theirs))
            one, other = (text.splitlines() for text in texts)
            was, now = (f"{side}/{name}" for side in names)
            yield name, [*difflib.unified_diff(one, other, was, now, lineterm="", n=1)]


def _tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def check() -> int:
    with tempfile.TemporaryDirectory() as fresh:
        generate(Path(fresh))
        lines = [*drift(GENERATED, Path(fresh)), *derive_sync.drift(), *stand_ins.drift()]
    # The command is loaded with generated/: with another one it has other options, or fails.
    lines = lines or list(completions.drift())
    if not lines:
        print(
            "generated/ is what openapi.yaml and overrides/ say, and what is derived is up to date"
        )
        return 0
    print("generated/ or a derived file differs from its sources:\n", file=sys.stderr)
    print("\n".join(lines), file=sys.stderr)
    print(
        "\nEdit openapi.yaml, overrides/ or the async_*.py instead, run `make generate` and commit"
        "\nwhat it writes.",
        file=sys.stderr,
    )
    return 1


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes or checks generated/.")
    parser.add_argument("--check", action="store_true", help="compare instead of replacing")
    parser.add_argument("--into", type=Path, help="write into this folder and touch nothing else")
    options = parser.parse_args()
    if options.check:
        return check()
    if options.into:
        generate(options.into)
    else:
        derive_sync.write()
        before = _tree(GENERATED)
        replace()
        completions.write()
        stand_ins.write()
        if _tree(GENERATED) != before:
            print(
                "generated/ is new: commit it with its cause. A sandbox that was running keeps the"
                " contract that it started with: restart it"
            )
            # By a process of its own: this one has loaded what `generated/` was before.
            subprocess.run([sys.executable, "-m", "tools.rule_parts"], cwd=ROOT, check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
