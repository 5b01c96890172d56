"""The token route of IAM, as far as a client needs it before its first request."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from drs_sync_policy.anyjson import is_object
from drs_sync_policy.sandbox import signature
from drs_sync_policy.sandbox.http import ijson
from drs_sync_policy.sandbox.http.body import SMALL_BODY_BYTES
from drs_sync_policy.sandbox.http.request import Request
from drs_sync_policy.sandbox.http.response import Response
from drs_sync_policy.sandbox.http.routing import Router
from drs_sync_policy.sandbox.store.records import Account
from drs_sync_policy.sandbox.store.store import Store

TOKENS: Final = "/v3/auth/tokens"
PROJECTS: Final = "/v3/projects"
_PATHS: Final = frozenset(tuple(path.encode().split(b"/")) for path in (TOKENS, PROJECTS))
_VALID_SECONDS: Final = 24 * 60 * 60
_TITLES: Final = {400: "Bad Request", 401: "Unauthorized"}

Handle = Callable[[Request], Awaitable[Response]]


class _IamError(Exception):
    """What IAM rejects, in its own error format."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Iam:
    """Password login for tokens of 24 hours, and the projects of a signed request's sender."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._router: Router[Handle] = Router(self._routes())

    def _routes(self) -> Iterable[tuple[str, str, Handle]]:
        yield "POST", TOKENS, self._issue
        yield "GET", PROJECTS, self._projects

    def serves(self, request: Request) -> bool:
        """Whether a request is for IAM."""
        return request.segments in _PATHS

    async def respond(self, request: Request) -> Response:
        """The response of IAM; raises the 405 of a wrong method."""
        match = self._router.match(request.method, request.segments)
        try:
            return await match.target(attrs.evolve(request, path_parameters=match.parameters))
        except _IamError as error:
            shown = {
                "code": error.status,
                "message": error.message,
                "title": _TITLES[error.status],
            }
            return Response(error.status, {"error": shown})

    async def _issue(self, request: Request) -> Response:
        asked = _document(await request.body.read(limit=SMALL_BODY_BYTES))
        user = _at(asked, "auth", "identity", "password", "user")
        account = await self._store.account(
            domain=str(_at(user, "domain").get("name", "")),
            user=str(user.get("name", "")),
            password=str(user.get("password", "")),
        )
        if account is None:
            raise _IamError(401, "The username or password is wrong.")
        _check_scope(_at(asked, "auth").get("scope"), account)
        token = secrets.token_urlsafe(48)
        issued = time.time()
        await self._store.issue(token, account.project_id, issued + _VALID_SECONDS)
        return Response(201, {"token": _shown(account, issued)}, {"X-Subject-Token": token})

    async def _projects(self, request: Request) -> Response:
        await request.body.read(limit=SMALL_BODY_BYTES)
        account = await signed_account(self._store, request)
        if account is None:
            raise _IamError(401, "The request must be signed with a known access key.")
        project = {
            "id": account.project_id,
            "name": account.project,
            "domain_id": account.domain,
            "enabled": True,
        }
        return Response(200, {"projects": [project], "links": {}})


async def signed_account(store: Store, request: Request) -> Account | None:
    """Whose signature a request carries, or None if it is not valid."""
    claimed = signature.claim(request)
    if claimed is None:
        return None
    account = await store.key_holder(claimed.access_key)
    # An unknown key is checked like a known one: it takes as long, and fails.
    secret_key = account.secret_key if account else secrets.token_hex(16)
    body = await request.body.read()
    valid = await request.body.off_loop(signature.verify, claimed, request, body, secret_key)
    return account if valid else None


def _document(body: bytes) -> dict[str, Any]:
    try:
        document: Any = ijson.parse(body)
    except ijson.NotIJsonError as error:
        raise _IamError(400, f"The body is not I-JSON: {error}.") from error
    return _object(document, "The body")


def _object(value: Any, name: str) -> dict[str, Any]:
    if not is_object(value):
        raise _IamError(400, f"{name} must be a JSON object.")
    return value


def _at(document: Mapping[str, Any], *path: str) -> dict[str, Any]:
    found: Any = document
    for name in path:
        found = _object(found, f"What holds `{name}`").get(name)
    return _object(found, f"`{'.'.join(path)}`")


def _check_scope(scope: Any, account: Account) -> None:
    # Without a scope, IAM gives a token of the user's own project.
    if scope is None or "project" not in _object(scope, "`auth.scope`"):
        return
    project = _object(scope["project"], "`auth.scope.project`")
    if project.get("id", account.project_id) != account.project_id:
        raise _IamError(401, "The user has no such project.")
    if project.get("name", account.project) != account.project:
        raise _IamError(401, "The user has no such project.")


def _shown(account: Account, issued: float) -> dict[str, Any]:
    domain = {"id": account.domain, "name": account.domain}
    return {
        "methods": ["password"],
        "issued_at": _time(issued),
        "expires_at": _time(issued + _VALID_SECONDS),
        "project": {"id": account.project_id, "name": account.project, "domain": domain},
        "user": {"id": account.user, "name": account.user, "domain": domain},
        "roles": [],
        "catalog": [],
    }


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
