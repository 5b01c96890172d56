"""Contract documents as they are written: YAML or JSON, no key twice."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TextIO

import yaml

from drs_sync_policy.anyjson import as_object, at, tokens, walk

ROOT: Final = Path(__file__).resolve().parent.parent
CONTRACT: Final = ROOT / "openapi.yaml"
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class _UniqueKeys(yaml.constructor.SafeConstructor):
    """Rejects a key written twice; YAML would silently take the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                mark = key_node.start_mark
                raise SystemExit(f"{mark.name}:{mark.line + 1}: the key `{key}` stands here twice")
            seen.add(key)
        return super().construct_mapping(node, deep)


class _Loader(_UniqueKeys, yaml.CSafeLoader):
    """Ten times as fast as the other, in C."""


class _ExplainingLoader(_UniqueKeys, yaml.SafeLoader):
    """Says better what is wrong."""


def read_document(path: Path) -> dict[str, Any]:
    """The document in `path`; ends naming file and line if it is not YAML or has a key twice."""
    with path.open(encoding="utf-8") as stream:
        try:
            return _read(stream)
        except yaml.MarkedYAMLError as error:
            raise SystemExit(_not_yaml(path, error)) from None


def _read(stream: TextIO) -> dict[str, Any]:
    document: dict[str, Any]
    try:
        # It is a safe loader.
        document = yaml.load(stream, _Loader)  # noqa: S506
    except yaml.YAMLError:
        stream.seek(0)
        # It is a safe loader.
        document = yaml.load(stream, _ExplainingLoader)  # noqa: S506
    return document


def _not_yaml(path: Path, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    place = f"{path.name}:{mark.line + 1}:{mark.column + 1}" if mark else path.name
    cause = ", ".join(str(part) for part in (error.problem, error.context) if part)
    return (
        f"{place}: this is not YAML: {cause}. Indent with spaces, by two for each level, and put a"
        " text that has `: ` or begins with a special character into quotes"
    )


def as_yaml(document: Mapping[str, Any], *, width: int = 100) -> str:
    """The document as YAML, its keys in their order."""
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=width)
    return text


def parse_document(text: str) -> dict[str, Any]:
    """The document that `text` is."""
    return _read(io.StringIO(text))


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The path and the method of each operation, and the operation."""
    for path, item in document.get("paths", {}).items():
        yield from ((path, method, item[method]) for method in METHODS if method in item)


def reached(document: Mapping[str, Any], *nodes: Any) -> set[str]:
    """The names of the component schemas that these nodes lead to, through others as well."""
    found: set[str] = set()
    seen: set[str] = set()
    todo = list(nodes)
    while todo:
        references = {str(as_object(node).get("$ref", "")) for _, node in walk(todo.pop())}
        for reference in references - seen - {""}:
            path = tokens(reference)
            if path[:2] == ["components", "schemas"] and len(path) == 3:
                found.add(path[2])
            todo.append(at(document, reference))
        seen |= references
    return found
