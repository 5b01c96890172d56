"""A file of policies, read and validated: the items, or every problem in it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from drs_sync_policy import contract
from drs_sync_policy.anyjson import as_object, at, is_array, pointer
from drs_sync_policy.cli.input import formats
from drs_sync_policy.cli.input.csv import Rows
from drs_sync_policy.cli.input.fields import fields
from drs_sync_policy.cli.input.places import (
    Path,
    Placed,
    PlacedProblem,
    Progress,
    UnreadableError,
)
from drs_sync_policy.cli.input.validation import Validator

_READING: Final = 0.3
"""About how much of the time it takes to read CSV; the rest is validation."""
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

Item = dict[str, Any]


class InvalidFileError(Exception):
    """What is wrong in a file, each with its place, in the order of the file."""

    def __init__(self, problems: list[PlacedProblem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems: list[PlacedProblem] = sorted(problems, key=lambda problem: problem.place)


def read(
    content: bytes,
    *,
    form: str,
    edition: str = contract.BASE_EDITION,
    allow_unknown: bool = False,
    progress: Progress | None = None,
) -> Sequence[Item]:
    """The policies in `content`, valid by the edition of the contract.

    YAML and JSON hold a list of items, or an object with that list as `jobs`, the body of a
    request; CSV has one item in each line. An unknown field is a problem unless `allow_unknown`,
    although servers ignore it: most are typing errors.

    Raises:
        InvalidFileError: With every problem, not only the first.
    """
    try:
        placed = formats.read(_text(content), form, fields(edition), _part(progress, 0.0, _READING))
    except UnreadableError as error:
        raise InvalidFileError([error.problem]) from None
    items, root = _items(placed)
    _dates_as_written(placed, root, edition)
    problems = [
        *placed.problems,
        *_next_to_jobs(placed, root),
        *Validator(edition, placed, root, allow_unknown=allow_unknown).problems(
            items, _part(progress, _READING, 1.0)
        ),
    ]
    if problems:
        raise InvalidFileError(problems)
    return items


def _part(progress: Progress | None, begin: float, end: float) -> Progress | None:
    return progress and (lambda done: progress(begin + done * (end - begin)))


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        wide = content.startswith(_UTF_16)
        raise UnreadableError(
            before.count(b"\n") + 1,
            len(before) - before.rfind(b"\n"),
            "the file is UTF-16: save it as UTF-8" if wide else "this byte is not UTF-8",
        ) from None
    if not text or text.isspace():
        raise UnreadableError(1, 1, "the file is empty")
    return text


def _items(placed: Placed) -> tuple[Sequence[Any], Path]:
    """The list of items, and the path to it."""
    value = placed.value
    if isinstance(value, Rows) or is_array(value):
        return value, ()
    jobs = as_object(value).get("jobs")
    if is_array(jobs):
        return jobs, ("jobs",)
    place = placed.place(("jobs",))
    message = "expected a list of policies, or an object with this list as `jobs`"
    raise InvalidFileError([PlacedProblem(place, message)])


def _dates_as_written(placed: Placed, root: Path, edition: str) -> None:
    """YAML makes a value of what looks like a date; a field with a format is sent as written."""
    dated = {name for name, schema in fields(edition).items() if "format" in schema}
    for (*to_item, name), text in placed.written.items() if dated else ():
        if name in dated and len(to_item) == len(root) + 1:
            item = at(placed.value, pointer(to_item))
            if isinstance(item[name], date):
                item[name] = text


def _next_to_jobs(placed: Placed, root: Path) -> Iterator[PlacedProblem]:
    for name in as_object(placed.value) if root else ():
        if name != "jobs":
            message = f"unknown field `{name}`: only `jobs` is allowed here"
            yield PlacedProblem(placed.place((name,)), message)
