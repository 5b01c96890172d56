"""The verb `sandbox`: run the sandbox and say how to call it."""

from __future__ import annotations

import json
import socket
import sys
from contextlib import ExitStack
from ipaddress import ip_address
from typing import Any

import click

from drs_sync_policy.cli.choice import edition_option, fault_option
from drs_sync_policy.contract import load
from drs_sync_policy.sandbox import (
    DEFAULT_MAX_BODY_BYTES,
    NoHandlerError,
    console,
    target_profile,
    to_toml,
)
from drs_sync_policy.sandbox.faults import UnknownFaultError, catalogue
from drs_sync_policy.sandbox.seed import TENANTS, Tenant
from drs_sync_policy.sandbox.serving import CLIENT_SECONDS, LOOPBACK, listen
from drs_sync_policy.sandbox.store.database import IN_MEMORY, BadDatabaseError
from drs_sync_policy.sandbox.workers import Ports, SandboxOptions, serve, supervise

_PORT = click.IntRange(0, 65535)


@click.command(short_help="Run the sandbox, a test server.")
@click.option("--host", default=LOOPBACK, help="The address to listen on.")
@click.option(
    "--port",
    type=_PORT,
    default=8080,
    help="The port to listen on; 0 takes any free port.",
)
@click.option(
    "--database",
    default=IN_MEMORY,
    metavar="URL",
    help="Where state is kept: `sqlite://` (in memory), `sqlite:///FILE`, `postgresql://...`.",
)
@edition_option("The edition of the contract to imitate.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    help="How many processes share the port and the database.",
)
@click.option(
    "--control/--no-control",
    default=None,
    help="Serve the control routes under /_sandbox/.  [default: served only if --host is a"
    " loopback address]",
)
@click.option(
    "--control-port",
    type=_PORT,
    help="Serve the control routes on a port of their own. They then listen on 127.0.0.1, or,"
    " with --control, on the address of --host.  [default: the port of the API]",
)
@click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="NAME",
    help="One more host name that control routes accept in `Host`; can be given more than once.",
)
@click.option(
    "--client-timeout",
    "client_seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=CLIENT_SECONDS,
    metavar="SECONDS",
    help="Close the connection of a client that sends or reads nothing for this time.",
)
@click.option(
    "--no-aksk",
    is_flag=True,
    help="Accept only tokens, no signatures with access key and secret key.",
)
@click.option(
    "--max-body-bytes",
    type=click.IntRange(min=1),
    default=DEFAULT_MAX_BODY_BYTES,
    help="Maximum size of a request body; a larger one gets 413.",
)
@fault_option("Violate a rule on purpose; can be given more than once.")
@click.option(
    "--list-faults", is_flag=True, help="List the faults, and the rule that each violates."
)
@click.option(
    "--access-log", is_flag=True, help="Write a line of JSON for each response to stderr."
)
@click.option(
    "--print-target",
    is_flag=True,
    help="Print the target profile for `drs-sync-policy fuzz --target` instead of the start"
    " message.",
)
def command(
    host: str,
    port: int,
    workers: int,
    control: bool | None,
    control_port: int | None,
    no_aksk: bool,
    allow_hosts: tuple[str, ...],
    list_faults: bool,
    print_target: bool,
    **settings: Any,
) -> None:
    """Run the sandbox, a test server with two demo tenants, until Ctrl-C or SIGTERM.

    The sandbox follows every rule of the contract and needs no real credentials. It connects to no
    other machine, unless --database names one.
    """
    if list_faults:
        click.echo(_catalogue(settings["edition"]))
        return
    if control is False and control_port is not None:
        raise click.UsageError("give --no-control or --control-port, not both")
    chosen = SandboxOptions(
        control=_has_control(host, control, control_port),
        aksk=not no_aksk,
        peers=workers > 1,
        allow_hosts=(host, *allow_hosts),
        **settings,
    )
    if workers > 1 and chosen.database == IN_MEMORY:
        raise click.UsageError(
            "several workers need a database that they can share: give --database sqlite:///FILE or"
            " postgresql://..."
        )
    with ExitStack() as listening:
        service = listening.enter_context(_listener(host, port))
        own = None
        if control_port is not None:
            where = host if control else LOOPBACK
            own = _listener(where, control_port, option="--control-port")
            listening.enter_context(own)
        sys.exit(_run(chosen, Ports(service, own), workers, print_target=print_target))


