"""The server, project and credentials of a client, from the environment and a profile.

An argument wins over the environment, and the environment over the profile.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import httpx
from attrs import field, frozen

from drs_sync_policy.anyjson import is_object
from drs_sync_policy.client.credentials.auth import AkSkAuth, TokenAuth, shielded
from drs_sync_policy.client.credentials.login import iam_url_for
from drs_sync_policy.client.credentials.passwords import PasswordAuth
from drs_sync_policy.client.credentials.secret import Secret
from drs_sync_policy.client.profiles_file import profiles_file
from drs_sync_policy.client.regions import checked_region, checked_url, server_url
from drs_sync_policy.runtime.errors import WrongUseError
from drs_sync_policy.text import did_you_mean

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
"""The keys of a profile, each with the environment variable that wins over it."""

SECRETS: Final = frozenset({"token", "secret_key", "security_token", "password"})
"""The keys with secret values."""

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "token": ("token",),
    "keys": ("access_key", "secret_key"),
    "password": ("username", "password", "domain"),
}
"""The values of `auth` in a profile, each with the keys that such credentials need."""

_KIND: Final = "auth"
_CREDENTIALS: Final = frozenset({*(key for kind in KINDS.values() for key in kind), *SECRETS})
_ANY_CREDENTIALS: Final = (
    "DRS_TOKEN, or DRS_ACCESS_KEY and DRS_SECRET_KEY, or DRS_USERNAME, DRS_PASSWORD and DRS_DOMAIN"
)

Found = Mapping[str, Secret]
"""Values by their keys, each a `Secret`: a traceback may show the locals that hold them."""


class _UnreadableFileError(WrongUseError):
    """The file of profiles cannot be read; an error only if something of it is needed."""


class MissingSettingsError(WrongUseError):
    """Arguments, environment and profile together lack something that a client needs."""


@frozen(slots=False)
class Settings:
    """A server, a project and credentials; None for what was not found.

    `sources` is the origin of each key that was found: its variable, or the profile.
    """

    base_url: str | None = None
    region: str | None = None
    project_id: str | None = None
    language: str | None = None
    credentials: Found = field(factory=dict[str, Secret], repr=False)
    sources: Mapping[str, str] = field(factory=dict[str, str])
    _unread: WrongUseError | None = field(default=None, alias="unread")

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
        password and domain. Credentials of the environment and of the profile are not mixed: if
        the environment has any, those of the profile are ignored. The same holds for the server
        and the region.

        The exception is a profile whose `auth` names a kind (`token`, `keys` or `password`). If
        the environment has only secrets of this kind, the profile adds the rest. Such a profile
        needs no secret in a file.

        Raises:
            WrongUseError: The profile does not exist, a key of it is unknown, or the file has
                secrets and others may read it. A file that cannot be read is an error only if a
                profile is named, or something is missing without it.
        """
        given = os.environ if environment is None else environment
        values = {key: Secret(given[name]) for key, name in VARIABLES.items() if given.get(name)}
        chosen, place = profile or given.get("DRS_PROFILE"), file or _place_of_profiles(given)
        # From here on only secrets hold the values of the environment.
        del given, environment
        stored, unread = _stored(place, chosen)
        kind = stored[_KIND].reveal() if _KIND in stored else None
        merged, named = {**_left_of(stored, values, kind), **values}, chosen or "default"
        return cls(
            base_url=_plain(merged, "url"),
            region=None if "url" in merged else _plain(merged, "region"),
            project_id=_plain(merged, "project_id"),
            language=_plain(merged, "language"),
            credentials={
                key: value
                for key, value in merged.items()
                if key in _CREDENTIALS or key in ("iam_url", _KIND)
            },
            sources={
                key: f"`{VARIABLES[key]}`" if key in values else f"`{key}` of profile `{named}`"
                for key in merged
            },
            unread=unread,
        )

    @cached_property
    def auth(self) -> httpx.Auth | None:
        """The credentials, None if there are none; `MissingSettingsError` if a part is missing."""
        return _auth(self.credentials)

    def arguments(self, **options: Any) -> dict[str, Any]:
        """The arguments for a client; `options` win over what was found.

        Raises `MissingSettingsError`, which names the missing variable, and `WrongUseError` for
        an invalid server, which names its origin.
        """
        ours = "auth" not in options
        if not ours:
            options["auth"] = shielded(options["auth"])
            if isinstance(options["auth"], Secret):
                options["auth"] = TokenAuth(options["auth"])
        else:
            options["auth"] = self.auth
        found: dict[str, Any] = {"project_id": self.project_id}
        if "base_url" not in options and "region" not in options:
            found |= {"base_url": self.base_url, "region": self.region}
            self._check_server()
        if self.language:
            found["language"] = self.language
        arguments = {**found, **options}
        needed = (
            (arguments.get("project_id"), "DRS_PROJECT_ID"),
            (arguments.get("base_url") or arguments.get("region"), "DRS_REGION or DRS_URL"),
            (arguments.get("auth"), _ANY_CREDENTIALS),
        )
        missing = [name for value, name in needed if not value]
        if missing and self._unread:
            raise self._unread
        if missing:
            raise MissingSettingsError(
                f"missing in arguments, environment and profile: {'; '.join(missing)}"
            )
        if ours and isinstance(self.auth, PasswordAuth):
            self._check_iam(
                server_url(region=arguments.get("region"), base_url=arguments.get("base_url"))
            )
        return arguments

    def _check_server(self) -> None:
        """Raises `WrongUseError` for an invalid URL or region, with its origin."""
        if self.base_url is not None:
            checked_url(self.base_url, named=self._source("url"))
        if self.region is not None:
            checked_region(self.region, named=self._source("region"))

    def _check_iam(self, server: str) -> None:
        """Raises `WrongUseError` if the IAM server is invalid, or not known for this `server`."""
        found = _plain(self.credentials, "iam_url")
        if found is not None:
            named = self._source("iam_url")
            checked_url(found, named=named, example="https://iam.eu-de.otc.t-systems.com")
        elif iam_url_for(server) is None:
            raise WrongUseError(
                f"the IAM server for logins by password to {server} is not known: give"
                f" {VARIABLES['iam_url']}, or `iam_url` in the profile"
            )

    def _source(self, key: str) -> str:
        return self.sources.get(key, f"`{key}`")


