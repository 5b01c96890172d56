"""JSON of any shape, with types: the members and items of a value, and JSON pointers (RFC 6901).

A function returns an empty object, list or text if the value has another type, so that code that
reads a document nobody has validated needs neither casts nor suppressed warnings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

Object = dict[str, Any]
Array = list[Any]


def is_object(value: object) -> TypeGuard[Object]:
    """Whether the value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[Array]:
    """Whether the value is a JSON array."""
    return isinstance(value, list)


def as_object(value: object) -> Object:
    """The value if it is an object, else an empty object."""
    return value if is_object(value) else {}


def as_array(value: object) -> Array:
    """The value if it is an array, else an empty array."""
    return value if is_array(value) else []


def as_text(value: object) -> str:
    """The value if it is a string, else an empty string."""
    return value if isinstance(value, str) else ""


def objects(value: object) -> Iterator[Object]:
    """The items of an array that are objects."""
    return filter(is_object, as_array(value))


def children(value: object) -> Iterator[tuple[str | int, Any]]:
    """The members of an object by name, or the items of an array by index."""
    if is_object(value):
        yield from value.items()
    elif is_array(value):
        yield from enumerate(value)


def walk(
    value: object, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The value and everything in it, each with the path to it; a parent before its children."""
    yield path, value
    for step, child in children(value):
        yield from walk(child, (*path, step))


def unescape(token: str) -> str:
    """The name that a token of a JSON pointer stands for."""
    return token.replace("~1", "/").replace("~0", "~")


def tokens(pointer: str) -> list[str]:
    """The names and indices of a JSON pointer, with or without `#` before it."""
    return [unescape(token) for token in pointer.removeprefix("#").split("/")[1:]]


def pointer(path: Sequence[str | int]) -> str:
    """The JSON pointer of a path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def at(document: object, pointer: str) -> Any:
    """What a JSON pointer points to.

    Raises:
        KeyError: If an object has no such member.
        IndexError: If an array has no such item.
        ValueError: If the token for an array is not an index.
        TypeError: If the pointer leads into a value that has no members.
    """
    node: Any = document
    for token in tokens(pointer):
        node = node[int(token) if isinstance(node, list) else token]
    return node


def resolve(document: object, node: Mapping[str, Any]) -> Mapping[str, Any]:
    """`node`, or what it refers to in `document` if it is a `$ref`."""
    while isinstance(reference := node.get("$ref"), str):
        node = at(document, reference)
    return node
