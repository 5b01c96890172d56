"""The target profile: which server is checked, and with what.

A profile is a TOML file in a public format, described by `profile.schema.json` and in
`docs/target.md`. Profiles are validated with this schema, so the two cannot differ.
"""

from __future__ import annotations

import datetime
import json
import os
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from drs_sync_policy import anyjson, contract
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.target.presets import presets
from drs_sync_policy.fuzz.target.problems import problems

Json = Mapping[str, Any]

_AS_THEY_ARE: Final = (
    "max_body_bytes",
    "verify",
    "headers",
    "max_rps",
    "timeout",
    "allow_real_service",
)
"""The optional entries that need no conversion."""


class ProfileError(ValueError):
    """A profile that cannot be used; `problems` has one sentence for each error."""

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
    """How to read what is stored for a job.

    `{project_id}` and `{job_id}` stand for the ids, in `path`, `policy_pointer` and any string of
    `body`.
    """

    path: str
    method: str = "GET"
    policy_pointer: str = ""
    body: Any = None
    """The JSON value to send; None for no body."""
    fields: Mapping[str, str] = field(factory=dict[str, str])
    """A JSON pointer into the policy for each field that can be read, by its name in the contract.
    Empty if the policy has every field under its name."""
    absent: tuple[Any, ...] = ()
    """What stands for a field without a value, besides null."""
    kind: str = ""
    """The preset that the rest is from."""

    def readable(self, fields: Iterable[str]) -> tuple[str, ...]:
        """Those of these fields that can be read."""
        return tuple(name for name in fields if not self.fields or name in self.fields)

    def pointer(self, name: str) -> str:
        """Where the policy has a field."""
        return self.fields.get(name, anyjson.pointer((name,)))

    def means_none(self, value: Any) -> bool:
        """Whether a value that was read says that the field has none."""
        return value is None or any(ijson.same(value, entry) for entry in self.absent)


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
    require: tuple[str, ...] = ()
    """The rules that have to be checked: a run that cannot check one of them fails."""
    operations: tuple[str, ...] = ()
    """The optional operations that it is checked on."""
    allow_real_service: bool = False
    """Whether the host may be one of the contract's `servers`."""

    @property
    def tenants(self) -> tuple[Tenant, ...]:
        """The tenant whose jobs are set, and the other one if there is one."""
        return (self.tenant, self.other) if self.other else (self.tenant,)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the URL."""
        return "/".join(self.url.split("/", 3)[:3])

    def hidden(self, fields: Iterable[str]) -> tuple[str, ...]:
        """Those of these fields that `[readback]` cannot read; none without `[readback]`."""
        fields = tuple(fields)
        readable = self.readback.readable(fields) if self.readback else fields
        return tuple(name for name in fields if name not in readable)

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


def load(path: str | os.PathLike[str], *, against: Contract | None = None) -> Target:
    """The target that the TOML file at `path` describes.

    Its rules and operations must be those of the contract `against`, if there is one. Raises
    `ProfileError` with every error in the file, `OSError` where it cannot be read.
    """
    origin = f"`{path}`"
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(origin, [f"the file is not valid TOML: {error}"]) from None
    return parse(document, origin=origin, against=against)


def parse(
    document: Json,
    *,
    origin: str = "given",
    against: Contract | None = None,
    environment: Mapping[str, str] | None = None,
) -> Target:
    """The target that `document` describes; `ProfileError` with every error in it."""
    environment = os.environ if environment is None else environment
    plain = _plain(document)
    found = [*problems(plain, schema=schema(), against=against, environment=environment)]
    if found:
        raise ProfileError(origin, found)
    return _target(plain, environment, origin)


def _target(document: Json, environment: Mapping[str, str], origin: str) -> Target:
    table = document["target"]
    optional = {key: table[key] for key in _AS_THEY_ARE if key in table}
    other = document.get("other_tenant")
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
        readback=_readback(document.get("readback"), origin),
        require=tuple(table.get("require", ())),
        operations=tuple(table.get("operations", ())),
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


def _readback(table: Json | None, origin: str) -> Readback | None:
    if table is None:
        return None
    if "kind" in table:
        known = presets(contract.load())
        if table["kind"] not in known:
            raise ProfileError(origin, ["`readback.kind`: the contract has no such operation"])
        table = {**known[table["kind"]], **table}
    absent = tuple(table.get("absent", ()))
    return Readback(
        **{name: value for name, value in table.items() if name != "absent"}, absent=absent
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
    if anyjson.is_object(node):
        return {key: _plain(value) for key, value in node.items()}
    if anyjson.is_array(node):
        return [_plain(value) for value in node]
    return node.isoformat() if isinstance(node, datetime.date | datetime.time) else node
