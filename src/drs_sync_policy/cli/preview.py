"""The requests that would be sent, as text and as curl lines, with a variable for the token."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from drs_sync_policy import Batches, SyncPolicyReq, contract
from drs_sync_policy.cli.policies import OPERATION

TOKEN: Final = "$DRS_TOKEN"  # noqa: S105 - the name of a variable


def requests(
    items: Sequence[SyncPolicyReq], batches: Batches, *, language: str | None
) -> Iterator[tuple[Mapping[str, str], str]]:
    """The headers and the body of each request."""
    headers = {"X-Auth-Token": TOKEN, "Content-Type": "application/json"}
    if language:
        headers["X-Language"] = language
    for chunk in batches.cut(items):
        yield headers, chunk.content.decode()


def url(base_url: str, project_id: str) -> str:
    """The address of the call."""
    return base_url + contract.load().operation(OPERATION).path.format(project_id=project_id)


def as_text(address: str, headers: Mapping[str, str], body: str) -> str:
    """A request as it goes over the wire, but for what every client adds."""
    lines = [f"POST {address}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\n".join((*lines, "", body, ""))


def as_curl(address: str, headers: Mapping[str, str], body: str) -> str:
    """A request as a line for a shell, in which only the token is a variable."""
    shown: list[Any] = [f"curl --fail-with-body {shlex.quote(address)}"]
    for name, value in headers.items():
        text = f"{name}: {value}"
        # In double quotes the shell puts the variable in; nothing else in a header needs quoting.
        shown.append(f'--header "{text}"' if value == TOKEN else f"--header {shlex.quote(text)}")
    return " \\\n  ".join((*shown, f"--data-binary {shlex.quote(body)}"))
