"""YAML, with the line and column of each value."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from attrs import define, field

from drs_sync_policy.cli.input.places import (
    MOST_NESTED,
    Path,
    Place,
    Placed,
    PlacedProblem,
    UnreadableError,
    is_number,
)
from drs_sync_policy.cli.input.yaml_errors import place_of, slip

_SPARE_VALUES: Final = 10_000
"""A document has at most this many values more than characters: without aliases each value takes a
character, and with them a few lines could make more than fit into memory."""


def read_yaml(text: str) -> Placed:
    """`text` as one YAML document of plain values; `UnreadableError` if it is none."""
    import yaml

    placed = Placed()
    loader: Any = None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        walk = _YamlWalk(loader, placed, len(text) + _SPARE_VALUES)
        placed.value = walk.value(node, (), ())
    except yaml.MarkedYAMLError as error:
        opened = loader.marks[-1] if loader is not None and loader.marks else None
        place, said = slip(error, text.splitlines(), opened)
        raise UnreadableError(place.line, place.column, f"invalid YAML: {said}") from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        said = (
            f"invalid YAML: the character {text[error.position]!a} is not allowed here; write it"
            " as an"
            " escape in double quotes"
        )
        raise UnreadableError(line, column, said) from None
    except RecursionError:
        place = _too_deep(text)
        raise UnreadableError(place.line, place.column, "this value is nested too deeply") from None
    return placed


def _too_deep(text: str) -> Place:
    """Where the document gets deeper than any may be."""
    import yaml

    depth = 0
    for event in yaml.parse(text):
        depth += isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent))
        depth -= isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent))
        if depth > MOST_NESTED:
            return place_of(event.start_mark)
    return Place(1, 1)


_MERGE: Final = "tag:yaml.org,2002:merge"
_ENDLESS: Final = "this value is nested too deeply, or endless because of an alias"


@define
class _YamlWalk:
    """Goes through the nodes of a document and writes down values and places."""

    loader: Any
    placed: Placed
    most: int
    _entries: dict[Any, dict[str, Any]] = field(factory=dict[Any, dict[str, Any]])
    _merged: int = 0

    def value(self, node: Any, path: Path, around: tuple[Any, ...]) -> Any:
        if node is None:
            return None
        place = place_of(node.start_mark)
        self.placed.places[path] = place
        if node in around or len(path) > MOST_NESTED or len(self.placed.places) > self.most:
            _refuse(node, _ENDLESS)
        inside = (*around, node)
        if node.id == "sequence":
            return [self.value(n, (*path, i), inside) for i, n in enumerate(node.value)]
        if node.id == "mapping":
            children = self._mapping(node, around)
            return {key: self.value(n, (*path, key), inside) for key, n in children.items()}
        value = self._scalar(node)
        if not isinstance(value, str):
            self.placed.written[path] = node.value
        return value

    def _scalar(self, node: Any) -> Any:
        import yaml

        try:
            value = self.loader.construct_object(node)
        except yaml.YAMLError:
            raise
        except (ValueError, OverflowError, LookupError, AttributeError):
            # What looks like a date or a number and is none, such as 2024-13-45.
            _refuse(
                node,
                f"YAML reads {_short(node.value)} as a date or a number, but it is not a valid one;"
                " if it is a text, put it in quotes",
            )
        if isinstance(value, (int, float)) and not is_number(value):
            _refuse(
                node,
                f"the number {_short(node.value)} cannot be sent, because JSON does not have it; if"
                " it is a text, put it in quotes",
            )
        return value

    def _mapping(self, node: Any, around: tuple[Any, ...]) -> dict[str, Any]:
        """The node of each key: the mapping's own, and those that it merges and does not have."""
        if node in around:
            _refuse(node, _ENDLESS)
        if node in self._entries:
            return self._entries[node]
        own: dict[str, Any] = {}
        merged: list[Any] = []
        for key_node, child in node.value:
            if key_node.tag == _MERGE:
                merged += child.value if child.id == "sequence" else [child]
                continue
            if key_node.id != "scalar":
                _refuse(key_node, "a key must be a text")
            self._scalar(key_node)
            if key_node.value in own:
                said = f"`{key_node.value}` appears twice in this mapping"
                self.placed.problems.append(PlacedProblem(place_of(key_node.start_mark), said))
            own[key_node.value] = child
        found: dict[str, Any] = {}
        for source in reversed(merged):  # Of two that are merged the first wins.
            if source.id != "mapping":
                _refuse(source, "the key `<<` needs a mapping as its value")
            found |= self._mapping(source, (*around, node))
            self._merged += len(found)
            if self._merged > self.most:
                _refuse(node, _ENDLESS)
        found |= own
        self._entries[node] = found
        return found


def _refuse(node: Any, message: str) -> NoReturn:
    place = place_of(node.start_mark)
    raise UnreadableError(place.line, place.column, message)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
