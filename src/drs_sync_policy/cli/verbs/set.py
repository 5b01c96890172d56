"""The verb `set`: set the policy of jobs, with an option for each field of the contract."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, cast

import click

from drs_sync_policy import Batches, SyncPolicyReq, contract
from drs_sync_policy.cli import exits, sending
from drs_sync_policy.cli.choice import Choice, edition_option, output_option, with_options
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
_EDITION: Final = "drs_sync_policy.edition"
"""The edition that the help is for, in the context."""
_NULL: Final = object()
"""What an option for null gives: None stands for an option that is not given."""


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds an option for each field of each edition, those of the base first."""
    found: dict[str, contract.Json] = {}
    for edition in contract.editions():
        for name, schema in fields(edition).items():
            found.setdefault(name, schema)
    del found["job_id"]
    return with_options(*(_option(*item) for item in found.items()))(function)


def _option(name: str, schema: contract.Json) -> Callable[..., Any]:
    option = "--" + name.replace("_", "-")
    text = " ".join(str(schema.get("description", "")).split(". ")[0].split()).rstrip(".") + "."
    text += "".join(f" [{limit}]" for limit in _limits(schema))
    if schema.get("type") == "boolean":
        return _field(name, f"{option}/--no-{option[2:]}", default=None, help=text)
    items = schema.get("items", {})
    if json_types(schema) == ("array",) and json_types(items) == ("string",):
        text += " [give it once for each]"
        return _field(name, option, type=_kind(name, items), multiple=True, help=text)
    given = _field(name, option, type=_kind(name, schema), help=text)
    if "null" not in json_types(schema):
        return given
    unset = _field(name, f"{option}-null", flag_value=_NULL, help=f"Set {option} to null.")
    return with_options(given, unset)


class _Field(click.Option):
    """An option for a field: the help has it only with an edition that has the field."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        shown = ctx.meta.get(_EDITION, contract.BASE_EDITION) in editions_of(str(self.name))
        return super().get_help_record(ctx) if shown else None


def _field(name: str, declared: str, **options: Any) -> Callable[..., Any]:
    added: Callable[..., Any] = click.option(declared, name, cls=_Field, **options)
    return added


class _Set(click.Command):
    """A command whose help depends on `--edition`, wherever it is given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for option, value in pairwise([*args, ""]):
            if option == "--edition":
                ctx.meta[_EDITION] = value
            elif option.startswith("--edition="):
                ctx.meta[_EDITION] = option.partition("=")[2]
        return super().parse_args(ctx, args)


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
    """The limits of a field; a long pattern is not shown on a terminal."""
    yield from limits(schema)
    matches = schema.get("pattern")
    if matches is not None:
        short = len(matches) <= _SHORT_PATTERN
        yield f"matches {matches}" if short else "matches a pattern: see the reference"


@click.command(cls=_Set, short_help="Set the policy of one job or several.")
@click.argument("job_ids", metavar="JOB_ID...", nargs=-1, required=True)
@_options
@edition_option("The edition of the contract; it decides which fields exist.")
@click.option("--curl", is_flag=True, help="Show the request as a curl command and send nothing.")
@output_option(outcomes.OUTPUTS)
@sending.manner_options("Print only jobs that were not set, and errors.")
@connection_options
def command(
    connection: Connection,
    manner: sending.Manner,
    job_ids: tuple[str, ...],
    edition: str,
    curl: bool,
    output: str,
    **policy: Any,
) -> None:
    """Set the policy of each job JOB_ID.

    A field that you leave out keeps its stored value. Some fields exist only in another edition;
    for their options, run: drs-sync-policy set --edition NAME --help
    """
    given = {name: _given(value) for name, value in policy.items() if value not in (None, ())}
    _check(given, edition)
    items = [SyncPolicyReq.from_dict({"job_id": job_id, **given}) for job_id in job_ids]
    if curl:
        preview.show(connection, items, batches=Batches(), edition=edition, as_curl=True)
        return
    client = connection.client(edition=edition, **manner.client_options())
    record, code = sending.send(client, items, manner=manner)
    if record:
        rows = [outcomes.row(job.index + 1, job) for job in record]
        outcomes.show(rows, output, quiet=manner.quiet)
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
                f"the edition `{edition}` has no field `{name}`;"
                f" `{other}` has it: add --edition {other}"
            )
