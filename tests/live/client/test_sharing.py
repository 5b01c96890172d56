"""Clients in several event loops, in forked processes, and copied."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import pickle
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import anyio
import pytest

from drs_sync_policy import AsyncSyncPolicyClient, PasswordAuth, Retries, SyncPolicyClient, Timeouts
from tests.live.client.accounts import DONE, JOBS, PASSWORD, token
from tests.wire import Wire, carries_out, says, wire


def options(server: Wire, **more: Any) -> dict[str, Any]:
    return {"base_url": server.url, "project_id": "p", "auth": "t", "retries": None, **more}


# --- event loops ----------------------------------------------------------------------------------
# asyncio warns of connections of a loop that ended before they were closed; the client ends them.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_client_works_in_one_event_loop_after_another(backend: str) -> None:
    """With connections of its own in each; those of a loop that ended are ended."""

    async def twice(drs: AsyncSyncPolicyClient) -> None:
        for _ in range(2):
            assert (await drs.set_policies(JOBS)).ok

    with wire(then=says(200, DONE)) as server:
        drs = AsyncSyncPolicyClient(**options(server))
        for _ in range(3):
            anyio.run(twice, drs, backend=backend)
        assert len(server.connections) == 3
        anyio.run(drs.aclose, backend=backend)
    gc.collect()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_an_async_client_works_in_two_event_loops_at_once() -> None:
    """Each thread has a loop and connections of its own, and `aclose` in one closes all."""
    together = threading.Barrier(2)

    def act(connection: Any) -> bool:
        together.wait(20)
        return carries_out(server, connection)

    async def several(drs: AsyncSyncPolicyClient) -> None:
        for _ in range(3):
            assert (await drs.set_policies(JOBS)).ok

    with wire(then=act) as server:
        drs = AsyncSyncPolicyClient(**options(server))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: asyncio.run(several(drs)), range(2)))
        assert len(server.heard) == 6
        assert len(server.connections) == 2
        asyncio.run(drs.aclose())
    gc.collect()


# --- processes ------------------------------------------------------------------------------------
def in_child(action: Callable[[], object]) -> bool:
    """Whether an action in a forked process ends well."""
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        try:
            action()
        except BaseException:  # noqa: BLE001 - the parent sees the code
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_drops_the_connections_that_it_inherited() -> None:
    """It opens its own, and those of its parent stay open."""
    with wire(then=says(200, DONE)) as server:
        with SyncPolicyClient(**options(server)) as drs:
            drs.set_policies(JOBS)
            assert in_child(lambda: drs.set_policies(JOBS))
            drs.set_policies(JOBS)
        assert len(server.connections) == 2
        ports = [*server.connections]
        assert [port for port in ports if port in server.last_from] == ports


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_waits_for_no_lock_of_its_parent() -> None:
    """Neither for a login that a thread of the parent sends, nor for the budget of retries."""
    begun, released = threading.Event(), threading.Event()

    def slow(connection: Any) -> bool:
        begun.set()
        released.wait(30)
        return token("t1")(connection)

    with wire(slow, token("t2")) as iam, wire(then=says(200, DONE)) as server:
        auth = PasswordAuth("user", PASSWORD, "d", iam_url=iam.url)
        timeouts = Timeouts(total=20.0)
        with SyncPolicyClient(**options(server, auth=auth, timeouts=timeouts)) as drs:
            thread = threading.Thread(target=drs.set_policies, args=(JOBS,))
            thread.start()
            begun.wait(20)
            assert in_child(lambda: drs.set_policies(JOBS))
            released.set()
            thread.join()
    assert {heard.headers["x-auth-token"] for heard in server.heard} == {"t1", "t2"}


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_an_async_client_works_in_a_forked_process() -> None:
    """Its event loop and its connections stay with the parent."""

    async def once() -> None:
        assert (await drs.set_policies(JOBS)).ok

    async def parent() -> None:
        await once()
        await once()
        await drs.aclose()

    with wire(then=says(200, DONE)) as server:
        drs = AsyncSyncPolicyClient(**options(server))
        assert in_child(lambda: asyncio.run(once()))
        asyncio.run(parent())
        assert len(server.connections) == 2


# --- copies ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [SyncPolicyClient, AsyncSyncPolicyClient])
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_client_that_cannot_be_copied_says_why(kind: Any, copied: Callable[[Any], Any]) -> None:
    """And what to do instead."""
    drs = kind(region="eu-de", project_id="p", auth="the-token")
    with pytest.raises(TypeError, match=r"because it has connections: .*`with_options`") as caught:
        copied(drs)
    assert "the-token" not in str(caught.value)


def test_other_options_share_the_connections() -> None:
    """`with_options` changes timeouts, retries and language, and leaves the original alone."""
    with wire(then=says(200, DONE)) as server:
        drs = SyncPolicyClient(**options(server))
        chinese = drs.with_options(language="zh-cn")
        with closing(drs):
            for one in (drs, chinese, drs, chinese.with_options(language=None)):
                one.set_policies(JOBS)
            spoken = [heard.headers.get("x-language") for heard in server.heard]
        assert spoken == [None, "zh-cn", None, None]
        assert len(server.connections) == 1
        with pytest.raises(ValueError, match="closed; make a new one"):
            chinese.set_policies(JOBS)


def test_other_options_replace_timeouts_and_retries() -> None:
    """Each where it is given; a call's own timeouts win over both."""
    with wire(says(503), says(200, DONE)) as server, SyncPolicyClient(**options(server)) as drs:
        assert drs.with_options(retries=Retries(first_wait=0.0)).set_policies(JOBS).ok


@pytest.mark.parametrize("wrong", [{"language": "de-de"}, {"retry": None}])
def test_other_options_that_are_invalid_are_an_error(wrong: dict[str, Any]) -> None:
    """An invalid value is a `WrongUseError`, an option that cannot change a `TypeError`."""
    drs: Any = SyncPolicyClient(region="eu-de", project_id="p", auth="t")
    with pytest.raises((ValueError, TypeError), match=r"en-us|`with_options` does not change"):
        drs.with_options(**wrong)
