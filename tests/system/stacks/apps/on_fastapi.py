"""The service on FastAPI, served by uvicorn."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from tests.system.stacks import service
from tests.system.stacks.service import Reply

app = FastAPI(openapi_url=None)


def _sent(reply: Reply) -> Response:
    return Response(reply.body, status_code=reply.status, headers=reply.headers)


@app.post("/v3/{project_id}/jobs/batch-sync-policy")
async def set_policies(project_id: str, request: Request) -> Response:
    return _sent(service.set_policies(project_id, dict(request.headers), await request.body()))


@app.get("/policy/{job_id}")
async def read_policy(job_id: str) -> Response:
    return _sent(service.read_policy(job_id))


@app.exception_handler(HTTPException)
async def http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    key = {404: "route", 405: "method"}.get(status, "request")
    return _sent(service.rejected(status, key, request.headers.get("x-language")))
