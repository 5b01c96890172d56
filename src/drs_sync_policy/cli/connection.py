"""Which server, project and credentials a verb uses, and what its end means to the shell."""

from __future__ import annotations

from typing import Any, cast

import click
from attrs import field, frozen

from drs_sync_policy import (
    AsyncSyncPolicyClient,
    DrsError,
    LoginError,
    OutsideContractError,
    RefusedError,
    UnreachableError,
    WrongUseError,
)
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.choice import F, completed, usage_errors, with_options
from drs_sync_policy.client.regions import checked_region, checked_url, regions
from drs_sync_policy.client.settings import MissingSettingsError
from drs_sync_policy.text import listed
from drs_sync_policy_api.models import Language


@frozen
class Connection:
    """What the command line says of it; the environment and the profile fill in the rest."""

    profile: str | None = None
    url: str | None = None
    region: str | None = None
    project_id: str | None = None
    language: str | None = None
    token: str | None = field(default=None, repr=False)

    def client(self, **options: Any) -> AsyncSyncPolicyClient:
        """A client; `click.UsageError` says what is missing and where it can be given."""
        with usage_errors(WrongUseError):
            try:
                return self.make(**options)
            except MissingSettingsError as error:
                raise click.UsageError(
                    f"{error}\nGive it as an option, in the environment, or in a profile:"
                    " `drs-sync-policy login` makes one, `drs-sync-policy doctor` checks it."
                ) from error

    def make(self, **options: Any) -> AsyncSyncPolicyClient:
        """As `client`, but what is wrong is a `WrongUseError`.

        It is the async one: Ctrl-C cancels its requests, and what each of them left is known.
        """
        if self.url is not None and self.region is not None:
            raise WrongUseError("give --url or --region, not both")
        if self.url is not None:
            checked_url(self.url, named="`--url`")
        if self.region is not None:
            checked_region(self.region, named="`--region`")
        if self.language is not None and self.language not in (*Language,):
            raise WrongUseError(f"`--language` is '{self.language}': it must be {listed(Language)}")
        given: dict[str, Any] = {
            "base_url": self.url,
            "region": self.region,
            "project_id": self.project_id,
            "language": self.language,
            "auth": self.token,
        }
        found = {name: value for name, value in given.items() if value is not None} | options
        return AsyncSyncPolicyClient.from_environment(profile=self.profile, **found)


def connection_options(function: F) -> F:
    """Adds the options that make a `Connection`, which the verb gets as `connection`."""

    def wrapped(**given: Any) -> Any:
        names = ("profile", "url", "region", "project_id", "language", "token")
        connection = Connection(**{name: given.pop(name) for name in names})
        if connection.token is not None:
            click.echo(
                "Warning: a token on the command line can be read by every user of this machine;"
                " give it as DRS_TOKEN, or in a profile.",
                err=True,
            )
        return function(connection=connection, **given)

    wrapped.__doc__ = function.__doc__
    return cast("F", with_options(*_OPTIONS)(wrapped))


_OPTIONS = (
    click.option("--profile", metavar="NAME", help="The profile to use (DRS_PROFILE)."),
    click.option("--url", metavar="URL", help="The URL of the server (DRS_URL)."),
    click.option("--region", metavar="NAME", help="The region of the server, instead of --url"
    " (DRS_REGION).",
                 shell_complete=completed(regions)),
    click.option("--project-id", metavar="ID", help="The project (DRS_PROJECT_ID)."),
    click.option("--language", metavar="LANGUAGE", help="The language of messages: en-us or zh-cn.",
                 shell_complete=completed(lambda: [language.value for language in Language])),
    click.option("--token", metavar="TOKEN", help="A token. DRS_TOKEN is safer than this option."),
)  # fmt: skip


def exit_code(error: DrsError) -> int:
    """The exit code that an error of the client means, and what it left of the other requests."""
    jobs = error.outcome or ()
    errors = {id(found): found for found in (error, *(job.error for job in jobs)) if found}
    return exits.worst(_code(found) for found in errors.values())


def _code(error: DrsError) -> int:
    if isinstance(error, LoginError):
        rejected = isinstance(error.reason, RefusedError)
        return exits.NOT_ALLOWED if rejected else _code(error.reason)
    if isinstance(error, UnreachableError):
        return exits.UNREACHABLE
    if isinstance(error, OutsideContractError):
        return exits.OUTSIDE_CONTRACT
    if isinstance(error, WrongUseError):
        return exits.WRONG_USE
    if isinstance(error, RefusedError) and error.status in (401, 403):
        return exits.NOT_ALLOWED
    return exits.BROKEN