def _left_of(stored: Found, values: Found, kind: str | None) -> Found:
    """The values of a profile that are used together with those of the environment."""
    dropped: set[str] = set()
    if "url" in values or "region" in values:
        dropped |= {"url", "region"}
    ours = _CREDENTIALS & values.keys()
    if ours and not (kind and ours <= _secrets_of(kind)):
        dropped |= {*_CREDENTIALS, "iam_url", _KIND}
    return {key: value for key, value in stored.items() if key not in dropped}


def _secrets_of(kind: str) -> frozenset[str]:
    return SECRETS & {*KINDS[kind], *(("security_token",) if kind == "keys" else ())}


def _plain(values: Found, key: str) -> str | None:
    return values[key].reveal() if key in values else None


def _auth(values: Found) -> httpx.Auth | None:
    kind = values[_KIND].reveal() if _KIND in values else _kind_of(values)
    if kind is None:
        return None
    missing = [key for key in KINDS[kind] if key not in values]
    if missing:
        raise MissingSettingsError(
            f"the credentials are incomplete: {_lacking(missing, kind, said=_KIND in values)}"
        )
    if kind == "token":
        return TokenAuth(values["token"])
    if kind == "keys":
        return AkSkAuth(
            values["access_key"].reveal(),
            values["secret_key"],
            security_token=values.get("security_token"),
        )
    return PasswordAuth(
        values["username"].reveal(),
        values["password"],
        values["domain"].reveal(),
        iam_url=_plain(values, "iam_url"),
    )


