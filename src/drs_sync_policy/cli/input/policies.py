"""A file of policies, read and held against the contract: the items, or every mistake in it."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, cast

import jsonschema_rs

from drs_sync_policy import contract
from drs_sync_policy.cli.input import formats
from drs_sync_policy.cli.input.places import Mistake, Path, Place, Placed, UnreadableError

OPERATION: Final = "batchSetPolicy"

_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

Item = dict[str, Any]

_HALF: Final = re.compile("[\ud800-\udfff]")
_HALVED: Final = "there is half a character (a lone surrogate) in this text"


class MistakesError(Exception):
    """What is wrong in a file, each with its place, in the order of the file."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(f"{len(mistakes)} mistakes")
        self.mistakes: list[Mistake] = sorted(mistakes, key=lambda mistake: mistake.place)


def read(
    content: bytes,
    *,
    form: str,
    edition: str = contract.BASE_EDITION,
    allow_unknown: bool = False,
) -> tuple[Item, ...]:
    """The policies in `content`, each as the contract's edition wants it.

    YAML and JSON hold a list of items, or an object with that list as `jobs`, the body of a
    request; CSV has one item in each line. A field that the contract does not describe is a
    mistake unless `allow_unknown`, although servers ignore it: most are slips of the pen.

    Raises:
        MistakesError: With every mistake that there is, not only the first.
    """
    try:
        text = content.decode("utf-8-sig")
        if not text.strip():
            raise UnreadableError(1, 1, "the file is empty")
        placed = formats.read(text, form, _types(edition))
    except UnicodeDecodeError as error:
        before = content[: error.start]
        place = Place(before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
        wide = content.startswith(_UTF_16)
        said = "the file is UTF-16, save it as UTF-8" if wide else "no UTF-8 from here on"
        raise MistakesError([Mistake(place, said)]) from None
    except UnreadableError as error:
        raise MistakesError([error.mistake]) from None
    items, root = _items(placed)
    mistakes = [
        *placed.mistakes,
        *_beside(placed, root),
        *_schema_mistakes(items, edition, placed, root),
        *_absent_columns(edition, placed),
        *_unwritable(items, placed, root),
    ]
    # What a schema says of a field is nearer to the point than that it cannot be sent.
    mistakes = list({mistake.place: mistake for mistake in reversed(mistakes)}.values())
    if not allow_unknown:
        mistakes += _unknown_fields(items, edition, placed, root)
    if mistakes:
        raise MistakesError(mistakes)
    return tuple(items)


def _items(placed: Placed) -> tuple[Sequence[Any], Path]:
    """The list of items, and the path to it."""
    value: Any = placed.value
    if isinstance(value, list):
        return cast("Sequence[Any]", value), ()
    body = _mapping(value)
    if isinstance(body.get("jobs"), list):
        return body["jobs"], ("jobs",)
    place = placed.place(("jobs",))
    raise MistakesError([Mistake(place, "expected a list of policies, or `jobs` with such a list")])


def _beside(placed: Placed, root: Path) -> Iterator[Mistake]:
    for name in _mapping(placed.value) if root else ():
        if name != "jobs":
            message = f"`{name}` stands beside `jobs`, where nothing else may stand"
            yield Mistake(placed.place((name,)), message)


def _mapping(value: Any) -> dict[str, Any]:
    """`value` where it is a mapping, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


# --- what the contract says ----------------------------------------------------------------------


def body_schema(edition: str) -> dict[str, Any]:
    """The schema of the request's body, with every reference in place."""
    loaded = contract.load(edition)
    schema = loaded.operation(OPERATION).request["application/json"]
    return loaded.standalone(schema)


@cache
def fields(edition: str) -> Mapping[str, contract.Json]:
    """The fields of an item by name, their references resolved."""
    loaded = contract.load(edition)
    properties = _item(loaded)["properties"]
    return {name: loaded.resolve(schema) for name, schema in properties.items()}


def _item(loaded: contract.Contract) -> contract.Json:
    body = loaded.resolve(loaded.operation(OPERATION).request["application/json"])
    return loaded.resolve(body["properties"]["jobs"]["items"])


def _required(edition: str) -> Sequence[str]:
    required: Sequence[str] = _item(contract.load(edition)).get("required", ())
    return required


def editions_of(name: str) -> tuple[str, ...]:
    """The editions that have a field of this name, the base first."""
    return tuple(edition for edition in contract.editions() if name in fields(edition))


def _types(edition: str) -> dict[str, str]:
    return {name: str(schema.get("type", "string")) for name, schema in fields(edition).items()}


def _schema_mistakes(
    items: Sequence[Any], edition: str, placed: Placed, root: Path
) -> Iterator[Mistake]:
    # The value is shown once, by `_wording`; in the words of the validator "it" stands for it.
    validator = jsonschema_rs.validator_for(body_schema(edition), mask="it")
    for error in validator.iter_errors({"jobs": [_plain(item) for item in items]}):
        path = (*root, *error.instance_path[1:])
        kind: Any = error.kind
        if kind.name == "required" and _has_no_column(kind.property, placed):
            continue  # One mistake in the first line, and not one in each other.
        yield Mistake(placed.place(path), _wording(error, edition, placed.written.get(path)))


def _has_no_column(name: str, placed: Placed) -> bool:
    return bool(placed.columns) and name not in placed.columns


def _absent_columns(edition: str, placed: Placed) -> Iterator[Mistake]:
    """The fields that each item needs and no column has, unless one has it misspelt."""
    misspelt = [name for name in placed.columns if name not in fields(edition)]
    for name in _required(edition):
        if _has_no_column(name, placed) and not get_close_matches(name, misspelt, n=1):
            yield Mistake(Place(1, 1), f"no column is named `{name}`, which every item needs")


def _plain(value: Any) -> Any:
    """`value` as JSON has it: what YAML takes for a date is told from text by its type."""
    if isinstance(value, dict):
        return {name: _plain(child) for name, child in _mapping(value).items()}
    if isinstance(value, list):
        return [_plain(child) for child in cast("Sequence[Any]", value)]
    return value if isinstance(value, (str, int, float, bool, type(None))) else {"": str(value)}


def _wording(error: Any, edition: str, written: str | None) -> str:
    path = error.instance_path
    if len(path) < 2:
        return "there is no policy in it: at least one is needed"
    if len(path) == 2:
        missing = error.kind.name == "required"
        return f"the item lacks `{error.kind.property}`" if missing else "expected an item"
    name = path[2]
    schema = fields(edition).get(str(name), {})
    shown = written or _shown(error.instance)
    choices = schema.get("enum")
    if choices:
        return f"`{name}` is {shown}: {_one_of(error.instance, choices)}"
    return f"`{name}` is {shown}: {_expected(error, schema)}"


def _one_of(value: Any, choices: list[str]) -> str:
    listed = choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"
    near = get_close_matches(str(value).strip().lower(), choices, n=1)
    hint = f"; did you mean {near[0]}?" if near and len(choices) > 1 else ""
    return f"it must be {listed}{hint}"


def _expected(error: Any, schema: contract.Json) -> str:
    match error.kind.name:
        case "type" if schema.get("type") == "boolean":
            quoted = str(error.instance).strip().lower() in ("true", "false")
            return "it must be true or false" + (", without quotes" if quoted else "")
        case "type" if schema.get("type") == "string":
            return "it must be text; put it in quotes"
        case "type":
            return f"it must be of type {schema.get('type')}"
        case "minLength" if not error.instance:
            return "it must not be empty"
        case "minLength":
            return f"at least {error.kind.limit} characters, not {len(error.instance)}"
        case "maxLength":
            return f"at most {error.kind.limit} characters, not {len(error.instance)}"
        case "pattern":
            return f"it does not match {error.kind.pattern}"
        case _:
            return " ".join(str(error.message).split())


def _shown(value: Any) -> str:
    if list(_mapping(value)) == [""]:
        return str(value[""])
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1]}"


