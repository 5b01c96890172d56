"""What the contract allows as the response to a request, read from the bytes of the request alone.

A request has *defects*: what in it breaks the contract, each with the statuses allowed for it. A
request without defects is valid. If a request has several, a server may report any of them, but
credentials come before the body.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, Literal
from urllib.parse import unquote_to_bytes

from attrs import field, frozen

from drs_sync_policy.contract import BATCH_SET_POLICY, Contract, Operation, Parameter
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.defects import (
    PARAMETERS_RULE,
    AnyRule,
    Defect,
    allowed_statuses,
    is_shared,
    rule_of,
)
from drs_sync_policy.fuzz.request_body import BodyReader
from drs_sync_policy.fuzz.schemas import validator
from drs_sync_policy.fuzz.target.http import Headers, Request
from drs_sync_policy.fuzz.target.profile import Target, Tenant

JobKind = Literal["own", "blocked", "foreign", "unknown", "unclear"]
"""Whose a job is, for the tenant of a request; unclear: the profile does not name all jobs."""
OTHER_METHODS: Final = ("GET", "PUT", "PATCH", "DELETE")
"""What rule other-methods-are-refused speaks of; OPTIONS and HEAD are the server's own affair."""

_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_SHORT: Final = 5
_IN_FRONT: Final = frozenset({400, 414, 431, 494})
"""What servers say to an odd request line or header before the application sees it."""


