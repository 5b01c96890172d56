"""Everything that is wrong with a target profile, one sentence for each error, with its place."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jsonschema_rs

from drs_sync_policy import anyjson
from drs_sync_policy.contract import Contract
from drs_sync_policy.text import did_you_mean, listed

Json = Mapping[str, Any]
_SECRETS = ("token", "expired_token", "headers")


def problems(
    document: Json, *, schema: Json, against: Contract | None, environment: Mapping[str, str]
) -> Iterator[str]:
    """The errors of a profile; what it names must be in the contract `against`, if there is one."""
    yield from _Schema(schema).problems(document)
    yield from _credentials(document, environment)
    yield from _authority(document)
    yield from _readback(document)
    yield from _dates(document)
    if against:
        yield from _named(document, against)


class _Schema:
    """The schema of the format, which has the meaning of each entry for the messages."""

    def __init__(self, schema: Json) -> None:
        self._schema = schema

    def problems(self, document: Json) -> Iterator[str]:
        for error in jsonschema_rs.validator_for(dict(self._schema)).iter_errors(document):
            where = _dotted(error.instance_path)
            if any(step in _SECRETS for step in error.instance_path):
                yield f"{where} is invalid{self._described(error)}; its value is not shown"
                continue
            kind: Any = error.kind
            match kind.name:
                case "additionalProperties":
                    yield from (self._unknown(name, error, where) for name in kind.unexpected)
                case "required":
                    yield f"`{kind.property}` is missing in {where or 'the file'}" + self._purpose(
                        error, kind.property
                    )
                case _:
                    message = error.message.replace(chr(34), "`")
                    yield f"{where}: {message}{self._described(error)}"

    def _unknown(self, name: str, error: Any, where: str) -> str:
        known = sorted(anyjson.as_object(self._at(error.instance_path).get("properties")))
        hint = did_you_mean(name, known)
        return f"{where or 'the file'} has an unknown `{name}`{hint} (known: {listed(known)})"

    def _purpose(self, error: Any, name: str) -> str:
        properties = anyjson.as_object(self._at(error.instance_path).get("properties"))
        text = anyjson.as_object(properties.get(name)).get("description")
        return f": {text}" if text else ""

    def _described(self, error: Any) -> str:
        text = self._at(error.instance_path).get("description")
        return f" ({text})" if text else ""

    def _at(self, path: Iterable[str | int]) -> Json:
        node = self._schema
        for step in path:
            inner = node if isinstance(step, int) else anyjson.as_object(node.get("properties"))
            node = anyjson.as_object(inner.get("items" if isinstance(step, int) else step))
        return node


def _dotted(path: Iterable[str | int]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"`{text.lstrip('.')}`" if text else ""


def _credentials(document: Json, environment: Mapping[str, str]) -> Iterator[str]:
    for name in ("target", "other_tenant"):
        table = document.get(name)
        if not anyjson.is_object(table):
            continue
        given = [key for key in ("token", "token_env") if key in table]
        if not given:
            yield f"`{name}` needs `token` or `token_env`: the token, or its variable"
        if len(given) > 1:
            yield f"`{name}` has both `token` and `token_env`; keep one"
        for key in ("token_env", "expired_token_env"):
            variable = table.get(key)
            if isinstance(variable, str) and not environment.get(variable):
                yield f"`{name}.{key}` names `{variable}`, which is not set in the environment"
    target = anyjson.as_object(document.get("target"))
    other = anyjson.as_object(document.get("other_tenant"))
    for key in ("token", "token_env", "project_id"):
        if key in target and target[key] == other.get(key):
            yield f"`other_tenant.{key}` is the same as in `target`; a second tenant has its own"


def _authority(document: Json) -> Iterator[str]:
    file = anyjson.as_object(document.get("target")).get("verify")
    if not isinstance(file, str):
        return
    try:
        ssl.create_default_context(cafile=file)
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror or error
        yield f"`target.verify` names `{file}`, which is not a file of CA certificates: {reason}"


def _readback(document: Json) -> Iterator[str]:
    table = document.get("readback")
    if not anyjson.is_object(table) or "kind" in table:
        return
    if "path" not in table:
        yield "`readback` needs `path` or `kind`: the path on the target, or a preset"
        return
    named = (table["path"], *(value for _, value in anyjson.walk(table.get("body"))))
    if not any(isinstance(text, str) and "{job_id}" in text for text in named):
        yield "neither `readback.path` nor `readback.body` names the job: write `{job_id}` in one"


def _dates(document: Json) -> Iterator[str]:
    for number, waiver in enumerate(anyjson.as_array(document.get("waivers"))):
        expires = anyjson.as_object(waiver).get("expires")
        if isinstance(expires, str) and not _is_date(expires):
            yield f"`waivers[{number}].expires` is not a date: `{expires}`; write `2027-01-31`"


def _named(document: Json, against: Contract) -> Iterator[str]:
    """What the profile names and the contract does not have."""
    target = anyjson.as_object(document.get("target"))
    rules = [rule.id for rule in against.rules]
    optional = [operation.id for operation in against.operations if operation.optional]
    waivers = map(anyjson.as_object, anyjson.as_array(document.get("waivers")))
    places: tuple[tuple[str, list[Any], list[str], str], ...] = (
        ("target.require[{}]", anyjson.as_array(target.get("require")), rules, "a rule"),
        ("waivers[{}].rule", [waiver.get("rule") for waiver in waivers], rules, "a rule"),
        (
            "target.operations[{}]",
            anyjson.as_array(target.get("operations")),
            optional,
            "an optional operation",
        ),
    )
    for place, names, known, kind in places:
        for number, name in enumerate(names):
            if isinstance(name, str) and name not in known:
                hint = did_you_mean(name, known)
                at = place.format(number)
                yield f"`{at}` is not {kind} of the contract: `{name}`{hint}"


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
