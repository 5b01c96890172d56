"""What the linters find in the contract and in its editions: each defect once, with its line.

python -m tools.lint_contract              openapi.yaml and the editions made from it
python -m tools.lint_contract FILE ...     these files instead

Redocly (`recommended-strict` and our own rules, `overrides/redocly.yaml`), then Spectral
(`spectral:oas`, `overrides/spectral.yaml`). Of one place the most exact message is shown: our own,
else Redocly's, else Spectral's. Examples that became invalid and components that nothing uses are
shown only if there is no other defect, because they often follow from one. An edition shows only
what the base does not have.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from attrs import frozen

from drs_sync_policy.anyjson import pointer, tokens
from tools.documents import CONTRACT, ROOT, read_document
from tools.editions import write_editions
from tools.programs import node_environment, node_tool

EXAMPLES: Final = ROOT / "overrides" / "lint" / "examples.yaml"
"""For the rules of Redocly and Spectral, which show none: what to write."""
OURS: Final = "overrides/redocly.yaml"
"""The configuration of Redocly, with our rules."""
_OURS, _REDOCLY, _SPECTRAL = range(3)
_MAY_FOLLOW: Final = {
    "no-invalid-media-type-examples", "no-invalid-schema-examples", "no-invalid-parameter-examples",
    "no-unused-components", "oas3-valid-media-example", "oas3-valid-schema-example",
    "oas3-unused-component",
}  # fmt: skip
"""What another defect often causes; shown only if there is no other."""


@frozen(order=True)
class Problem:
    """One defect: the rule that found it, the place, the cause with an example."""

    place: str
    rank: int
    rule: str
    message: str


def redocly(*arguments: str, config: str = OURS) -> list[str]:
    """The command that lints by Redocly's rules and ours."""
    return [node_tool("redocly"), "lint", "--config", config, "--format", "json", *arguments]


def spectral(*arguments: str) -> list[str]:
    """The command that lints by Spectral's rules."""
    options = ("--ruleset", "overrides/spectral.yaml", "--format", "json", "--quiet")
    return [node_tool("spectral"), "lint", *options, *arguments]


def found(contracts: Sequence[Path]) -> dict[Path, list[Problem]]:
    """The defects of each contract. Both linters always run, so that one run shows everything."""
    files = [str(contract) for contract in contracts]
    everything: dict[Path, list[Problem]] = {path.resolve(): [] for path in contracts}
    with ThreadPoolExecutor() as pool:
        for seen in pool.map(lambda by: list(by(files)), (by_redocly, by_spectral)):
            for path, problem in seen:
                everything[path].append(problem)
    return {path: _each_once(everything[path.resolve()]) for path in contracts}


def by_redocly(files: Iterable[str], *, config: str = OURS) -> Iterator[tuple[Path, Problem]]:
    """What Redocly and our rules find, or Redocly with another configuration."""
    for report in _documents(_output(redocly(*files, config=config))):
        for problem in report["problems"]:
            location = problem["location"][0]
            rule = str(problem["ruleId"])
            rank = _OURS if rule.startswith("drs/") else _REDOCLY
            place = str(location["pointer"]).removeprefix("#")
            message = str(problem["message"])
            path = (ROOT / location["source"]["ref"]).resolve()
            yield (
                path,
                Problem(place, rank, rule, message if rank == _OURS else _shown(message, rule)),
            )


def by_spectral(files: Iterable[str]) -> Iterator[tuple[Path, Problem]]:
    """What Spectral finds."""
    for problem in json.loads(_output(spectral(*files)) or "[]"):
        rule = str(problem["code"])
        message = _shown(str(problem["message"]), rule)
        place = pointer(problem["path"])
        yield Path(problem["source"]).resolve(), Problem(place, _SPECTRAL, rule, message)


@cache
def _examples() -> dict[str, str]:
    return read_document(EXAMPLES)


