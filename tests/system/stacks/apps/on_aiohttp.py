"""The service on aiohttp's own server and router."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.system.stacks import service
from tests.system.stacks.service import Reply


def _sent(reply: Reply) -> web.Response:
    return web.Response(body=reply.body, status=reply.status, headers=reply.headers)


async def set_policies(request: web.Request) -> web.Response:
    headers = {name.lower(): value for name, value in request.headers.items()}
    project_id = request.match_info["project_id"]
    return _sent(service.set_policies(project_id, headers, await request.read()))


async def read_policy(request: web.Request) -> web.Response:
    return _sent(service.read_policy(request.match_info["job_id"]))


@web.middleware
async def errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        key = {404: "route", 405: "method", 413: "size"}.get(error.status, "request")
        return _sent(service.rejected(error.status, key, request.headers.get("X-Language")))


def application() -> web.Application:
    app = web.Application(middlewares=[errors], client_max_size=service.LIMIT)
    app.router.add_post(service.PATH, set_policies)
    app.router.add_get(service.READBACK, read_policy)
    return app


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1", port=int(sys.argv[1]), print=None)
