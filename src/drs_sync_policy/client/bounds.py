"""What the numbers of an option may be, as validators of attrs that raise `WrongUseError`."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from attrs import Attribute

from drs_sync_policy.client.errors import WrongUseError
from drs_sync_policy_api.errors import Problem

Validator = Callable[[Any, "Attribute[Any]", Any], None]


def whole(least: int) -> Validator:
    """A whole number from `least` on."""

    def check(options: Any, attribute: Attribute[Any], value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            _refuse(options, attribute, value, f"a whole number from {least} on")

    return check


def whole_or_none(least: int) -> Validator:
    """A whole number from `least` on, or None."""
    check = whole(least)

    def check_or_none(options: Any, attribute: Attribute[Any], value: Any) -> None:
        if value is not None:
            check(options, attribute, value)

    return check_or_none


def positive(options: Any, attribute: Attribute[Any], value: Any) -> None:
    """A finite number of seconds above 0."""
    if not _finite(value) or value <= 0:
        _refuse(options, attribute, value, "a finite number above 0")


def not_negative(options: Any, attribute: Attribute[Any], value: Any) -> None:
    """A finite number of seconds, 0 or more."""
    if not _finite(value) or value < 0:
        _refuse(options, attribute, value, "a finite number from 0 on")


def _finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _refuse(options: Any, attribute: Attribute[Any], value: Any, valid: str) -> None:
    problem = Problem(f"{type(options).__name__}.{attribute.name}", value, f"give {valid}")
    raise WrongUseError(str(problem), [problem])
