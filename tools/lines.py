"""The lines of a YAML or JSON document: where the node of a JSON pointer stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from drs_sync_policy.anyjson import tokens


class Lines:
    """Finds lines in one document; one that cannot be parsed has none."""

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
