"""The service on Django, served by gunicorn."""

from __future__ import annotations

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from tests.system.stacks import service
from tests.system.stacks.service import Reply

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,  # the service checks the size
    ROOT_URLCONF=__name__,
    SECRET_KEY="of-a-test-server",
)


def _sent(reply: Reply) -> HttpResponse:
    return HttpResponse(reply.body, status=reply.status, headers=reply.headers)


@csrf_exempt
def set_policies(request: HttpRequest, project_id: str) -> HttpResponse:
    language = request.headers.get("X-Language")
    if request.method != "POST":
        return _sent(service.rejected(405, "method", language))
    headers = {name.lower(): value for name, value in request.headers.items()}
    return _sent(service.set_policies(project_id, headers, request.body))


def read_policy(request: HttpRequest, job_id: str) -> HttpResponse:
    return _sent(service.read_policy(job_id))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _sent(service.rejected(404, "route", request.headers.get("X-Language")))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _sent(service.rejected(400, "request", request.headers.get("X-Language")))


urlpatterns = [
    path("v3/<str:project_id>/jobs/batch-sync-policy", set_policies),
    path("policy/<str:job_id>", read_policy),
]
handler404 = not_found
handler400 = bad_request
app = WSGIHandler()
