"""The target profile: which server is checked, and with what.

A profile is a TOML file in a public format, described by `profile.schema.json` beside this module
and in `docs/fuzzing.md`. The schema is what profiles are checked against, so the two cannot differ.
"""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnnecessaryIsInstance=false
from __future__ import annotations

import datetime
import json
import os
import shlex
import ssl
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
from attrs import field, frozen

from drs_sync_policy.text import did_you_mean

Json = Mapping[str, Any]


class ProfileError(ValueError):
    """A profile that cannot be used; `problems` has one sentence for each mistake in it."""

    def __init__(self, origin: str, problems: Iterable[str]) -> None:
        self.origin = origin
        self.problems: tuple[str, ...] = tuple(problems)
        super().__init__(
            "\n".join((f"the target profile {origin} cannot be used:", *self._lines()))
        )

    def _lines(self) -> Iterator[str]:
        for problem in self.problems:
            yield f"  - {problem}"


@frozen
class Tenant:
    """Credentials, the project that they belong to, and jobs of it that may be overwritten."""

    token: str = field(repr=False)
    project_id: str
    job_ids: tuple[str, ...]
    token_env: str | None = None
    """The variable that the token was taken from, None where the profile holds the token."""


@frozen
class Readback:
    """How to read what is stored for a job."""

    path: str
    method: str = "GET"
    policy_pointer: str = ""


@frozen
class Waiver:
    """A known violation: it does not fail the run up to and including the day `expires`."""

    rule: str
    reason: str
    expires: datetime.date


@frozen
class Target:
    """A server to be checked.

    `verify` is True, False or a file of CA certificates, `max_rps` requests a second, `timeout`
    seconds. `start`, `ready` and `reset` are argument lists, empty where there is none.
    """

    url: str
    tenant: Tenant
    blocked_job_ids: tuple[str, ...] = ()
    expired_token: str | None = field(default=None, repr=False)
    expired_token_env: str | None = None
    max_body_bytes: int | None = None
    verify: bool | str = True
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    max_rps: float | None = None
    timeout: float = 10.0
    start: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()
    reset: tuple[str, ...] = ()
    other: Tenant | None = None
    readback: Readback | None = None
    waivers: tuple[Waiver, ...] = ()

    @property
    def secrets(self) -> tuple[tuple[str, str], ...]:
        """Every secret with the shell variable that stands for it in reports."""
        return tuple((value, f"${name}") for name, _, value in self._variables())

    @property
    def variables(self) -> Mapping[str, str]:
        """The shell variables that stand for secrets, with what each has to hold."""
        return {name: what for name, what, _ in self._variables()}

    def _variables(self) -> Iterator[tuple[str, str, str]]:
        """Name, meaning and value of each: the name that the profile gives it, else one of ours."""
        other = self.other
        secrets = [
            (self.tenant.token_env, "DRS_TOKEN", "the token of the profile", self.tenant.token),
            (
                other.token_env if other else None,
                "DRS_OTHER_TOKEN",
                "the token of its `other_tenant`",
                other.token if other else "",
            ),
            (
                self.expired_token_env,
                "DRS_EXPIRED_TOKEN",
                "its `expired_token`",
                self.expired_token or "",
            ),
            *(
                (None, f"DRS_HEADER_{number}", f"its header `{name}`", value)
                for number, (name, value) in enumerate(self.headers.items(), 1)
            ),
        ]
        taken = {name for name, *_ in secrets}
        for name, ours, what, value in secrets:
            if value:
                yield name or (f"{ours}_OF_PROFILE" if ours in taken else ours), what, value


