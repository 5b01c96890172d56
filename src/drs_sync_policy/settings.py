"""Where the client gets its server, project and credentials from when nobody tells it.

What is given as an argument wins over the environment, and the environment over the profile.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Self, cast

import httpx
from attrs import field, frozen

from drs_sync_policy.auth import AkSkAuth, TokenAuth
from drs_sync_policy.errors import WrongUseError
from drs_sync_policy.passwords import PasswordAuth

VARIABLES: Final[Mapping[str, str]] = {
    "url": "DRS_URL",
    "region": "DRS_REGION",
    "project_id": "DRS_PROJECT_ID",
    "language": "DRS_LANGUAGE",
    "token": "DRS_TOKEN",
    "access_key": "DRS_ACCESS_KEY",
    "secret_key": "DRS_SECRET_KEY",
    "security_token": "DRS_SECURITY_TOKEN",
    "username": "DRS_USERNAME",
    "password": "DRS_PASSWORD",
    "domain": "DRS_DOMAIN",
    "iam_url": "DRS_IAM_URL",
}
"""The keys of a profile, each with the variable of the environment that wins over it."""

_SECRETS: Final = frozenset({"token", "secret_key", "security_token", "password"})
_ANY_CREDENTIALS: Final = (
    "DRS_TOKEN, or DRS_ACCESS_KEY and DRS_SECRET_KEY, or DRS_USERNAME, DRS_PASSWORD and DRS_DOMAIN"
)
_KINDS: Final = (("token",), ("access_key", "secret_key"), ("username", "password", "domain"))


@frozen
class Settings:
    """A server, a project and credentials; what is None was found nowhere."""

    base_url: str | None = None
    region: str | None = None
    project_id: str | None = None
    language: str | None = None
    auth: httpx.Auth | None = field(default=None)

    @classmethod
    def load(
        cls,
        *,
        profile: str | None = None,
        environment: Mapping[str, str] | None = None,
        file: Path | None = None,
    ) -> Self:
        """The settings of the environment and of a profile.

        The profile is `profile`, else `DRS_PROFILE`, else `default` where the file has one. The
        file is `file`, else `DRS_PROFILES`, else `drs-sync-policy/profiles.toml` in
        `XDG_CONFIG_HOME` or `~/.config`: one table for each profile, with the keys of `VARIABLES`.
        The credentials are a token, or an access key with its secret key, or a user's name,
        password and domain. The environment and the profile are not mixed within them: where the
        environment has any, the profile's are left out. So are they for server and region.

        Raises:
            WrongUseError: There is no such profile, a key of it is unknown, the file holds secrets
                and others may read it, or credentials are incomplete.
        """
        environment = os.environ if environment is None else environment
        values = {
            key: environment[name] for key, name in VARIABLES.items() if environment.get(name)
        }
        chosen = profile or environment.get("DRS_PROFILE")
        stored = _profile(file or default_file(environment), chosen)
        together = (("url", "region"), tuple(key for kind in _KINDS for key in kind))
        for group in together:
            if any(key in values for key in group):
                stored = {key: value for key, value in stored.items() if key not in group}
        merged = {**stored, **values}
        return cls(
            base_url=merged.get("url"),
            region=None if "url" in merged else merged.get("region"),
            project_id=merged.get("project_id"),
            language=merged.get("language"),
            auth=_auth(merged),
        )

    def arguments(self, **options: Any) -> dict[str, Any]:
        """The arguments for a client, `options` before what was found.

        Raises `WrongUseError` that names the variable of what is missing.
        """
        found: dict[str, Any] = {"project_id": self.project_id, "auth": self.auth}
        if "base_url" not in options and "region" not in options:
            found |= {"base_url": self.base_url, "region": self.region}
        if self.language:
            found["language"] = self.language
        arguments = {**found, **options}
        needed = (
            (arguments.get("project_id"), "DRS_PROJECT_ID"),
            (arguments.get("base_url") or arguments.get("region"), "DRS_REGION or DRS_URL"),
            (arguments.get("auth"), _ANY_CREDENTIALS),
        )
        missing = [name for value, name in needed if not value]
        if missing:
            raise WrongUseError(
                f"missing in arguments, environment and profile: {'; '.join(missing)}"
            )
        return arguments


def _auth(values: Mapping[str, str]) -> httpx.Auth | None:
    present = [kind for kind in _KINDS if kind[0] in values]
    if not present:
        return None
    kind = present[0]
    missing = [VARIABLES[key] for key in kind if key not in values]
    if missing:
        raise WrongUseError(f"the credentials are incomplete: {' and '.join(missing)} is missing")
    if kind[0] == "token":
        return TokenAuth(values["token"])
    if kind[0] == "access_key":
        return AkSkAuth(
            values["access_key"],
            values["secret_key"],
            security_token=values.get("security_token"),
        )
    return PasswordAuth(
        values["username"], values["password"], values["domain"], iam_url=values.get("iam_url")
    )


def default_file(environment: Mapping[str, str]) -> Path:
    """The file of profiles that this environment says."""
    if environment.get("DRS_PROFILES"):
        return Path(environment["DRS_PROFILES"])
    config = environment.get("XDG_CONFIG_HOME")
    base = Path(config) if config else Path.home() / ".config"
    return base / "drs-sync-policy" / "profiles.toml"


def _profile(file: Path, name: str | None) -> dict[str, str]:
    if not file.is_file():
        if name is None:
            return {}
        raise WrongUseError(f"there is no profile `{name}`, because there is no file {file}")
    try:
        profiles = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The message of the parser quotes no line, but its document does: keep neither.
        raise WrongUseError(f"{file} is no TOML: {error}") from None
    if name is None and "default" not in profiles:
        return {}
    name = name or "default"
    if name not in profiles:
        raise WrongUseError(f"{file} has no profile `{name}`{_hint(name, profiles)}")
    found: Any = profiles[name]
    if not isinstance(found, dict):
        raise WrongUseError(f"`{name}` in {file} is no profile; write [{name}] and its keys below")
    profile = cast("dict[str, Any]", found)
    for key in profile:
        if key not in VARIABLES:
            raise WrongUseError(f"`{key}` of profile `{name}` is unknown{_hint(key, VARIABLES)}")
    others = stat.S_IRWXG | stat.S_IRWXO
    if _SECRETS & profile.keys() and os.name == "posix" and file.stat().st_mode & others:
        raise WrongUseError(f"{file} holds secrets and others may read it: chmod 600 {file}")
    return {key: str(value) for key, value in profile.items()}


def _hint(name: str, known: Mapping[str, Any]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return f": choose one of {', '.join(f'`{key}`' for key in known)}{hint}"