def _has_control(host: str, asked: bool | None, control_port: int | None) -> bool:
    """Whether there are control routes; a warning says what other machines can do or not do."""
    if _is_loopback(host) or asked is False:
        return asked is not False
    if asked:
        _warn(
            f"anyone who can connect to {host} can use the control routes: they need no credentials"
        )
    elif control_port is None:
        _warn(
            f"{host} can be reached from other machines, so there are no control routes"
            " and no console; --control serves them"
        )
    return bool(asked) or control_port is not None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _warn(text: str) -> None:
    click.echo(f"Warning: {text}.", err=True)


def _run(settings: SandboxOptions, ports: Ports, workers: int, *, print_target: bool) -> int:
    try:
        # Also with several workers: one process creates the tables and reports what is wrong.
        sandbox = settings.sandbox()
    except UnknownFaultError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from error
    except BadDatabaseError as error:
        raise click.BadParameter(str(error), param_hint="--database") from error
    except NoHandlerError as error:
        raise click.UsageError(str(error)) from error
    _greet(settings, ports, print_target=print_target)
    if workers == 1:
        serve(sandbox, settings, ports)
        return 0
    sandbox.close()
    return supervise(settings, ports, workers=workers)


def _greet(settings: SandboxOptions, ports: Ports, *, print_target: bool) -> None:
    url = _url(ports.service)
    control = _url(ports.control) if ports.control else url if settings.control else None
    if print_target:
        profile = target_profile(
            url, max_body_bytes=settings.max_body_bytes, control=control == url
        )
        click.echo(to_toml(profile), nl=False)
    else:
        click.echo(_welcome(url, control, settings.faults))


def _catalogue(edition: str) -> str:
    known = catalogue(load(edition))
    width = max(len(fault.name) for fault in known)
    lines: list[str] = []
    for rule in dict.fromkeys(fault.rule for fault in known):
        lines.append(rule)
        lines += [f"  {fault.name:{width}}  {fault.text}" for fault in known if fault.rule == rule]
    return "\n".join(lines)


def _listener(host: str, port: int, *, option: str = "--port") -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        made = " (`make sandbox`: with PORT=)" if option == "--port" else ""
        raise click.UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error}."
            f" Choose another with {option}{made}, or any free one with {option} 0."
        ) from error


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _welcome(url: str, control: str | None, faults: tuple[str, ...] = ()) -> str:
    lines = [f"The sandbox listens on {url} (stop it with Ctrl-C).", ""]
    if faults:
        lines += [f"It violates rules on purpose, by these faults: {', '.join(faults)}", ""]
    for tenant in TENANTS:
        lines += [*_tenant(tenant), ""]
    lines += ["Set a policy:", "", *_curl(url, TENANTS[0])]
    if control is not None:
        first = TENANTS[0]
        lines += ["", "Read it back:", ""]
        lines += [f"  curl {control}/_sandbox/projects/{first.project_id}/jobs/{first.job_ids[0]}"]
        if control == url:
            lines += ["", "Try requests in a browser:", "", f"  {url}{console.PATH}"]
    return "\n".join(lines)


def _tenant(tenant: Tenant) -> list[str]:
    return [
        f"{tenant.name}",
        f"  project   {tenant.project_id}",
        f"  token     {tenant.token}",
        f"  expired   {tenant.expired_token}",
        f"  AK, SK    {tenant.access_key}, {tenant.secret_key}",
        f"  login     {tenant.user} of {tenant.domain}, {tenant.password}",
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