def _unwritable(items: Sequence[Any], placed: Placed, root: Path) -> Iterator[Mistake]:
    """What no request can have (rule body-must-be-i-json), at whatever depth it stands."""
    for index, item in enumerate(items):
        yield from _unwritable_in(item, (*root, index), placed)


def _unwritable_in(value: Any, path: Path, placed: Placed) -> Iterator[Mistake]:
    children: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        children = _mapping(value).items()
    elif isinstance(value, list):
        children = enumerate(cast("Sequence[Any]", value))
    elif not isinstance(value, (str, int, float, type(None))):
        shown = placed.written.get(path, str(value))
        yield Mistake(placed.place(path), f"JSON has nothing for {shown}: put it in quotes")
    elif isinstance(value, str) and _HALF.search(value):
        yield Mistake(placed.place(path), _HALVED)
    for step, child in children:
        if isinstance(step, str) and _HALF.search(step):
            yield Mistake(placed.place((*path, step)), _HALVED)
        yield from _unwritable_in(child, (*path, step), placed)


def _unknown_fields(
    items: Sequence[Any], edition: str, placed: Placed, root: Path
) -> Iterator[Mistake]:
    known = fields(edition)
    for index, item in enumerate(items):
        for name in _mapping(item):
            if name not in known and name not in placed.columns:
                place = placed.place((*root, index, name))
                yield Mistake(place, f"`{name}` is no field{_hint(name, edition)}")
    for name, place in placed.columns.items():
        if name not in known and any(name in item for item in items):
            yield Mistake(place, f"`{name}` is no field{_hint(name, edition)}")


def _hint(name: str, edition: str) -> str:
    for other in contract.editions():
        if other != edition and name in fields(other):
            return f" of the edition `{edition}`; it is one of `{other}`: --edition {other}"
    near = get_close_matches(name, fields(edition), n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return f" of the contract{hint} (--allow-unknown sends it all the same)"