def _shown(message: str, rule: str) -> str:
    example = _examples().get(rule, "")
    lines = [f"    {line}" for line in str(example).splitlines()]
    return "\n".join([message, "For example:", *lines]) if lines else message


def _each_once(problems: list[Problem]) -> list[Problem]:
    """Without what a more exact linter reports at the same place, around it or within it."""
    kept: list[Problem] = []
    causes = {problem for problem in problems if problem.rule not in _MAY_FOLLOW}
    shown = causes or set(problems)
    for problem in sorted(shown, key=lambda problem: (problem.rank, problem.place)):
        exact = (other for other in kept if other.rank < problem.rank or problem.rank != _OURS)
        if not any(_overlap(problem.place, other.place) for other in exact):
            kept.append(problem)
    return sorted(kept)


def _overlap(one: str, two: str) -> bool:
    return f"{one}/".startswith(f"{two}/") or f"{two}/".startswith(f"{one}/")


def _output(command: list[str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=node_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1) or (done.returncode and not done.stdout.strip()):
        raise SystemExit(f"`{Path(command[0]).name}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _documents(text: str) -> Iterator[dict[str, Any]]:
    """Redocly writes one JSON document for each file, one after the other."""
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        document, end = decoder.raw_decode(text)
        yield document
        text = text[end:]


class Lines:
    """Finds the lines of a YAML or JSON document; one that cannot be parsed has none."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open(encoding="utf-8") as stream:
                self._root: Any = yaml.compose(stream, yaml.CSafeLoader)
        except yaml.YAMLError:
            self._root = None

    def line(self, pointer: str) -> int:
        """The line, from 1, of the key or item that `pointer` leads to, or of what has it."""
        node, line = self._root, 1
        for token in tokens(pointer):
            if isinstance(node, yaml.MappingNode):
                found = [(key, value) for key, value in node.value if key.value == token]
                if not found:
                    break
                key, node = found[-1]
                line = key.start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode) and int(token) < len(node.value):
                node = node.value[int(token)]
                line = node.start_mark.line + 1
            else:
                break
        return line


def report(contract: Path, problems: Iterable[Problem], *, name: str = "") -> str:
    """The problems as text: where, by which rule, the cause, and an example."""
    lines = Lines(contract)
    parts: list[str] = []
    for problem in problems:
        where = (
            f"edition {name}, {problem.place}"
            if name
            else f"{contract.name}:{lines.line(problem.place)}"
        )
        message = re.sub(r"\n", "\n    ", problem.message.strip())
        parts.append(f"{where}: {problem.rule}\n    {message}\n")
    return "\n".join(parts)


def lint(*contracts: Path) -> int:
    """0 where no linter objects to any of `contracts`, else 1; prints what they find."""
    everything = found(contracts)
    for contract, problems in everything.items():
        if problems:
            print(report(contract, problems))
    return _close(sum(map(len, everything.values())))


def lint_all() -> int:
    """The same for the contract and its editions; what the base has is shown once."""
    with tempfile.TemporaryDirectory() as folder:
        editions = write_editions(Path(folder))
        everything = found([CONTRACT, *editions])
        base = everything[CONTRACT]
        print(report(CONTRACT, base), end="")
        count = len(base)
        for edition in editions:
            own = [problem for problem in everything[edition] if problem not in base]
            print(report(edition, own, name=edition.stem), end="")
            count += len(own)
    return _close(count)


def _close(count: int) -> int:
    print(f"{count} defect{'' if count == 1 else 's'}" if count else "The linters find no defect.")
    return int(count > 0)


def main() -> int:
    parser = argparse.ArgumentParser(description="Lints the contract and its editions.")
    parser.add_argument("file", nargs="*", type=Path, help="lint these instead")
    chosen: list[Path] = [path.resolve() for path in parser.parse_args().file]
    return lint(*chosen) if chosen else lint_all()


if __name__ == "__main__":
    sys.exit(main())
