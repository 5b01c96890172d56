"""The body of a request: which defects it has, and what it says if it has none."""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jsonschema_rs
from attrs import evolve, field, frozen

from drs_sync_policy.contract import BATCH_SET_POLICY, Contract, Operation
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.defects import CLOSED, Defect
from drs_sync_policy.fuzz.schemas import validator
from drs_sync_policy.fuzz.target.http import Request

ACCEPTED_BYTES: Final = 1_000_000
"""A body of this size is accepted by every server (rule batch-size-is-unbounded)."""

_SMALL_BYTES: Final = 2000
_NO_BODY: Final[tuple[str, Mapping[str, Any]]] = ("", {})
_INVALID: Final = frozenset({400, 422})
_DEEPEST: Final = 64
_FLAT: Final = frozenset({str, bool, type(None)})
_LARGEST_DOUBLE: Final = 1.7976931348623157e308


@frozen
class Body:
    """What is known of the body of one request."""

    defects: tuple[Defect, ...] = ()
    value: Any = field(default=None, repr=False)
    """The valid body, decoded; None where it is invalid or was not decoded."""
    items: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    """The items of a valid body."""
    extreme: bool = False
    """Whether the contract leaves open if a server accepts it: for its size, depth or numbers."""


class BodyReader:
    """Reads the bodies of one operation's requests, up to the size that the target accepts."""

    def __init__(self, contract: Contract, operation: Operation, *, max_bytes: int | None) -> None:
        self.media_type: str
        self.media_type, schema = next(iter(operation.request.items()), _NO_BODY)
        self._operation = operation
        self._max_bytes = max_bytes
        self._schema: jsonschema_rs.Validator = validator(contract, schema)
        self._formats = validator(contract, schema, formats=True)
        self._known = functools.lru_cache(maxsize=2048)(self._read)

    def is_valid(self, value: Any) -> bool:
        """Whether the decoded body matches the schema.

        Raises ValueError, OverflowError or RecursionError if it is too extreme to say.
        """
        return self._schema.is_valid(value)

    def read(self, request: Request) -> Body:
        """The body of the request, and the defects of its media type and content."""
        if not self.media_type:
            return Body()
        media: tuple[Defect, ...] = ()
        if request.method == self._operation.method and not self._is_json(request):
            media = (Defect("other-media-types-are-refused", frozenset({415}), "request"),)
        found = self._content(request.body or b"")
        return evolve(found, defects=(*media, *found.defects)) if media else found

    def _content(self, body: bytes) -> Body:
        # Most small bodies are sent more than once.
        return self._known(body) if len(body) <= _SMALL_BYTES else self._read(body)

    def _read(self, body: bytes) -> Body:
        if self._max_bytes and len(body) > self._max_bytes:
            statuses = frozenset({413, 502, CLOSED})
            return Body((Defect("oversized-body-is-refused", statuses, "body"),))
        if len(body) > ACCEPTED_BYTES:
            return Body(extreme=True)
        try:
            value = ijson.loads(body)
        except ijson.TooDeep:
            return Body(extreme=True)
        except ijson.NotIJson:
            return Body((Defect("body-must-be-i-json", _INVALID, "body"),))
        try:
            valid = self.is_valid(value)
        except (ValueError, OverflowError, RecursionError):
            return Body(extreme=True)
        if not valid:
            fields = tuple(self._invalid_fields(value))
            return Body((Defect("invalid-body-is-refused", _INVALID, "body", fields),))
        # JSON Schema leaves open whether a `format` is checked, and so does this.
        extreme = is_extreme(value) or not self._formats.is_valid(value)
        items = tuple(value["jobs"]) if self._operation.id == BATCH_SET_POLICY else ()
        return Body(value=value, items=items, extreme=extreme)

    def _invalid_fields(self, value: Any) -> Iterator[str]:
        """The innermost field of each of the first errors of a body."""
        try:
            errors = list(itertools.islice(self._schema.iter_errors(value), 3))
        except (ValueError, OverflowError, RecursionError):
            return  # it is nested too deeply to say where
        for error in errors:
            names = [part for part in error.instance_path if isinstance(part, str)]
            if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
                names.append(error.kind.property)
            yield from names[-1:]

    def _is_json(self, request: Request) -> bool:
        values = request.header("Content-Type")
        if not values:
            return False
        media, *parameters = values[0].split(";")
        charset = "utf-8"
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                charset = value.strip().strip('"').lower()
        return media.strip().lower() == self.media_type and charset == "utf-8"


def is_extreme(value: Any, *, levels: int = _DEEPEST, largest: float = _LARGEST_DOUBLE) -> bool:
    """Whether a value nests beyond so many levels or holds a number beyond `largest`.

    By default, these are 64 levels and the range of a double.
    """
    level: list[Any] = [value]
    for _ in range(levels + 1):
        below: list[Any] = []
        for entry in level:
            if isinstance(entry, dict):
                if not _FLAT.issuperset(map(type, entry.values())):
                    below += [value for value in entry.values() if type(value) not in _FLAT]
            elif isinstance(entry, list):
                below += entry
            elif isinstance(entry, (int, float)) and abs(entry) > largest:
                return True
        if not below:
            return False
        level = below
    return True
