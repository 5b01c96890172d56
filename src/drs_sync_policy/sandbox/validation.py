"""Validate parameters and bodies by the contract's own schemas, and name the first error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jsonschema_rs
from attrs import frozen

from drs_sync_policy.anyjson import is_object
from drs_sync_policy.contract import Contract, Operation, Parameter
from drs_sync_policy.sandbox import rejection
from drs_sync_policy.sandbox.http.response import JSON
from drs_sync_policy.sandbox.rejection import Rejection


def validator(contract: Contract, schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """A validator of `schema` and its formats, its references resolved in the contract."""
    return jsonschema_rs.Draft202012Validator(contract.standalone(schema), validate_formats=True)


@frozen
class ParameterCheck:
    """One parameter of the contract with the validator of its schema."""

    parameter: Parameter
    types: frozenset[str]
    is_valid: Callable[[Any], bool]

    def check(self, given: str | None) -> None:
        """Raises the 400 if it is required and missing, or violates its schema."""
        name = self.parameter.name
        if given is None:
            if self.parameter.required:
                raise rejection.empty_parameter(name)
        elif not any(self.is_valid(value) for value in self._readings(given)):
            raise rejection.invalid_parameter(name)

    def _readings(self, given: str) -> Iterable[Any]:
        if not self.types or "string" in self.types:
            yield given
        if self.types - {"string"}:
            try:
                yield json.loads(given)
            except ValueError:
                return


def parameter_checks(
    contract: Contract, operation: Operation, location: str
) -> tuple[ParameterCheck, ...]:
    """The checks of the operation's parameters at `location`: path, query or header."""
    checks: list[ParameterCheck] = []
    for parameter in operation.parameters:
        if parameter.location == location:
            schema = contract.resolve(parameter.schema)
            declared = schema.get("type", ())
            types = frozenset((declared,) if isinstance(declared, str) else declared)
            checks.append(
                ParameterCheck(parameter, types, validator(contract, parameter.schema).is_valid)
            )
    return tuple(checks)


class BodyCheck:
    """The schema of an operation's JSON body."""

    def __init__(self, contract: Contract, operation: Operation) -> None:
        schema = operation.request.get(JSON, {})
        self._validator = validator(contract, schema)
        self._fields = frozenset(contract.resolve(schema).get("properties", ()))

    def check(self, document: Any) -> None:
        """Raises the 400 that names the first error (rule invalid-body-is-refused)."""
        # An error has a copy of what is invalid: first without unknown fields, which may be many.
        if is_object(document) and not self._fields.issuperset(document):
            self._check({name: document[name] for name in document if name in self._fields})
        self._check(document)

    def _check(self, document: Any) -> None:
        try:
            # Stops at the first error: a list of all takes gigabytes for millions of empty items.
            self._validator.validate(document)
        except jsonschema_rs.ValidationError as error:
            rejected = _explain(error)
        except ValueError:
            # The invalid value is nested too deeply to be shown in an error.
            rejected = rejection.invalid_parameter("body")
        else:
            return
        raise rejected


def _explain(error: jsonschema_rs.ValidationError) -> Rejection:
    path = _dotted(error.instance_path)
    keyword = error.kind.name
    if keyword == "required":
        missing = str(getattr(error.kind, "property", ""))
        return rejection.empty_parameter(f"{path}.{missing}" if path else missing)
    if keyword in ("minLength", "minItems") and not error.instance:
        return rejection.empty_parameter(path)
    return rejection.invalid_parameter(path or "body")


def _dotted(path: Iterable[str | int]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