def _lacking(missing: Collection[str], kind: str, *, said: bool) -> str:
    """What is missing and where it belongs; `said` is whether a profile names its kind."""
    if not said:
        return (
            f"{' and '.join(VARIABLES[key] for key in missing)} is missing. To take a secret from"
            f' the environment and the rest from a profile, write into it: {_KIND} = "{kind}"'
        )
    own = " and ".join(f"`{key}`" for key in missing if key not in SECRETS)
    left = " and ".join(VARIABLES[key] for key in missing if key in SECRETS)
    parts = [f"the profile does not have {own}"] if own else []
    parts += (
        [f'{left} is missing, which the profile ({_KIND} = "{kind}") leaves out'] if left else []
    )
    return ", and ".join(parts)


def _kind_of(values: Found) -> str | None:
    """The kind of credentials that was found: the first that is complete, else incomplete."""
    whole = [kind for kind, keys in KINDS.items() if values.keys() >= {*keys}]
    parts = [kind for kind, keys in KINDS.items() if values.keys() & {*keys, *_secrets_of(kind)}]
    return next(iter((*whole, *parts)), None)


def default_file(environment: Mapping[str, str]) -> Path:
    """The file of profiles in this environment; `WrongUseError` if there is no home for it."""
    try:
        return profiles_file(environment)
    except RuntimeError:
        raise _UnreadableFileError(
            "the file of profiles is unknown, because HOME is not set: set DRS_PROFILES to its path"
        ) from None


def _place_of_profiles(environment: Mapping[str, str]) -> Path | _UnreadableFileError:
    try:
        return default_file(environment)
    except _UnreadableFileError as error:
        return error


def _stored(
    place: Path | _UnreadableFileError, name: str | None
) -> tuple[Found, _UnreadableFileError | None]:
    """The values of the profile; if no profile is named, perhaps why the file is not read."""
    try:
        if isinstance(place, _UnreadableFileError):
            raise place
        return _profile(place, name), None
    except _UnreadableFileError as error:
        if name is not None:
            raise
        return {}, error


def _profile(file: Path, name: str | None) -> Found:
    try:
        there, folder = file.is_file(), file.is_dir()
    except OSError as error:
        raise _UnreadableFileError(f"{file} cannot be read: {error.strerror}") from None
    if folder:
        raise _UnreadableFileError(f"{file} is a folder, not a file of profiles")
    if not there:
        if name is None:
            return {}
        raise WrongUseError(
            f"profile `{name}` does not exist, because the file {file} does not exist"
        )
    profiles = _read(file)
    if isinstance(profiles, str):
        raise _UnreadableFileError(f"{file} {profiles}")
    if name is None and "default" not in profiles:
        return {}
    name = name or "default"
    if name not in profiles:
        raise WrongUseError(f"{file} has no profile `{name}`{_hint(name, profiles)}")
    profile = profiles[name]
    if profile is None:
        raise WrongUseError(
            f"`{name}` in {file} is not a profile; write [{name}] and its keys below"
        )
    known = (*VARIABLES, _KIND)
    for key in profile:
        if key not in known:
            raise WrongUseError(f"`{key}` of profile `{name}` is unknown{_hint(key, known)}")
    kind = _plain(profile, _KIND)
    if kind is not None and kind not in KINDS:
        raise WrongUseError(f"`{_KIND}` of profile `{name}` is '{kind}'{_hint(kind, KINDS)}")
    others = stat.S_IRWXG | stat.S_IRWXO
    if SECRETS & profile.keys() and os.name == "posix" and file.stat().st_mode & others:
        raise WrongUseError(f"{file} has secrets and others may read it: chmod 600 {file}")
    return profile


def _read(file: Path) -> dict[str, Found | None] | str:
    """The tables of a file, None for other values; a text says why it cannot be read."""
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return f"is not TOML: {_place(error)}"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return {name: _wrapped(table) for name, table in tables.items()}


def _wrapped(table: Any) -> Found | None:
    return {key: Secret(str(table[key])) for key in table} if is_object(table) else None


def _place(error: ValueError) -> str:
    # The text of a decoder's error quotes bytes, which may be those of a secret.
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is not UTF-8"
    return str(error)


def _hint(name: str, known: Collection[str]) -> str:
    return f": choose one of {', '.join(f'`{key}`' for key in known)}{did_you_mean(name, known)}"
