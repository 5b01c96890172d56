"""What options of several verbs share: names to choose from, and errors of whoever calls."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

import click

from drs_sync_policy import contract
from drs_sync_policy.text import did_you_mean

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:  # click 8.1 has no type argument
    _Choice = click.Choice


class Choice(_Choice):
    """As click's; the message lists the choices and ends with the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The choice; `click.BadParameter` with the choices if it is not one of them."""
        try:
            return str(super().convert(value, param, ctx))
        except click.BadParameter as error:
            hint = did_you_mean(value, self.choices, lead=" ") if len(self.choices) > 1 else ""
            raise click.BadParameter(f"{error.message}{hint}", ctx=ctx, param=param) from error


def completed(
    names: Callable[[], Iterable[str]],
) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """For `shell_complete`: the names, from which completions.json is written."""
    return lambda _, __, typed: [name for name in names() if name.startswith(typed)]


def with_options(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    """Adds options, in this order."""
    return lambda function: reduce(lambda inner, add: add(inner), reversed(options), function)


def edition_option(text: str) -> Callable[[F], F]:
    """`--edition`, whose help says what the edition of the contract is for."""
    return click.option(
        "--edition",
        type=Choice(contract.editions()),
        default=contract.BASE_EDITION,
        help=text,
    )


def output_option(
    forms: Sequence[str], text: str = "The format of the output."
) -> Callable[[F], F]:
    """`--output`, the first form by default."""
    return click.option("--output", type=Choice(forms), default=forms[0], help=text)


def fault_option(text: str) -> Callable[[F], F]:
    """`--fault`, which may be given several times."""
    return click.option(
        "--fault",
        "faults",
        multiple=True,
        metavar="NAME",
        help=text,
        shell_complete=completed(_faults),
    )


def _faults() -> list[str]:
    from drs_sync_policy.sandbox.faults import catalogue  # only completions.json needs it here

    return [fault.name for fault in catalogue(contract.load())]


@contextmanager
def usage_errors(*kinds: type[Exception]) -> Generator[None]:
    """These errors in the block become a `click.UsageError` with the same text."""
    try:
        yield
    except kinds as error:
        raise click.UsageError(str(error)) from None