def schema() -> dict[str, Any]:
    """The JSON Schema of the profile format."""
    text = files("drs_sync_policy.fuzz").joinpath("profile.schema.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def load(path: str | os.PathLike[str], *, rules: Iterable[str] = ()) -> Target:
    """The target that the TOML file at `path` describes.

    `rules` are the ids that a waiver may name. Raises `ProfileError` with every mistake in the
    file, `OSError` where it cannot be read.
    """
    origin = f"`{path}`"
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(origin, [f"it is no TOML: {error}"]) from None
    return parse(document, origin=origin, rules=rules)


def parse(
    document: Json,
    *,
    origin: str = "given",
    rules: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Target:
    """The target that `document` describes; `ProfileError` with every mistake in it."""
    environment = os.environ if environment is None else environment
    plain = _plain(document)
    problems = [
        *_schema_problems(plain),
        *_credential_problems(plain, environment),
        *_authority_problems(plain),
        *_waiver_problems(plain, tuple(rules)),
    ]
    if problems:
        raise ProfileError(origin, problems)
    return _target(plain, environment)


def _target(document: Json, environment: Mapping[str, str]) -> Target:
    table = document["target"]
    optional = {
        key: table[key]
        for key in ("max_body_bytes", "verify", "headers", "max_rps", "timeout")
        if key in table
    }
    other = document.get("other_tenant")
    readback = document.get("readback")
    return Target(
        url=table["url"].rstrip("/"),
        tenant=_tenant(table, environment),
        blocked_job_ids=tuple(table.get("blocked_job_ids", ())),
        expired_token=_secret(table, "expired_token", environment),
        expired_token_env=table.get("expired_token_env"),
        start=_command(table.get("start")),
        ready=_command(table.get("ready")),
        reset=_command(table.get("reset")),
        other=_tenant(other, environment) if other else None,
        readback=Readback(**readback) if readback else None,
        waivers=tuple(
            Waiver(entry["rule"], entry["reason"], datetime.date.fromisoformat(entry["expires"]))
            for entry in document.get("waivers", ())
        ),
        **optional,
    )


def _tenant(table: Json, environment: Mapping[str, str]) -> Tenant:
    return Tenant(
        token=_secret(table, "token", environment) or "",
        project_id=table["project_id"],
        job_ids=tuple(table["job_ids"]),
        token_env=table.get("token_env"),
    )


def _secret(table: Json, name: str, environment: Mapping[str, str]) -> str | None:
    if f"{name}_env" in table:
        return environment.get(table[f"{name}_env"])
    value: str | None = table.get(name)
    return value


def _command(value: str | list[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(shlex.split(value) if isinstance(value, str) else value)


def _plain(node: Any) -> Any:
    """TOML's dates as the strings that were written."""
    match node:
        case dict():
            return {key: _plain(value) for key, value in node.items()}
        case list():
            return [_plain(value) for value in node]
        case datetime.date() | datetime.time():
            return node.isoformat()
        case _:
            return node


# --- what is wrong with a profile ------------------------------------------------------------


def _schema_problems(document: Any) -> Iterator[str]:
    validator = jsonschema_rs.validator_for(schema())
    for error in validator.iter_errors(document):
        where = _dotted(error.instance_path)
        if _is_secret(error.instance_path):
            yield f"{where} is not as it should be{_described(error)}; its value is not shown"
            continue
        kind: Any = error.kind
        match kind.name:
            case "additionalProperties":
                yield from (_unknown(name, error, where) for name in kind.unexpected)
            case "required":
                purpose = _purpose(error, kind.property)
                yield f"{where or 'the file'} lacks `{kind.property}`{purpose}"
            case "pattern" | "type" | "minLength" | "minItems" | "minimum" | "exclusiveMinimum":
                yield f"{where}: {error.message.replace(chr(34), '`')}{_described(error)}"
            case _:
                yield f"{where}: {error.message}{_described(error)}"


def _is_secret(path: Iterable[str | int]) -> bool:
    return any(step in ("token", "expired_token", "headers") for step in path)


def _unknown(name: str, error: Any, where: str) -> str:
    known = sorted(_known_keys(error.instance_path))
    hint = did_you_mean(name, known)
    choices = ", ".join(f"`{key}`" for key in known)
    return f"{where or 'the file'} has an unknown `{name}`{hint} (known: {choices})"


def _known_keys(path: Iterable[str | int]) -> list[str]:
    return list(_schema_at(path).get("properties", {}))


def _schema_at(path: Iterable[str | int]) -> dict[str, Any]:
    node = schema()
    for step in path:
        node = node["items"] if isinstance(step, int) else node.get("properties", {}).get(step, {})
    return node


def _purpose(error: Any, name: str) -> str:
    text = _schema_at(error.instance_path).get("properties", {}).get(name, {}).get("description")
    return f": {text}" if text else ""


def _described(error: Any) -> str:
    text = _schema_at(error.instance_path).get("description")
    return f" ({text})" if text else ""


def _dotted(path: Iterable[str | int]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"`{text.lstrip('.')}`" if text else ""


def _credential_problems(document: Any, environment: Mapping[str, str]) -> Iterator[str]:
    for name in ("target", "other_tenant"):
        table = document.get(name)
        if not isinstance(table, dict):
            continue
        given = [key for key in ("token", "token_env") if key in table]
        if not given:
            yield f"`{name}` lacks `token` or `token_env`: the token, or the variable that holds it"
        if len(given) > 1:
            yield f"`{name}` has both `token` and `token_env`; keep one"
        for key in ("token_env", "expired_token_env"):
            variable = table.get(key)
            if isinstance(variable, str) and not environment.get(variable):
                yield f"`{name}.{key}` names `{variable}`, which is not set in the environment"
    target, other = document.get("target"), document.get("other_tenant")
    if isinstance(target, dict) and isinstance(other, dict):
        yield from _same_tenant(target, other)


def _same_tenant(target: Json, other: Json) -> Iterator[str]:
    for key in ("token", "token_env", "project_id"):
        if key in target and target[key] == other.get(key):
            yield f"`other_tenant.{key}` is that of `target`; a second tenant has its own"


def _authority_problems(document: Any) -> Iterator[str]:
    table = document.get("target")
    file = table.get("verify") if isinstance(table, dict) else None
    if not isinstance(file, str):
        return
    try:
        ssl.create_default_context(cafile=file)
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror or error
        yield f"`target.verify` names `{file}`, which is no file of CA certificates: {reason}"


def _waiver_problems(document: Any, rules: tuple[str, ...]) -> Iterator[str]:
    waivers = document.get("waivers")
    for number, waiver in enumerate(waivers if isinstance(waivers, list) else ()):
        if not isinstance(waiver, dict):
            continue
        rule, expires = waiver.get("rule"), waiver.get("expires")
        if rules and isinstance(rule, str) and rule not in rules:
            hint = did_you_mean(rule, rules)
            yield f"`waivers[{number}].rule` names no rule of the contract: `{rule}`{hint}"
        if isinstance(expires, str):
            try:
                datetime.date.fromisoformat(expires)
            except ValueError:
                yield f"`waivers[{number}].expires` is no date: `{expires}`; write `2027-01-31`"
