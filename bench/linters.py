"""What Redocly and Spectral find by themselves, next to the linters and the gate of this project.

`make bench BENCH=linters` prints the table of docs/contract-author.md. The defects, the harmless
styles and the edits are those of `tests/build/`. "By itself" is each tool with its own strictest
rules: `recommended-strict` of Redocly, `spectral:oas` of Spectral. Spectral compares no documents.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import click

from tools.diff import redocly as redocly_diff
from tools.diff.compare import compare
from tools.documents import ROOT, read_document
from tools.lint_contract import by_redocly, by_spectral, found
from tools.overlay import apply

DATA: Final = ROOT / "tests" / "build"
_IMPACTS: Final = {"major": "breaking", "minor": "compatible", "patch": "cosmetic"}

Documents = Mapping[str, Path]


def _written(folder: Path, documents: Mapping[str, Any]) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    for number, (name, document) in enumerate(documents.items()):
        paths[name] = folder / f"{number}.json"
        paths[name].write_text(json.dumps(document), encoding="utf-8")
    return paths


def lint_counts(documents: Documents) -> tuple[int, int, int]:
    """How many documents ours, Redocly by itself and Spectral by itself reject."""
    ours = sum(bool(problems) for problems in found([*documents.values()]).values())
    files = [str(path) for path in documents.values()]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "redocly.yaml"
        config.write_text("extends:\n  - recommended-strict\n")
        redocly = {path for path, _ in by_redocly(files, config=str(config))}
    return ours, len(redocly), len({path for path, _ in by_spectral(files)})


def edit_counts(edits: Iterable[tuple[Any, Any, str]]) -> tuple[int, int]:
    """For how many edits ours and Redocly by itself have the right verdict."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(_verdicts, edits))
    return sum(ours for ours, _ in both), sum(redocly for _, redocly in both)


def _verdicts(edit: tuple[Any, Any, str]) -> tuple[bool, bool]:
    before, after, verdict = edit
    changes = compare(before, after)
    impacts = {entry["impact"] for entry in redocly_diff.entries(before, after)}
    alone = next((_IMPACTS[impact] for impact in _IMPACTS if impact in impacts), "none")
    return (changes[0].level.name.lower() if changes else "none") == verdict, alone == verdict


def _edits(before: Any) -> Iterable[tuple[Any, Any, str]]:
    for path in sorted((DATA / "edits").glob("*.yaml")):
        overlay = read_document(path)
        yield before, apply(before, overlay, name=path.name), overlay["x-expect"]["verdict"]
    for edit in read_document(DATA / "harder_edits.yaml")["edits"]:
        info = {"overlay": "1.0.0", "info": {"title": "an edit", "version": "1.0.0"}}
        base = before
        if "before" in edit:
            base = apply(before, {**info, "actions": edit["before"]}, name="an edit")
        yield (
            base,
            apply(base, {**info, "actions": edit["actions"]}, name="an edit"),
            edit["verdict"],
        )


@click.command()
def main() -> None:
    """Counts, and prints a table in Markdown."""
    before = read_document(DATA / "before.yaml")
    defects = {path.stem: read_document(path) for path in sorted((DATA / "lint").glob("*.yaml"))}
    styles = {
        style["info"]["title"]: style for style in read_document(DATA / "styles.yaml")["styles"]
    }
    print("| | this project | Redocly by itself | Spectral by itself |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, overlays in (("defects found", defects), ("correct contracts that pass", styles)):
            documents = {key: apply(before, each, name=key) for key, each in overlays.items()}
            counts = lint_counts(_written(Path(folder), documents))
            total = len(documents)
            shown = counts if name.startswith("defects") else tuple(total - each for each in counts)
            print(f"| {name}, of {total} | " + " | ".join(map(str, shown)) + " |")
    edits = list(_edits(before))
    ours, redocly = edit_counts(edits)
    print(
        f"| edits with the right verdict, of {len(edits)} | {ours} | {redocly} | compares nothing |"
    )


if __name__ == "__main__":
    main()
