"""Contract documents as they are written: YAML or JSON, no key twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parent.parent
CONTRACT: Final = ROOT / "openapi.yaml"


class UniqueKeyLoader(yaml.SafeLoader):
    """A YAML loader that rejects a key written twice; YAML would silently take the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                mark = key_node.start_mark
                raise SystemExit(f"{mark.name}:{mark.line + 1}: the key `{key}` stands here twice")
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_document(path: Path) -> dict[str, Any]:
    """The document in `path`; ends naming file and line where a key stands twice."""
    with path.open(encoding="utf-8") as stream:
        document: dict[str, Any] = yaml.load(stream, UniqueKeyLoader)  # noqa: S506
    return document


def parse_document(text: str) -> dict[str, Any]:
    """The document that `text` is."""
    document: dict[str, Any] = yaml.load(text, UniqueKeyLoader)  # noqa: S506
    return document
