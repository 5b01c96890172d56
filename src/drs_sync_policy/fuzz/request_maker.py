"""Makes requests to a target: those that a case sends, and those that read a policy back."""

from __future__ import annotations

import functools
import itertools
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from drs_sync_policy import anyjson
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import Bodies
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy.fuzz.target.profile import Target, Tenant

PROJECT_ID: Final = "{project_id}"
JOB_ID: Final = "{job_id}"
_PLACEHOLDERS: Final = re.compile(r"\{(?:project_id|job_id)\}")


class RequestMaker:
    """Requests to one target. Any thread may use it."""

    def __init__(self, oracle: Oracle, *, seed: int, bodies: Bodies | None = None) -> None:
        self.oracle = oracle
        self.target: Target = oracle.target
        self.seed = seed
        self.bodies: Bodies = bodies or bodies_for(oracle, self.target.tenant.job_ids)
        """Builds bodies for the jobs of the target's tenant."""
        self._numbers = itertools.count(1)
        self._prefix = urlsplit(self.target.url).path.rstrip("/")

    def request(
        self,
        body: Any,
        *,
        tenant: Tenant | None = None,
        language: str | None = None,
        project_id: str | None = None,
        of: Oracle | None = None,
    ) -> Request:
        """A request that is valid but for its body, maybe: bytes as they are, else JSON.

        It is for the operation of the oracle `of`, by default for the one that sets policies.
        """
        tenant, of = tenant or self.target.tenant, of or self.oracle
        headers = [("Content-Type", of.media_type)]
        if language is not None:
            headers.append(("X-Language", language))
        path = self.path(tenant.project_id if project_id is None else project_id, of=of)
        body = body if isinstance(body, bytes) else ijson.dumps(body)
        return _authorized(of, tenant, of.operation.method, path, headers, body)

    def in_both_forms(self) -> Iterator[Request]:
        """Valid requests without end: two with an item with no field, two with every field, again.

        For what must be rejected whatever the item is. Another bug may reject either item with the
        same status, and then such a rejection shows nothing.
        """
        job = self.target.tenant.job_ids[0]
        items = (self.bodies.item(job), self.bodies.full(job))
        bare, full = (self.request(self.bodies.body([item])) for item in items)
        return itertools.cycle((bare, bare, full, full))

    def reading(self, tenant: Tenant, job_id: str) -> Request:
        """The request that reads the policy of a job; the profile must have a `readback`."""
        readback = self.target.readback
        if readback is None:
            raise AssertionError
        ids = {PROJECT_ID: tenant.project_id, JOB_ID: job_id}
        path = _PLACEHOLDERS.sub(lambda found: quote(ids[found[0]], safe=""), readback.path)
        has_body = readback.body is not None
        headers = [("Content-Type", self.oracle.media_type)] if has_body else []
        body = ijson.dumps(_filled(readback.body, ids)) if has_body else None
        path = self._prefix + path
        return _authorized(self.oracle, tenant, readback.method, path, headers, body)

    def path(self, project_id: str, *, raw: bool = False, of: Oracle | None = None) -> str:
        """The path of the operation for a project, its id percent-encoded unless it is `raw`."""
        encoded = project_id if raw else quote(project_id, safe="")
        path = (of or self.oracle).operation.path
        return self._prefix + path.replace(PROJECT_ID, encoded)

    def unknown_job(self) -> str:
        """A job id that nobody has, different on every request."""
        return f"no-such-job-{self.seed:x}-{next(self._numbers)}"

    def random(self, name: str) -> random.Random:
        """A source of random numbers that depends on the seed and `name` alone."""
        return random.Random(f"{self.seed}/{name}")  # noqa: S311 - nothing secret about it


def bodies_for(oracle: Oracle, job_ids: Sequence[str]) -> Bodies:
    """What builds bodies for these jobs."""
    return _bodies(oracle.contract, oracle.operation.id, oracle.media_type, tuple(job_ids))


@functools.lru_cache(maxsize=32)
def _bodies(
    contract: Contract, operation: str, media_type: str, job_ids: tuple[str, ...]
) -> Bodies:
    return Bodies(contract, contract.operation(operation).request[media_type], job_ids)


def _authorized(
    of: Oracle,
    tenant: Tenant,
    method: str,
    path: str,
    headers: Iterable[tuple[str, str]],
    body: bytes | None,
) -> Request:
    """A request with the token of a tenant before its other headers."""
    credential = of.operation.security_headers[0]
    return Request(
        method=method,
        path=path,
        headers=((credential, tenant.token), *headers),
        body=body,
        secret=frozenset({credential.lower()}),
    )


def _filled(node: Any, ids: Mapping[str, str]) -> Any:
    """A value with the ids in its strings."""
    if anyjson.is_object(node):
        return {name: _filled(value, ids) for name, value in node.items()}
    if anyjson.is_array(node):
        return [_filled(value, ids) for value in node]
    if isinstance(node, str):
        return _PLACEHOLDERS.sub(lambda found: ids[found[0]], node)
    return node
