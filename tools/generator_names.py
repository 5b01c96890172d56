"""The names that the generator gives to classes and modules.

The generator is pinned and this is its internal module: an import that fails says what to do.
`tests/build/generated/test_generator.py` asserts these names.
"""

from __future__ import annotations

from functools import cache
from typing import Any


def class_name(name: str) -> str:
    """The class for a schema with this name or title."""
    return str(_strings().ClassName(name, "field_"))


def function_name(operation_id: str) -> str:
    """The module for an operation."""
    return str(_strings().snake_case(operation_id))


@cache
def _strings() -> Any:
    """The generator's module, imported when it is asked for: that takes a third of a second."""
    try:
        from openapi_python_client import strings
    except ImportError as error:  # pragma: no cover - only with another release of the generator
        raise SystemExit(
            f"this release of openapi-python-client names things elsewhere ({error}): adapt"
            " tools/generator_names.py to it, or pin the release in pyproject.toml"
        ) from error
    return strings
