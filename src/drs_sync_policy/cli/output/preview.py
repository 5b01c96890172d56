"""The requests that would be sent, as text and as curl lines, with a variable for the token."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import click

from drs_sync_policy import (
    AkSkAuth,
    AsyncSyncPolicyClient,
    Batches,
    SyncPolicyReq,
    TokenAuth,
    WrongUseError,
)
from drs_sync_policy.cli.choice import usage_errors
from drs_sync_policy.cli.connection import Connection
from drs_sync_policy.client.shared import credentials_of, requests_of
from drs_sync_policy_api.api.synchronization_policies import batch_set_policy as operation

TOKEN: Final = "$DRS_TOKEN"  # noqa: S105 - the name of a variable
_SIGNED: Final = {"X-Sdk-Date": "<time>", "Authorization": "<signature>"}
_SHOWN: Final = ("Content-Type", "X-Language")
"""What else a client sends is not of the call."""


def show(
    connection: Connection,
    items: Sequence[SyncPolicyReq],
    *,
    batches: Batches,
    edition: str,
    as_curl: bool,
) -> None:
    """Prints the requests, one after the other; `click.UsageError` if they cannot be sent."""
    client = _client(connection, batches=batches, edition=edition)
    address = url(client)
    signs = isinstance(credentials_of(client), AkSkAuth)
    if signs and as_curl:
        click.echo(
            "Note: your requests are signed, which curl cannot do; the line needs a token from IAM"
            " in DRS_TOKEN instead.",
            err=True,
        )
    credentials = _SIGNED if signs and not as_curl else {"X-Auth-Token": TOKEN}
    form = _as_curl if as_curl else _as_text
    with usage_errors(WrongUseError):
        for headers, body in _requests(client, items):
            click.echo(form(address, {**credentials, **headers}, body))


def url(client: AsyncSyncPolicyClient) -> str:
    """The address of the call, which no project id can lead elsewhere."""
    return client.base_url + operation.url_path(client.project_id)


def _client(connection: Connection, **options: Any) -> AsyncSyncPolicyClient:
    try:
        return connection.make(**options)
    except WrongUseError:  # perhaps for want of credentials, which are not needed to show it
        return connection.client(**options, auth=TokenAuth("none"))


def _requests(
    client: AsyncSyncPolicyClient, items: Sequence[SyncPolicyReq]
) -> Iterator[tuple[Mapping[str, str], str]]:
    """The headers and the body of each request, from the client that would send them."""
    for headers, content in requests_of(client, items):
        yield {name: headers[name] for name in _SHOWN if name in headers}, content.decode()


def _as_text(address: str, headers: Mapping[str, str], body: str) -> str:
    """A request as it goes over the wire, but for what every client adds."""
    lines = [f"POST {address}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\n".join((*lines, "", body, ""))


def _as_curl(address: str, headers: Mapping[str, str], body: str) -> str:
    """A request as a line for a shell, in which only the token is a variable."""
    shown: list[Any] = [f"curl --fail-with-body {shlex.quote(address)}"]
    for name, value in headers.items():
        text = f"{name}: {value}"
        # In double quotes the shell puts the variable in; nothing else in a header needs quoting.
        shown.append(f'--header "{text}"' if value == TOKEN else f"--header {shlex.quote(text)}")
    return " \\\n  ".join((*shown, f"--data-binary {shlex.quote(body)}"))
