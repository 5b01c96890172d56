"""The verb `set`: set the policy of one job, with an option for each field of the contract."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, cast

import click

from drs_sync_policy import Batches, SyncPolicyReq, contract
from drs_sync_policy.cli import exits, sending
from drs_sync_policy.cli.choice import Choice
from drs_sync_policy.cli.connection import Connection, connection_options
from drs_sync_policy.cli.input.cells import hint, json_types, value_of
from drs_sync_policy.cli.input.fields import editions_of, fields
from drs_sync_policy.cli.limits import limits
from drs_sync_policy.cli.output import outcomes, preview
from drs_sync_policy.runtime.validation import check

if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
else:  # click 8.1 has no type argument
    _ParamType = click.ParamType

_SHORT_PATTERN: Final = 60
_NULL: Final = object()
"""What an option for null gives: None stands for an option that is not given."""


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds an option for each field of each edition, those of the base first."""
    found: dict[str, contract.Json] = {}
    for edition in contract.editions():
        for name, schema in fields(edition).items():
            found.setdefault(name, schema)
    del found["job_id"]
    return reduce(lambda inner, item: _option(*item)(inner), reversed(found.items()), function)


def _option(name: str, schema: contract.Json) -> Callable[..., Any]:
    option = "--" + name.replace("_", "-")
    text = " ".join(str(schema.get("description", "")).split(". ")[0].split()).rstrip(".") + "."
    text += "".join(f" [{limit}]" for limit in _limits(schema))
    if (known := editions_of(name)) and contract.BASE_EDITION not in known:
        text += f" [only with --edition {' or '.join(known)}]"
    if schema.get("type") == "boolean":
        return click.option(f"{option}/--no-{option[2:]}", name, default=None, help=text)
    items = schema.get("items", {})
    if json_types(schema) == ("array",) and json_types(items) == ("string",):
        text += " [give it once for each]"
        return click.option(option, name, type=_kind(name, items), multiple=True, help=text)
    given = click.option(option, name, type=_kind(name, schema), help=text)
    if "null" not in json_types(schema):
        return given
    unset = click.option(f"{option}-null", name, flag_value=_NULL, help=f"Set {option} to null.")

    def both(function: Callable[..., Any]) -> Callable[..., Any]:
        return given(unset(function))

    return both


def _kind(name: str, schema: contract.Json) -> _ParamType:
    if "enum" in schema and json_types(schema) == ("string",):
        return Choice(schema["enum"])
    return _FieldType(name, schema)


class _FieldType(_ParamType):
    """A field's value as text, checked by its schema."""

    def __init__(self, field: str, schema: contract.Json) -> None:
        self._field = field
        self._schema = schema
        self.name = json_types(schema)[0].replace("string", "text")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value; `click.BadParameter` says what is wrong with it."""
        found = value_of(value, self._schema) if isinstance(value, str) else value
        for problem in check(found, self._schema, self._field) if value is not _NULL else ():
            remedy = hint(self._schema) if isinstance(found, str) else ""
            raise click.BadParameter(f"{value!r}: {problem.message}{remedy}.", ctx, param)
        return found


def _limits(schema: contract.Json) -> Iterator[str]:
    """The bounds of a field; a pattern that is long is not for a terminal."""
    yield from limits(schema)
    matches = schema.get("pattern")
    if matches is not None:
        short = len(matches) <= _SHORT_PATTERN
        yield f"matches {matches}" if short else "matches a pattern: see the reference"


@click.command(short_help="Set the policy of one job or several.")
@click.argument("job_id")
@_options
@click.option("--edition", type=Choice(contract.editions()), default=contract.BASE_EDITION,
              show_default=True, help="The edition that has the fields.")  # fmt: skip
@click.option("--curl", is_flag=True, help="Show the request as a curl line and send nothing.")
@click.option("--output", type=Choice(outcomes.OUTPUTS), default="table", show_default=True)
@connection_options
def command(
    connection: Connection,
    job_id: str,
    edition: str,
    curl: bool,
    output: str,
    **policy: Any,
) -> None:
    """Set the policy of the job JOB_ID.

    A field that is left out keeps the value that is stored for the job.
    """
    given = {name: _given(value) for name, value in policy.items() if value not in (None, ())}
    _check(given, edition)
    item = SyncPolicyReq.from_dict({"job_id": job_id, **given})
    if curl:
        preview.show(connection, [item], batches=Batches(), edition=edition, as_curl=True)
        return
    record, code = sending.send(connection.client(edition=edition), [item])
    if record:
        outcomes.show([outcomes.row(1, job) for job in record], output)
    sys.exit(code or (exits.DONE if record.ok else exits.BROKEN))


def _given(value: Any) -> Any:
    """The value of a field: click gives a tuple for an option that may be repeated."""
    if isinstance(value, tuple):
        return list(cast("tuple[str, ...]", value))
    return None if value is _NULL else value


def _check(given: Collection[str], edition: str) -> None:
    """`click.UsageError` unless there is a field to set, and the edition has each."""
    if not given:
        raise click.UsageError(
            "there is nothing to set: give at least one field of the policy, such as"
            " --conflict-policy ignore; --help lists them."
        )
    for name in given:
        if name not in fields(edition):
            other = " or ".join(editions_of(name))
            raise click.UsageError(
                f"--{name.replace('_', '-')} is no field of the edition `{edition}`; it is one of"
                f" `{other}`: --edition {other}"
            )
