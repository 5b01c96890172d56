"""Validators of attrs for the numbers of an option; they raise `WrongUseError`."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from attrs import Attribute

from drs_sync_policy.runtime.errors import Problem, WrongUseError

Validator = Callable[[Any, "Attribute[Any]", Any], None]


def integer_from(least: int) -> Validator:
    """An integer, at least `least`."""

    def validate(options: Any, attribute: Attribute[Any], value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            _reject(options, attribute, value, f"give an integer, at least {least}")

    return validate


def optional_integer_from(least: int) -> Validator:
    """An integer, at least `least`, or None."""
    validate = integer_from(least)

    def validate_optional(options: Any, attribute: Attribute[Any], value: Any) -> None:
        if value is not None:
            validate(options, attribute, value)

    return validate_optional


def positive(options: Any, attribute: Attribute[Any], value: Any) -> None:
    """A finite number above 0."""
    if not _finite(value) or value <= 0:
        _reject(options, attribute, value, "give a finite number above 0")


def not_negative(options: Any, attribute: Attribute[Any], value: Any) -> None:
    """A finite number, at least 0."""
    if not _finite(value) or value < 0:
        _reject(options, attribute, value, "give a finite number, at least 0")


def _finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _reject(options: Any, attribute: Attribute[Any], value: Any, advice: str) -> None:
    problem = Problem(f"{type(options).__name__}.{attribute.name}", value, advice)
    raise WrongUseError(str(problem), [problem])
