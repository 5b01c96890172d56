"""The service on Flask, served by gunicorn."""

from __future__ import annotations

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from tests.system.stacks import service
from tests.system.stacks.service import Reply

app = Flask(__name__)


def _sent(reply: Reply) -> Response:
    return Response(reply.body, status=reply.status, headers=reply.headers)


@app.post("/v3/<project_id>/jobs/batch-sync-policy")
def set_policies(project_id: str) -> Response:
    headers = {name.lower(): value for name, value in request.headers}
    return _sent(service.set_policies(project_id, headers, request.get_data()))


@app.get("/policy/<job_id>")
def read_policy(job_id: str) -> Response:
    return _sent(service.read_policy(job_id))


@app.errorhandler(HTTPException)
def http_error(error: HTTPException) -> Response:
    key = {404: "route", 405: "method"}.get(error.code or 500, "request")
    return _sent(service.rejected(error.code or 500, key, request.headers.get("X-Language")))
