"""The verb `sandbox`: run the reference server and say how to call it."""

from __future__ import annotations

import json
import socket

import click

from drs_sync_policy import contract
from drs_sync_policy.sandbox import DEFAULT_MAX_BODY_BYTES, create_app, target_profile, to_toml
from drs_sync_policy.sandbox.database import BadDatabaseError
from drs_sync_policy.sandbox.faults import UnknownFaultError, catalogue
from drs_sync_policy.sandbox.seed import TENANTS, Tenant
from drs_sync_policy.sandbox.serving import LOOPBACK, listen, serve


@click.command(short_help="Run the reference server.")
@click.option("--host", default=LOOPBACK, show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="The port to listen on; 0 takes any that is free.",
)
@click.option(
    "--database",
    default="sqlite://",
    show_default=True,
    metavar="URL",
    help="Where state is kept: `sqlite://` (in memory), `sqlite:///FILE`, `postgresql://...`.",
)
@click.option(
    "--edition",
    type=click.Choice(contract.editions()),
    default=contract.BASE_EDITION,
    show_default=True,
    help="The edition of the contract to serve.",
)
@click.option("--no-control", is_flag=True, help="Leave the control routes under /_sandbox/ out.")
@click.option(
    "--max-body-bytes",
    type=click.IntRange(min=1),
    default=DEFAULT_MAX_BODY_BYTES,
    show_default=True,
    help="A larger body gets 413.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME",
    help="Break a promise on purpose; may be given more than once.",
)
@click.option("--list-faults", is_flag=True, help="List the faults, and the rule each breaks.")
@click.option(
    "--print-target",
    is_flag=True,
    help="Print the target profile for `drs-sync-policy fuzz --target` instead of the welcome.",
)
def command(
    host: str,
    port: int,
    database: str,
    edition: str,
    no_control: bool,
    max_body_bytes: int,
    faults: tuple[str, ...],
    list_faults: bool,
    print_target: bool,
) -> None:
    """Run the reference server with two demo tenants, until Ctrl-C or SIGTERM.

    It keeps every promise of the contract, takes no real credentials and sends nothing anywhere.
    """
    if list_faults:
        click.echo(_catalogue(contract.load(edition)))
        return
    try:
        app = create_app(
            database=database,
            contract=contract.load(edition),
            control=not no_control,
            max_body_bytes=max_body_bytes,
            faults=faults,
        )
    except UnknownFaultError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from error
    except BadDatabaseError as error:
        raise click.BadParameter(str(error), param_hint="--database") from error
    with _listener(host, port) as listener:
        url = _url(host, listener)
        if print_target:
            profile = target_profile(url, max_body_bytes=max_body_bytes, control=not no_control)
            click.echo(to_toml(profile), nl=False)
        else:
            click.echo(_welcome(url, control=not no_control))
        serve(app, listener)


def _catalogue(edition: contract.Contract) -> str:
    known = catalogue(edition)
    width = max(len(fault.name) for fault in known)
    lines: list[str] = []
    for rule in dict.fromkeys(fault.rule for fault in known):
        lines.append(rule)
        lines += [
            f"  {fault.name:{width}}  {fault.description}" for fault in known if fault.rule == rule
        ]
    return "\n".join(lines)


def _listener(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        raise click.UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error}."
            " Choose another with --port, or any free one with --port 0."
        ) from error


def _url(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def _welcome(url: str, *, control: bool) -> str:
    lines = [f"The sandbox listens on {url} (stop it with Ctrl-C).", ""]
    for tenant in TENANTS:
        lines += [*_tenant(tenant), ""]
    lines += ["Set a policy:", "", *_curl(url, TENANTS[0])]
    if control:
        first = TENANTS[0]
        lines += ["", "Read it back:", ""]
        lines += [f"  curl {url}/_sandbox/projects/{first.project_id}/jobs/{first.job_ids[0]}"]
    return "\n".join(lines)


def _tenant(tenant: Tenant) -> list[str]:
    return [
        f"{tenant.name}",
        f"  project   {tenant.project_id}",
        f"  token     {tenant.token}",
        f"  expired   {tenant.expired_token}",
        *(f"  job       {job_id}" for job_id in tenant.job_ids),
        *(f"  blocked   {job_id}  ({tenant.states[job_id]})" for job_id in tenant.blocked_job_ids),
    ]


def _curl(url: str, tenant: Tenant) -> list[str]:
    body = json.dumps({"jobs": [{"job_id": tenant.job_ids[0], "conflict_policy": "ignore"}]})
    return [
        f"  curl {url}/v3/{tenant.project_id}/jobs/batch-sync-policy \\",
        f"    --header 'X-Auth-Token: {tenant.token}' \\",
        "    --header 'Content-Type: application/json' \\",
        f"    --data '{body}'",
    ]
