"""The file of profiles: one table for each, written so that comments and other profiles stay."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
import tomlkit
from tomlkit.exceptions import TOMLKitError

from drs_sync_policy.client.settings import SECRETS

try:
    import fcntl
except ImportError:  # Windows: two logins at once are not coordinated
    # A module cannot be None for mypy.
    fcntl = None  # type: ignore[assignment]


def names(file: Path) -> list[str]:
    """The names of the profiles in the file; `click.UsageError` if it cannot be read."""
    return [*tomllib.loads(_text(file))]


def write(file: Path, name: str, profile: Mapping[str, str]) -> None:
    """Writes the profile into the file, in place of one of the same name.

    The file is replaced in one step, and never has another mode than 600. If it is a link, the
    file that it leads to is replaced. A lock keeps two logins from losing each other's profile.
    """
    encodable(profile)
    file = file.resolve()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(file):
            before = _text(file)
            text = _with(before, name, profile)
            if _parsed(text) != {**tomllib.loads(before), name: dict(profile)}:
                raise _unfit(file, name, profile)
            _replace(file, text.encode())
    except OSError as error:
        raise click.UsageError(
            f"{file} cannot be read or written: {error.strerror}."
            " DRS_PROFILES may name another file."
        ) from None


def _text(file: Path) -> str:
    try:
        text = file.read_text("utf-8") if file.exists() else ""
        tomllib.loads(text)
    except OSError as error:
        raise click.UsageError(
            f"{file} cannot be read or written: {error.strerror}."
            " DRS_PROFILES may name another file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} is not TOML, so nothing is added to it: {error}") from None
    return text


def _with(before: str, name: str, profile: Mapping[str, str]) -> str:
    """The text with the profile; a table that exists is changed in place, with its comments."""
    document: Any = tomlkit.parse(before)
    with suppress(TOMLKitError):  # what results is compared with what is wanted
        if not isinstance(document.get(name), dict):
            document.pop(name, None)
            if document.body:
                document.add(tomlkit.nl())
            document[name] = tomlkit.table()
        table = document[name]
        for key in [key for key in table if key not in profile]:
            del table[key]
        for key, value in profile.items():
            table[key] = value
    return tomlkit.dumps(document)


def _parsed(text: str) -> Mapping[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def encodable(profile: Mapping[str, str]) -> None:
    """`click.UsageError` if a value cannot be in a file."""
    for key, value in profile.items():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise click.UsageError(f"`{key}` is not UTF-8, so no profile can hold it.") from None


def _unfit(file: Path, name: str, profile: Mapping[str, str]) -> click.UsageError:
    shown = tomlkit.dumps(
        {name: {key: "..." if key in SECRETS else value for key, value in profile.items()}}
    )
    return click.UsageError(f"the profile cannot be added to {file}; write it by hand:\n\n{shown}")


@contextmanager
def _locked(file: Path) -> Generator[None]:
    if fcntl is None:
        yield
        return
    lock = os.open(
        file.with_name(f".{file.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600
    )
    try:
        with suppress(OSError):  # Some network file systems have no locks.
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _replace(file: Path, content: bytes) -> None:
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        new.replace(file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
