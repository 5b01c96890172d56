"""Which operation of the contract a request names: by the segments of its path, then its method."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from attrs import frozen

from drs_sync_policy.sandbox import rejection

_PARAMETER: Final = re.compile(r"\{([^{}]+)\}")

Target = TypeVar("Target")


@frozen
class Template:
    """A path template as OpenAPI writes it: each segment is literal or one `{parameter}`."""

    segments: tuple[tuple[bytes | None, str], ...]

    @classmethod
    def of(cls, path: str) -> Template:
        """The template of `path`; `ValueError` if a segment mixes text and parameters."""
        return cls(tuple(_segment(path, text) for text in path.split("/")))

    @property
    def openness(self) -> int:
        """How many parameters it has: if two templates match, the one with fewer wins."""
        return sum(literal is None for literal, _ in self.segments)

    def match(self, segments: Sequence[bytes], *, opaque: bool = False) -> dict[str, str] | None:
        """The parameters if `segments` match, else None.

        A parameter matches any non-empty segment. Unless `opaque`, it does not match `.`, `..` or a
        segment with a slash (decision 4). Invalid UTF-8 becomes replacement characters.
        """
        if len(segments) != len(self.segments):
            return None
        parameters: dict[str, str] = {}
        for given, (literal, name) in zip(segments, self.segments, strict=True):
            if literal is not None:
                if given != literal:
                    return None
            elif not given or not (opaque or _is_plain(given)):
                return None
            else:
                parameters[name] = given.decode("utf-8", "replace")
        return parameters


def _is_plain(segment: bytes) -> bool:
    return segment not in (b".", b"..") and b"/" not in segment


def _segment(path: str, text: str) -> tuple[bytes | None, str]:
    if "{" not in text and "}" not in text:
        return text.encode(), text
    whole = _PARAMETER.fullmatch(text)
    if whole is None:
        raise ValueError(f"cannot route `{path}`: the segment `{text}` mixes text and parameters")
    return None, whole[1]


@frozen
class Match(Generic[Target]):
    """What a request was routed to, and the parameters of its path."""

    target: Target
    parameters: Mapping[str, str]


class Router(Generic[Target]):
    """Routes by template and method, most literal template first."""

    def __init__(self, routes: Iterable[tuple[str, str, Target]], *, opaque: bool = False) -> None:
        self._opaque = opaque
        table: dict[Template, dict[str, Target]] = {}
        for method, path, target in routes:
            table.setdefault(Template.of(path), {})[method] = target
        self._table = sorted(table.items(), key=lambda entry: entry[0].openness)

    def match(self, method: str, segments: Sequence[bytes]) -> Match[Target]:
        """The target; raises the 404 of an unknown path, or the 405 of a method not allowed."""
        for template, methods in self._table:
            parameters = template.match(segments, opaque=self._opaque)
            if parameters is None:
                continue
            if method not in methods:
                raise rejection.no_such_method(tuple(sorted(methods)))
            return Match(methods[method], parameters)
        raise rejection.no_such_path()