@frozen
class Expectation:
    """What the contract allows as the response to one request.

    `rule` is what the request is about, empty for one that is not of the operation, such as a
    reading. `statuses` is None where the contract does not say. `items` are those of a valid body,
    `language` is None where the header is wrong, `tenant` where the credentials are.
    """

    rule: AnyRule | Literal[""]
    statuses: frozenset[int] | None
    defects: tuple[Defect, ...] = ()
    items: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    body: Any = field(default=None, repr=False, eq=False)
    """The valid body, decoded; None where it is invalid or was not decoded."""
    language: str | None = None
    tenant: Tenant | None = None
    front: bool = False
    """Whether something in front of the service may have rejected it, in a form of its own."""

    @property
    def valid(self) -> bool:
        """Whether the request is valid, so that 200 is the right response."""
        return self.statuses == frozenset({200})

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the request is about: the invalid ones; if it is valid, those it sets."""
        named = [name for defect in self.defects for name in defect.fields]
        if not self.defects:
            named = [name for item in self.items for name in item]
        return tuple(dict.fromkeys(named))


@frozen
class _Head:
    """What the line and the headers of a request say, whatever its body is."""

    defects: tuple[Defect, ...]
    language: str | None
    tenant: Tenant | None
    odd: bool


class Oracle:
    """The contract and the target, ready to be asked about requests.

    `operation` is the one that scenarios are about. Requests of the other operations that the
    target is checked on have an oracle of their own, one of `others`.
    """

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        target: Target,
        *,
        knows_all_jobs: bool = True,
    ) -> None:
        self.contract = contract
        self.operation = operation
        self.target = target
        self.knows_all_jobs = knows_all_jobs
        """Whether a job that the profile does not name is unknown to the server."""
        self.rules: frozenset[str] = _rules(operation)
        """The rules that a response of the operation can violate."""
        self.others: tuple[Oracle, ...] = ()
        if operation.id == BATCH_SET_POLICY:
            self.others = tuple(
                Oracle(contract, other, target, knows_all_jobs=knows_all_jobs)
                for other in contract.checked(target.operations)
                if other.id != operation.id
            )
        self.body: BodyReader = BodyReader(contract, operation, max_bytes=target.max_body_bytes)
        self.media_type: str = self.body.media_type
        self._parameters = {
            parameter.name: validator(contract, parameter.schema)
            for parameter in operation.parameters
        }
        self._path = _path_pattern(target.url, operation.path)
        self._token = operation.security_headers[0]
        self._tenants = {tenant.token: tenant for tenant in target.tenants}
        self._owners = dict.fromkeys(target.blocked_job_ids, target.tenant)
        for tenant in reversed(self._tenants.values()):
            self._owners |= dict.fromkeys(tenant.job_ids, tenant)
        # Of most requests, only the body differs from the one before.
        self._head = functools.lru_cache(maxsize=64)(self._read_head)
        self._of_path = functools.lru_cache(maxsize=64)(self._find_of_path)

    @classmethod
    def of_target(
        cls, target: Target, contract: Contract, *, knows_all_jobs: bool = True
    ) -> Oracle:
        """The oracle whose operation is the one that every server has."""
        operation = contract.operation(BATCH_SET_POLICY)
        return cls(contract, operation, target, knows_all_jobs=knows_all_jobs)

    def of(self, request: Request) -> Oracle:
        """The oracle of the operation that the request is for; this one if it is for none."""
        return self._of_path(request.path) if self.others else self

    def _find_of_path(self, path: str) -> Oracle:
        return next((other for other in self.others if other.is_path(path)), self)

    def is_path(self, path: str) -> bool:
        """Whether this is a path of the operation, whatever the method and the rest are."""
        return self._path.fullmatch(path) is not None

    def expect(self, request: Request) -> Expectation:
        """What the contract allows as the response to `request`."""
        other = self.of(request)
        if other is not self:
            return other.expect(request)
        if request.method not in (self.operation.method, *OTHER_METHODS):
            return Expectation("status-is-documented", None, front=True)
        head = self._head(request.method, request.path, request.headers)
        if head is None:
            return Expectation("status-is-documented", None)
        body = self.body.read(request)
        defects = (*head.defects, *body.defects)
        if self.operation.id != BATCH_SET_POLICY and not is_shared(defects, self.rules):
            return Expectation(
                "status-is-documented",
                None,
                defects=defects,
                language=head.language,
                tenant=head.tenant,
                front=bool(defects),
            )
        if body.extreme and not defects:
            return Expectation(
                "extremes-in-ignored-fields-are-survived", frozenset({200, 400, 422})
            )
        return Expectation(
            rule=rule_of(defects),
            statuses=allowed_statuses(defects),
            defects=defects,
            items=body.items,
            body=body.value,
            language=head.language,
            tenant=head.tenant,
            front=bool(defects) and head.odd,
        )

    def _read_head(self, method: str, path: str, headers: Headers) -> _Head | None:
        """The head of a request; None where the contract leaves open what it is for."""
        request = Request(method, path, headers)
        match = self._path.fullmatch(path)
        if match is None or self._is_ambiguous(request):
            return None
        tenant = self._tenant(request)
        defects = (
            *self._method_defects(request),
            *self._credential_defects(request, tenant),
            *self._path_defects(match, tenant),
            *self._header_defects(request),
        )
        odd = _is_odd(request, match, self._token)
        return _Head(defects, self.language(request), tenant, odd)

    def language(self, request: Request) -> str | None:
        """The language that messages are to be in, None where the header is wrong."""
        values = request.header("X-Language")
        if not values:
            return str(self.default_language)
        value = values[0].strip(" \t")
        return value if self._parameters["X-Language"].is_valid(value) else None

    @property
    def default_language(self) -> Any:
        """The default of `X-Language`."""
        for parameter in self.operation.parameters:
            if parameter.name == "X-Language":
                return self.contract.resolve(parameter.schema).get("default")
        return None

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the contract lists."""
        return tuple(
            value
            for parameter in self.operation.parameters
            if parameter.name == "X-Language"
            for value in self.contract.resolve(parameter.schema).get("enum", ())
        )

    def owner(self, job_id: str) -> Tenant | None:
        """The tenant that owns this job, None where no known one does."""
        return self._owners.get(job_id)

    def kind_of(self, job_id: str, tenant: Tenant | None) -> JobKind:
        """Whose a job is, for a request of `tenant`."""
        owner = self._owners.get(job_id)
        if owner is None:
            # "1" or "x" may be a job that the profile does not name.
            unclear = not self.knows_all_jobs or (len(job_id) < _SHORT and job_id.isalnum())
            return "unclear" if unclear else "unknown"
        if owner is not tenant:
            return "foreign"
        return "blocked" if job_id in self.target.blocked_job_ids else "own"

    def _is_ambiguous(self, request: Request) -> bool:
        """Whether servers may read a header differently: given twice, or padded."""
        for name in (self._token, "Content-Type", *self._parameters):
            values = request.header(name)
            if len(values) > 1 or any(_padded(value) for value in values):
                return True
        return False

    def _tenant(self, request: Request) -> Tenant | None:
        values = request.header(self._token)
        return self._tenants.get(values[0].strip(" \t")) if values else None

    def _method_defects(self, request: Request) -> Iterator[Defect]:
        if request.method != self.operation.method:
            yield Defect("other-methods-are-refused", frozenset({405, 404}), "request")

    def _credential_defects(self, request: Request, tenant: Tenant | None) -> Iterator[Defect]:
        values = request.header(self._token)
        value = values[0].strip(" \t") if values else ""
        if not value:
            statuses = {401, 403} if values and values[0] else {401}  # a blank is there, to some
            if _has_underscores(request):
                statuses |= {400}
            yield Defect("missing-credentials-are-refused", frozenset(statuses), "credentials")
        elif tenant is None:
            yield Defect("wrong-credentials-are-refused", frozenset({401, 403}), "credentials")

    def _path_defects(self, match: re.Match[str], tenant: Tenant | None) -> Iterator[Defect]:
        for parameter in self._located("path"):
            raw = match.group(_group(parameter.name))
            value = unquote_to_bytes(raw).decode("utf-8", "surrogateescape")
            if not self._accepts(parameter, value):
                statuses = {400, 404, *_IN_FRONT} if len(raw) > 1000 else {400, 404}
                if value in ("", ".", "..") or "/" in value:
                    # Some routers lead to the path without the dots before they say so.
                    statuses |= {405, *_REDIRECTS}
                yield _parameter("malformed-project-id-is-refused", statuses, parameter)
            elif tenant is not None and value != tenant.project_id:
                yield _parameter("foreign-project-is-refused", {403}, parameter)

    def _header_defects(self, request: Request) -> Iterator[Defect]:
        for parameter in self._located("header"):
            values = request.header(parameter.name)
            if not values and parameter.required:
                yield _parameter(PARAMETERS_RULE, {400, 422}, parameter)
            if values and not self._accepts(parameter, values[0].strip(" \t")):
                is_language = parameter.name == "X-Language"
                rule: AnyRule = "unknown-language-is-refused" if is_language else PARAMETERS_RULE
                front = _IN_FRONT if _is_long(values[0]) else {400}
                yield _parameter(rule, front, parameter)

    def _accepts(self, parameter: Parameter, text: str) -> bool:
        kind = self.contract.resolve(parameter.schema).get("type", "string")
        try:
            value = text if kind == "string" else ijson.loads(text.encode())
            return self._parameters[parameter.name].is_valid(value)
        except ValueError:
            return False

    def _located(self, location: str) -> Iterator[Parameter]:
        return (entry for entry in self.operation.parameters if entry.location == location)


