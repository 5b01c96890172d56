"""The sandbox as an ASGI application, without a server."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import schemathesis

from drs_sync_policy.contract import load
from drs_sync_policy.sandbox import create_app
from drs_sync_policy.sandbox.seed import FIRST

PATH = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"
HEADERS = {"X-Auth-Token": FIRST.token}
BATCH: Any = {"jobs": [{"job_id": FIRST.job_ids[0], "ddl_trans": True}]}


def test_httpx_calls_it_without_a_lifespan() -> None:
    """An ASGI client that never sends the lifespan gets its responses."""

    async def request() -> list[int]:
        transport = httpx.ASGITransport(app=create_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            requests = [client.post(PATH, headers=HEADERS, json=BATCH) for _ in range(10)]
            return [response.status_code for response in await asyncio.gather(*requests)]

    assert asyncio.run(request()) == [200] * 10


def test_it_outlives_an_event_loop() -> None:
    """Calls on one loop after another see the same state."""
    app = create_app()

    async def request(path: str, **request: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            return await client.request("POST" if request else "GET", path, **request)

    assert asyncio.run(request(PATH, headers=HEADERS, json=BATCH)).status_code == 200
    read_back = f"/_sandbox/projects/{FIRST.project_id}/jobs/{FIRST.job_ids[0]}"
    assert asyncio.run(request(read_back)).json()["policy"] == {"ddl_trans": True}


def test_schemathesis_calls_it() -> None:
    """Schemathesis loads the contract and requests the application in process."""
    schema = schemathesis.openapi.from_dict(dict(load().document))
    schema.app = create_app()
    case = schema["/v3/{project_id}/jobs/batch-sync-policy"]["POST"].Case(
        path_parameters={"project_id": FIRST.project_id},
        headers=HEADERS,
        body=BATCH,
        media_type="application/json",
    )
    case.call_and_validate()
