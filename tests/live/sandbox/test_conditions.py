"""Latency, throttling, outages and resets, for the sake of clients."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from drs_sync_policy.sandbox.conditions import ConnectionReset, NetworkConditions, Simulator
from drs_sync_policy.sandbox.seed import FIRST

from .conftest import Caller

ITEM = {"job_id": FIRST.job_ids[0]}


def change(caller: Caller, **conditions: Any) -> None:
    response = caller.http.put("/_sandbox/conditions", json=conditions)
    assert response.status_code == 200
    assert conditions.items() <= response.json().items()


def test_shares_are_met_evenly(serve: Callable[..., Caller]) -> None:
    """A share of a quarter strikes every fourth request, without chance."""
    caller = serve()
    change(caller, throttled=0.25, retry_after=7)
    responses = [caller.set(ITEM) for _ in range(8)]
    assert [response.status_code for response in responses] == [200, 200, 200, 429] * 2
    assert responses[3].headers["Retry-After"] == "7"
    assert responses[3].json()["error_code"] == "APIGW.0308"


def test_an_outage_is_503(serve: Callable[..., Caller]) -> None:
    """A share of 1 strikes every request, control routes aside."""
    caller = serve()
    change(caller, unavailable=1)
    response = caller.set(ITEM)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert caller.http.get("/healthz").status_code == 200
    change(caller)
    assert caller.set(ITEM).status_code == 200


def test_a_connection_is_reset(serve: Callable[..., Caller]) -> None:
    """A reset request gets no response and stores nothing; the next one is executed."""
    caller = serve()
    change(caller, reset=0.5)
    assert caller.set(ITEM).status_code == 200
    with pytest.raises(httpx.ReadError, match="reset"):
        caller.set({**ITEM, "ddl_trans": True})
    assert caller.stored(FIRST.job_ids[0]) == {}
    assert caller.set(ITEM).status_code == 200


def test_a_reset_waits_for_the_whole_call(serve: Callable[..., Caller]) -> None:
    """A client that sends its body late is reset while it waits for the response, not before."""
    caller = serve()
    change(caller, reset=1)
    url = caller.http.base_url
    head = f"POST {caller.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
    with socket.create_connection((url.host, url.port or 0), 10) as wire:
        wire.sendall(head.encode())
        wire.settimeout(0.2)
        with pytest.raises(TimeoutError):
            wire.recv(1)
        wire.settimeout(10)
        wire.sendall(b"{}")
        with pytest.raises(ConnectionResetError):
            wire.recv(1)


def test_latency_delays_and_changes_nothing(serve: Callable[..., Caller]) -> None:
    """A delayed request gets a response like any other."""
    caller = serve()
    change(caller, latency_ms=20)
    response = caller.set(ITEM)
    assert response.status_code == 200
    assert response.elapsed.total_seconds() >= 0.02


@pytest.mark.parametrize(
    "wrong",
    [{"throttled": 2}, {"reset": -0.1}, {"unavailable": "1"}, {"latency_ms": True}, {"hail": 1}],
)
def test_impossible_conditions_are_rejected(first: Caller, wrong: dict[str, Any]) -> None:
    """A share beyond 1 and a field that does not exist are reported by name."""
    response = first.http.put("/_sandbox/conditions", json=wrong)
    assert (response.status_code, f"`{next(iter(wrong))}`" in response.json()["error"]) == (
        400,
        True,
    )


async def _struck(simulator: Simulator, times: int) -> int:
    struck = 0
    for _ in range(times):
        try:
            await simulator.apply()
        except ConnectionReset:
            struck += 1
    return struck


@pytest.mark.parametrize("share", [0, 0.01, 0.1, 1 / 3, 0.5, 0.9, 1])
def test_every_share_is_met(share: float) -> None:
    """Of a thousand requests, the share of them is struck, to the one."""
    struck = asyncio.run(_struck(Simulator(NetworkConditions(reset=share)), 1000))
    assert abs(struck - 1000 * share) < 1
