"""What the fuzzer finds on servers that others' tools make from the contract.

    python -m bench wild [-- --budget 30 --only connexion --write]

It installs connexion, fastapi-code-generator and openapi-backend into `build/wild/`, from locks of
their own; Prism is among the npm tools. The mocks respond with the contract's examples. The handler
of the others is the least that there can be: every item of a valid request succeeds.

Connexion and openapi-backend read OpenAPI 3.0 only. They get the contract without what 3.0 lacks.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from bench.measure import where_and_when
from bench.sandboxes import prism, server
from drs_sync_policy import contract
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.report.describe import describe
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.verdict import Verdict
from drs_sync_policy.sandbox.seed import TENANTS
from tools.documents import CONTRACT, ROOT
from tools.programs import node_environment, program

HERE: Final = ROOT / "bench" / "wild_servers"
INSTALLED: Final = ROOT / "build" / "wild"
PYTHON: Final = str(INSTALLED / "venv" / "bin" / "python")
PAGE: Final = ROOT / "docs" / "in-the-wild.md"
BEGIN: Final = (
    "<!-- Up to the next comment, `python -m bench wild -- --write` writes this page. -->"
)
END: Final = "<!-- That is the end of it. -->"
STATUSES: Final = ("passed", "failed", "not checked")
HEAD: Final = (
    "| Server | Rules passed | Rules failed | Rules not checked | Findings |",
    "|---|---:|---:|---:|---:|",
)
_NOT_IN_3_0: Final = frozenset({"if", "then", "else", "unevaluatedProperties"})
_VERSIONS: Final = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"


def main() -> int:
    """Run the fuzzer on each server, and print a table for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--budget", type=float, default=30.0)
    parser.add_argument("--only", help="one of the servers")
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.relative_to(ROOT)}")
    chosen = parser.parse_args()
    _install()
    summary = [f"{where_and_when()}; {chosen.budget:g} s each.", "", *HEAD]
    sections: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        older = Path(folder) / "openapi-3.0.yaml"
        older.write_text(yaml.safe_dump(as_3_0(contract.load().document)), "utf-8")
        for name, command in _commands(older).items():
            if chosen.only in (None, name):
                with server(*command, env={"DRS_TOKEN": TENANTS[0].token}) as served:
                    verdict = _checked(served.url, chosen.budget)
                title = f"{name} {_version(name)}"
                summary.append(_row(title, verdict))
                sections += _section(title, verdict)
    results = "\n".join([*summary, *sections])
    print(results)
    if chosen.write:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n\n{results}\n\n{END}{after}", "utf-8")
    return 0


def as_3_0(node: Any) -> Any:
    """The document without what OpenAPI 3.0 lacks."""
    if isinstance(node, list):
        return [as_3_0(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: as_3_0(value)
        for key, value in node.items()
        if key not in _NOT_IN_3_0 and not (key == "examples" and isinstance(value, list))
    }
    if isinstance(kept.get("type"), list):
        first, *others = (entry for entry in kept["type"] if entry != "null")
        kept |= {"type": first} if not others else {}
        kept["nullable"] = "null" in node["type"]
    if "openapi" in kept:
        kept["openapi"] = "3.0.3"
        kept["info"].pop("summary", None)
        kept["info"]["license"].pop("identifier", None)
    return kept


def _install() -> None:
    uv = program("uv")
    if not Path(PYTHON).exists():
        subprocess.run([uv, "venv", "--quiet", str(INSTALLED / "venv")], check=True)
    lock = str(ROOT / "requirements" / "wild.txt")
    install = [uv, "pip", "install", "--quiet", "--python", PYTHON, "--require-hashes", "-r", lock]
    subprocess.run(install, check=True)
    install_npm()


def install_npm() -> Path:
    """The folder with the npm packages of the lock, which this installs."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc", "on_openapi_backend.mjs"):
        shutil.copyfile(HERE / name, INSTALLED / name)
    npm = ["npm", "ci", "--loglevel=error"]
    subprocess.run(npm, cwd=INSTALLED, env=node_environment(), check=True, capture_output=True)
    return INSTALLED / "node_modules"


def _commands(older: Path) -> dict[str, Sequence[str]]:
    """What starts each server; the port is appended."""
    return {
        "prism": prism(),
        "openapi-backend": [program("node"), str(INSTALLED / "on_openapi_backend.mjs"), str(older)],
        "connexion": [PYTHON, str(HERE / "on_connexion.py"), str(older)],
        "fastapi-code-generator": [PYTHON, str(HERE / "on_fastapi.py"), str(CONTRACT)],
    }


def _version(name: str) -> str:
    if name in ("prism", "openapi-backend"):
        folder = ROOT / "tools/node_modules/@stoplight/prism-cli"
        folder = folder if name == "prism" else INSTALLED / "node_modules" / name
        return str(yaml.safe_load((folder / "package.json").read_text("utf-8"))["version"])
    asked = [PYTHON, "-c", _VERSIONS, name]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def _checked(url: str, budget: float) -> Verdict:
    first = TENANTS[0]
    target = {"url": url, "token": first.token, "project_id": first.project_id}
    # One job, the one of the contract's example: a mock knows no other.
    document: dict[str, Any] = {"target": {**target, "job_ids": [first.job_ids[0]]}}
    return run(profile.parse(document), seed=1, budget=budget)


def _row(title: str, verdict: Verdict) -> str:
    """The numbers of a server, with a link to its findings."""
    report = describe(verdict)
    place = re.sub(r"[^\w -]", "", title).replace(" ", "-")
    numbers = [len(report.with_status(status)) for status in STATUSES]
    cells = [f"[{title}](#{place})", *numbers, len(report.findings)]
    return f"| {' | '.join(map(str, cells))} |"


def _section(title: str, verdict: Verdict) -> Iterator[str]:
    """A heading, the number of requests, and a row for each finding."""
    report = describe(verdict)
    yield f"\n## {title}\n"
    yield f"The fuzzer sent {verdict.ledger.requests} requests.\n"
    yield "| Rule | Finding |\n|---|---|"
    for finding in report.findings:
        cause = " ".join(finding.cause.split()).replace("|", "\\|")
        yield f"| [`{finding.rule.id}`](rules.md#{finding.rule.id}) | {cause} |"


if __name__ == "__main__":
    os.environ.setdefault("NO_COLOR", "1")
    sys.exit(main())
