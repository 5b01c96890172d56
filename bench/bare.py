"""The least a Starlette server can do: read the body, send a constant response. A yardstick."""

from __future__ import annotations

import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from drs_sync_policy.sandbox.serving import LOOPBACK, Server, config, listen

_RESPONSE = b'{"results":[{"id":"x","status":"success"}],"count":1}'


async def respond(request: Request) -> Response:
    """Read the body, send a constant response."""
    await request.body()
    return Response(_RESPONSE, media_type="application/json")


if __name__ == "__main__":
    routes = [Route("/v3/{project_id}/jobs/batch-sync-policy", respond, methods=["POST"])]
    Server(config(Starlette(routes=routes))).run([listen(LOOPBACK, int(sys.argv[1]))])
