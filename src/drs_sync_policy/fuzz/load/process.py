"""The process that runs Locust: `python -m drs_sync_policy.fuzz.load.process SETTINGS`.

It writes a line of JSON for everything that happens, and ends early when its standard input ends:
then whoever started it is gone, or wants it to stop.
"""

from __future__ import annotations

import json
import logging
import os
import select
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import locust
import locust.runners
from locust.env import Environment
from locust.exception import RPCError
from locust.runners import STATE_STOPPED

from drs_sync_policy.fuzz.load.parts import Part, collect, gather, hurry, install
from drs_sync_policy.fuzz.load.settings import Settings
from drs_sync_policy.fuzz.load.users import ContractUser
from drs_sync_policy.fuzz.target import profile

_REPORT_SECONDS = 1.0
_INTERRUPTED_SECONDS = 5.0
"""So long responses are still checked if somebody wants the load to end."""


def main() -> None:
    """Do one part of a load."""
    settings = Settings.from_text(sys.argv[1])
    logging.getLogger("locust").setLevel(logging.ERROR)
    locust.runners.WORKER_REPORT_INTERVAL = _REPORT_SECONDS
    part = Part(
        profile.load(settings.profile),
        edition=settings.edition,
        rate=settings.rate,
        checks=settings.checks,
    )
    environment = Environment(user_classes=[ContractUser], events=locust.events)
    ended = threading.Event()
    _meanwhile(lambda: _watch(ended))
    if settings.role == "worker":
        _work(environment, settings, part, ended)
        return
    if settings.role == "master":
        try:
            environment.create_master_runner(settings.host, settings.port)
        except (SystemExit, RPCError) as error:
            _say("port in use", error=str(error) if isinstance(error, RPCError) else "it is in use")
            return
    else:
        environment.create_local_runner()
    install(environment, part)
    if settings.role == "alone":
        part.prepare()
    if settings.role == "master":
        _wait_for_workers(environment, settings, ended)
    seconds = 0.0 if ended.is_set() else _run(environment, settings, ended)
    _say("end", **collect(environment, seconds=seconds, users=settings.users))
    # It has a runner since the beginning of this function.
    environment.runner.quit()  # type: ignore[union-attr]


def _watch(ended: threading.Event) -> None:
    stdin = sys.stdin.fileno()
    while select.select([stdin], [], [])[0] and os.read(stdin, 1):
        pass
    ended.set()


def _meanwhile(do: Callable[[], object]) -> None:
    """Do something meanwhile: Locust makes a thread a greenlet."""
    threading.Thread(target=do, daemon=True).start()


def _say(what: str, **details: Any) -> None:
    sys.stdout.write(json.dumps({"what": what, **details}) + "\n")
    sys.stdout.flush()


def _work(environment: Environment, settings: Settings, part: Part, ended: threading.Event) -> None:
    part.prepare()
    try:
        runner: Any = environment.create_worker_runner(settings.host, settings.port)
    except ConnectionError:
        _say("no master")
        return
    install(environment, part)
    _say("connected", host=settings.host, port=settings.port)

    def end() -> None:
        ended.wait()
        hurry(environment, _INTERRUPTED_SECONDS)
        runner.stop()
        part.finish()
        runner.quit()

    _meanwhile(end)
    runner.greenlet.join()


def _wait_for_workers(environment: Environment, settings: Settings, ended: threading.Event) -> None:
    runner: Any = environment.runner
    _say("listening", host=settings.host, port=runner.server.port)
    known = 0
    while known < settings.expect_workers and not ended.wait(0.1):
        if len(runner.clients.ready) != known:
            known = len(runner.clients.ready)
            _say("workers", ready=known, expected=settings.expect_workers)


def _run(environment: Environment, settings: Settings, ended: threading.Event) -> float:
    """The seconds that the load lasted."""
    runner: Any = environment.runner
    began, known = time.monotonic(), 0
    _say("begin")
    _meanwhile(lambda: runner.start(settings.users, settings.users))
    while (left := began + settings.seconds - time.monotonic()) > 0:
        if ended.wait(min(left, 1.0)) or runner.state == STATE_STOPPED:
            break
        total, failed = environment.stats.total, gather(environment)
        _say("progress", requests=total.num_requests, errors=total.num_failures)
        for rule in failed[known:]:
            _say("failed", rule=rule)
        known = len(failed)
    seconds = time.monotonic() - began

    def hurry_if_ended() -> None:
        ended.wait()
        hurry(environment, _INTERRUPTED_SECONDS)

    _meanwhile(hurry_if_ended)
    _say("checking")
    runner.stop()
    return seconds


if __name__ == "__main__":
    main()
