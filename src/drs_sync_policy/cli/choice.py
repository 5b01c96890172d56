"""Names to choose from: the nearest for a wrong one, and those that a shell completes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from drs_sync_policy.text import did_you_mean

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:  # click 8.1 has no type argument
    _Choice = click.Choice


class Choice(_Choice):
    """As click's; the message lists the choices and ends with the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The choice; `click.BadParameter` with the choices where it is none."""
        try:
            return str(super().convert(value, param, ctx))
        except click.BadParameter as error:
            hint = did_you_mean(value, self.choices, lead=" ") if len(self.choices) > 1 else ""
            raise click.BadParameter(f"{error.message}{hint}", ctx=ctx, param=param) from error


def completed(
    names: Callable[[], Iterable[str]], *, prefixes: tuple[str, ...] = ()
) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """For `shell_complete`: those of the names that begin like what is typed, in any case.

    What is typed may lack one of the `prefixes`.
    """

    def complete(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
        begins = tuple(f"{prefix}{typed}".lower() for prefix in ("", *prefixes))
        return [name for name in names() if name.lower().startswith(begins)]

    return complete