def _rules(operation: Operation) -> frozenset[str]:
    own = frozenset(rule.id for rule in operation.rules)
    if operation.id == BATCH_SET_POLICY:
        return own | {PARAMETERS_RULE}
    return own | operation.shared_rules


def _path_pattern(url: str, path: str) -> re.Pattern[str]:
    prefix = "/" + url.split("://", 1)[1].partition("/")[2] if "/" in url.split("://", 1)[1] else ""
    pieces = re.split(r"\{(\w+)\}", path)
    text = "".join(
        f"(?P<{_group(piece)}>[^/?]*)" if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    )
    return re.compile(re.escape(prefix.rstrip("/")) + text + r"(\?.*)?")


def _is_odd(request: Request, match: re.Match[str], token: str) -> bool:
    """Whether servers and gateways may reject the request line or a header for its form."""
    ids = [unquote_to_bytes(group or "") for group in match.groupdict().values()]
    if any(not re.fullmatch(rb"[0-9A-Za-z_ -]{1,250}", value) for value in ids):
        return True
    return (
        any(not value.isascii() for value in request.header(token))
        or any(_is_long(value) for _, value in request.headers)
        or _has_underscores(request)
    )


def _has_underscores(request: Request) -> bool:
    """Whether the name of a header has one: some gateways reject that, others drop the header."""
    return any("_" in name for name, _ in request.headers)


def _is_long(value: str) -> bool:
    """Whether servers may reject a header for its length alone."""
    return len(value) > 1000


def _padded(value: str) -> bool:
    """Whether a value has white space around it; HTTP strips it, and not every server does."""
    return bool(value.strip(" \t")) and value != value.strip(" \t")


def _parameter(rule: AnyRule, statuses: Collection[int], parameter: Parameter) -> Defect:
    return Defect(rule, frozenset(statuses), "request", (parameter.name,))


def _group(name: str) -> str:
    return re.sub(r"\W", "_", name)
