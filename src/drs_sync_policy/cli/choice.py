"""Names to choose from: the nearest for an unknown one, and those that a shell completes."""

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
