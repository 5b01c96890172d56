"""The user that Locust runs.

This is a locustfile: `locust -f` runs it, and a locustfile of yours can import `ContractUser` to
have its users next to your own. It needs `--target target.toml`. Do not import it in another
process than one of Locust: Locust patches the standard library.
"""

# Locust's events and the client's responses have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import functools
import random
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from locust import FastHttpUser, events, task
from locust.env import Environment
from locust.runners import WorkerRunner

from drs_sync_policy import contract
from drs_sync_policy.fuzz.evidence import files as evidence
from drs_sync_policy.fuzz.load.parts import PAUSE, Part, collect, install, part_of
from drs_sync_policy.fuzz.load.run import Load
from drs_sync_policy.fuzz.load.session import TOO_BUSY, NotServed, Session
from drs_sync_policy.fuzz.report import files, terminal
from drs_sync_policy.fuzz.report.describe import describe
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.http import NoResponse, Request, Response, TimedOut, Unreachable
from drs_sync_policy.fuzz.target.real_service import is_real, require_permission
from drs_sync_policy.fuzz.traffic.offline import NoWire


@functools.cache
def _tls(cafile: str | None) -> ssl.SSLContext:
    """One for all users: to read the certificates takes as long as many requests."""
    return ssl.create_default_context(cafile=cafile)


class ContractUser(FastHttpUser):
    """Sends a mix of requests, and has the responses checked."""

    part: Part
    host: str | None
    connection_timeout: float
    network_timeout: float
    insecure: bool
    ssl_context_factory: Callable[[], ssl.SSLContext] | None
    sent_as: str
    concurrency: int = 1
    max_redirects: int = 0

    def __init__(self, environment: Environment) -> None:
        self.part = part_of(environment)
        target = self.part.target
        self.host = target.origin
        self.connection_timeout = self.network_timeout = target.timeout
        if target.verify is not False:
            cafile = target.verify if isinstance(target.verify, str) else None
            self.insecure = False
            self.ssl_context_factory = lambda: _tls(cafile)
        super().__init__(environment)
        # Whether a status is right is for the rules; the client would read such bodies twice.
        vars(self.client.client)["valid_response_codes"] = frozenset(range(100, 600))
        self.sent_as = ""
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """What this user does."""
        if self._session is None:
            while self.part.shared is None:  # a worker gets its part before its users, as a rule
                time.sleep(PAUSE)
            seed = random.getrandbits(48)
            self._session = Session(self.part.shared, _Wire(self), seed=seed, named=self._name)
        return self._session

    @task(6)
    def own(self) -> None:
        """Change jobs of its own, and read them."""
        self._do(self.session.own)

    @task(3)
    def strange(self) -> None:
        """Send what changes nothing."""
        self._do(self.session.strange)

    @task(3)
    def together(self) -> None:
        """Send to one job at the same time as others."""
        self._do(self.session.together)

    @task(1)
    def large(self) -> None:
        """Send a large batch."""
        self._do(self.session.large)

    def _do(self, turn: Callable[[], None]) -> None:
        try:
            turn()
        except NotServed:
            time.sleep(PAUSE)

    def _name(self, kind: str) -> None:
        self.sent_as = kind


class _Wire(NoWire):
    """Sends over the client of a user, whose requests Locust measures."""

    def __init__(self, user: ContractUser) -> None:
        self._user = user
        self._extra = user.part.target.headers

    def send(self, request: Request, *, timeout: float | None = None) -> Response:
        self._user.part.wait_for_turn()
        body: Any = request.body
        began = time.monotonic()
        with self._user.client.request(
            request.method,
            request.path,
            name=self._user.sent_as,
            data=body,
            headers={"Accept-Encoding": "identity", **self._extra, **dict(request.headers)},
            catch_response=True,
            allow_redirects=False,
        ) as got:
            status = got.status_code
            error: BaseException | None = got.request_meta["exception"]
            if error is not None:
                got.failure(f"no response: {type(error).__name__}")
                raise _no_response(error)
            if status in TOO_BUSY or status >= 500:
                got.failure(f"status {status}")
            else:
                got.success()
            headers: Any = got.headers
            return Response(
                status=status,
                headers=tuple(_pairs(headers)),
                body=bytes(got.content or b""),
                seconds=time.monotonic() - began,
            )


def _no_response(error: BaseException) -> Exception:
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(str(error))
    if isinstance(error, TimeoutError):
        return TimedOut(str(error))
    return NoResponse(f"{type(error).__name__}: {error}")


def _pairs(headers: Any) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        for entry in value if isinstance(value, list) else (value,):
            yield str(name), str(entry)


# --- as a locustfile ------------------------------------------------------------------------------


def _options(parser: Any, **_: Any) -> None:
    group = parser.add_argument_group("drs-sync-policy")
    group.add_argument("--target", help="The target profile (TOML) of the server under load.")
    group.add_argument("--rate", type=float, help="Maximum number of requests per second.")
    group.add_argument("--report", help="A folder for the report, written at the end.")


def _as_locustfile(environment: Environment, **_: Any) -> None:
    options = environment.parsed_options
    if options is None or not getattr(options, "target", None):
        return
    target = profile.load(options.target)
    require_permission(target)
    if is_real(target) and not options.rate:
        raise ValueError(f"{target.url} is a real service: say with `--rate` how fast to send")
    install(environment, Part(target, rate=options.rate))
    if not isinstance(environment.runner, WorkerRunner):

        def end(**_: Any) -> None:
            _finish(environment, Path(options.report) if options.report else None)

        cast("Any", environment.events).quitting.add_listener(end)


def _finish(environment: Environment, folder: Path | None) -> None:
    """Show the verdict and write the report, as the command does."""
    if environment.runner is not None:
        environment.runner.stop()  # after Ctrl-C it still runs
    total = environment.stats.total
    seconds = (total.last_request_timestamp or total.start_time) - total.start_time
    # A locustfile always has parsed options.
    users = environment.parsed_options.num_users or 1  # type: ignore[union-attr]
    load = Load(part_of(environment).target, contract.load())
    load.enter(collect(environment, seconds=seconds, users=users))
    verdict = load.verdict(*load.ending())
    report = describe(verdict, folder=folder)
    terminal.show(report, terminal.console())
    if folder is not None:
        files.prepare(folder)
        files.write(report, folder)
        evidence.write(verdict, folder)
    environment.process_exit_code = int(bool(report.failing)) if report.is_complete else 6


cast("Any", events).init_command_line_parser.add_listener(_options)
cast("Any", events).init.add_listener(_as_locustfile)
