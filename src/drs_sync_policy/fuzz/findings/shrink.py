"""The smallest request that still shows a violation.

A request is made plainer step by step: the tenant's own project and token, no further header, no
policy field, an own job, one item. A step stays if the violation stays. What is left of the
request at the end is what the violation depends on, and `blame` reads the cause from it.
"""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final

from attrs import evolve

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import ITEMS, JOB, Bodies
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.target.http import Request

Shows = Callable[[Request], bool]
"""Whether a request, sent now, shows the violation."""
Reducer = Callable[[Request, "Plain"], Iterator[Request]]
"""Requests that are plainer in one respect, the plainest first."""

_FEW: Final = 6
"""So many items are tried one by one; of longer batches, parts."""
WRONG_TOKEN: Final = "x"  # noqa: S105 - nobody has it
"""The plainest token that nobody has."""


class Plain:
    """What a plain request to a target has: the values that a request is reduced to."""

    def __init__(self, oracle: Oracle, build: Bodies) -> None:
        self.oracle = oracle
        self.build = build
        self.token_header: str = oracle.operation.security_headers[0]
        tenant = oracle.target.tenant
        self.token: str = tenant.token
        self.job: str = tenant.job_ids[0]
        self.unknown: str = _like(self.job, taken=lambda job: oracle.owner(job) is not None)
        """A job id that nobody has, and that looks like the tenant's own."""
        self.path: str = _path(oracle, tenant.project_id)
        projects = [entry.project_id for entry in oracle.target.tenants]
        self.foreign_path: str = _path(
            oracle, _like(tenant.project_id, taken=projects.__contains__)
        )
        """The path of a project that nobody has, and that looks like the tenant's own."""

    def request(self) -> Request:
        """The plainest valid request."""
        headers = ((self.token_header, self.token), ("Content-Type", self.oracle.media_type))
        body = ijson.dumps(self.build.body([self.build.item(self.job)]))
        return Request(self.oracle.operation.method, self.path, headers, body)


def smallest(
    request: Request, shows: Shows, plain: Plain, reducers: Sequence[Reducer] | None = None
) -> Request:
    """`request`, or the plainest one found that still `shows` the violation."""
    for reducer in REDUCERS if reducers is None else reducers:
        done = False
        while not done:
            done = True
            for candidate in reducer(request, plain):
                if candidate != request and shows(candidate):
                    request, done = candidate, False
                    break
    return request


def items(request: Request) -> list[Any]:
    """The items of a body; empty if it has no readable ones."""
    body = document(request)
    found = body.get(ITEMS) if isinstance(body, dict) else None
    return found if isinstance(found, list) else []


def document(request: Request) -> Any:
    """The body as a value, None where it is no JSON."""
    try:
        return json.loads(request.body or b"")
    except (ValueError, RecursionError):
        return None


# --- one step each: candidates, the plainest first ----------------------------------------------


def _everything(_: Request, plain: Plain) -> Iterator[Request]:
    yield plain.request()


def _around(request: Request, plain: Plain) -> Iterator[Request]:
    """Method, path and headers."""
    yield evolve(request, path=request.path.partition("?")[0])
    yield evolve(request, path=plain.path)
    yield evolve(request, method=plain.oracle.operation.method)
    yield evolve(request, chunked=False, cuts=(), fresh=False, kept=False)
    if request.chunked and len(request.chunks) > 1:
        yield evolve(request, cuts=(1,))  # a cut that stays inside of a body that gets shorter
    for name, _ in request.headers:
        if name.lower() not in (plain.token_header.lower(), "content-type"):
            yield request.with_header(name, None)
    if request.header("Content-Type") != [plain.oracle.media_type]:
        yield request.with_header("Content-Type", plain.oracle.media_type)


def _token(request: Request, plain: Plain) -> Iterator[Request]:
    given = request.header(plain.token_header)
    if given == [plain.token]:
        return
    yield request.with_header(plain.token_header, plain.token)
    if given not in ([], [""], [WRONG_TOKEN]):
        yield request.with_header(plain.token_header, WRONG_TOKEN)


def _whole_body(request: Request, plain: Plain) -> Iterator[Request]:
    yield evolve(request, body=plain.request().body)
    yield from _single_items(request, plain)


def _single_items(request: Request, _: Plain) -> Iterator[Request]:
    yield from (_with_items(request, [item]) for item in _distinct(items(request)))


def _fewer_items(request: Request, _: Plain) -> Iterator[Request]:
    found = items(request)
    if len(found) < 2:
        return
    half = len(found) // 2
    parts = [found[:half], found[half:]]
    if len(found) > _FEW:
        parts += [found[: -(half // 2) or -1], found[half // 2 or 1 :], found[:-1], found[1:]]
    else:
        parts += [found[:place] + found[place + 1 :] for place in range(len(found))]
    yield from (_with_items(request, part) for part in parts if part)


def _next_to_items(request: Request, _: Plain) -> Iterator[Request]:
    body = document(request)
    if isinstance(body, dict) and ITEMS in body:
        for name in body:
            if name != ITEMS:
                yield evolve(
                    request, body=ijson.dumps({k: v for k, v in body.items() if k != name})
                )
        yield evolve(request, body=ijson.dumps(body))


def _own_jobs(request: Request, plain: Plain) -> Iterator[Request]:
    """Own jobs for others, and an unknown job of a plain look for odd ids and foreign jobs."""
    found = items(request)
    if not found or not all(isinstance(item, dict) for item in found):
        return
    bare = [{JOB: item[JOB]} for item in found if JOB in item]
    if len(bare) == len(found):
        yield _with_items(request, bare)
    others = [place for place, item in enumerate(found) if item.get(JOB) != plain.job]
    odd = [place for place in others if _is_odd(found[place], plain)]
    for job, places in ((plain.job, others), (plain.unknown, odd)):
        if places:
            yield _with_items(request, _of_jobs(found, places, job))
        for place in places if 1 < len(places) <= _FEW else ():
            yield _with_items(request, _of_jobs(found, [place], job))
    if len(found) > _FEW and odd:
        yield _with_items(request, _of_jobs(found, odd, plain.job))


def _fields(request: Request, _: Plain) -> Iterator[Request]:
    found = items(request)
    if len(found) > _FEW or not all(isinstance(item, dict) for item in found):
        return
    for place, item in enumerate(found):
        for name in item:
            if name != JOB:
                fewer = [*found]
                fewer[place] = {k: v for k, v in item.items() if k != name}
                yield _with_items(request, fewer)


def _other_jobs(request: Request, plain: Plain) -> Iterator[Request]:
    """Other own jobs for jobs that are not, and for one that several items name."""
    found = items(request)
    own = plain.oracle.target.tenant.job_ids
    if len(own) < 2 or len(found) < 2 or not all(isinstance(item, dict) for item in found):
        return
    names = [item.get(JOB) for item in found]
    strange = [place for place, job in enumerate(names) if job not in own]
    twice = [place for place, job in enumerate(names) if names.count(job) > 1]
    for places in (strange, twice[:-1], *([place] for place in twice[:_FEW])):
        kept = [job for place, job in enumerate(names) if place not in places]
        other = next((job for job in own if job not in kept), None)
        if places and other:
            yield _with_items(request, _of_jobs(found, places, other))


REDUCERS: Final[tuple[Reducer, ...]] = (
    _everything, _around, _token, _whole_body, _fewer_items, _next_to_items, _own_jobs, _fields,
    _fewer_items,
)  # fmt: skip
"""For a violation that a response shows."""
STATE_REDUCERS: Final[tuple[Reducer, ...]] = (
    _around, _token, _single_items, _fewer_items, _next_to_items, _other_jobs, _fields,
)  # fmt: skip
"""For a violation that shows in what is stored of a job: its items stay."""


def _with_items(request: Request, found: Sequence[Any]) -> Request:
    return evolve(request, body=ijson.dumps({**document(request), ITEMS: list(found)}))


def renamed(request: Request, old: Collection[str], new: Sequence[str]) -> Request:
    """The request with the jobs `new`, in turn, for each item of the jobs `old`."""
    found = items(request)
    places = [
        place
        for place, item in enumerate(found)
        if isinstance(item, dict) and isinstance(item.get(JOB), str) and item[JOB] in old
    ]
    for place, job in zip(places[::-1], itertools.cycle(new[::-1])):
        found = _of_jobs(found, [place], job)
    return _with_items(request, found)


def _of_jobs(found: Sequence[Any], places: Sequence[int], job: str) -> list[Any]:
    return [
        {**item, JOB: job} if place in places and isinstance(item.get(JOB), str) else item
        for place, item in enumerate(found)
    ]


def _is_odd(item: dict[str, Any], plain: Plain) -> bool:
    job = item.get(JOB)
    tenant = plain.oracle.target.tenant
    return isinstance(job, str) and job != plain.unknown and plain.oracle.owner(job) is not tenant


def _distinct(found: Sequence[Any]) -> list[Any]:
    """The items worth sending alone: of many, the first ones that differ and the last."""
    seen: dict[bytes, Any] = {}
    for item in (*found[: 20 * _FEW], *found[-1:]):
        seen.setdefault(ijson.dumps(item), item)
    several = list(seen.values())
    return several if len(several) <= _FEW else [*several[: _FEW - 1], several[-1]]


def _like(job: str, *, taken: Callable[[str], bool]) -> str:
    """An id of the same form as `job`, with other digits and letters, that nobody has."""
    for shift in range(1, 9):
        text = "".join(_shifted(letter, shift) for letter in job)
        if not taken(text):
            return text
    return f"{job}0"


def _shifted(letter: str, shift: int) -> str:
    if letter.isascii() and letter.isdigit():
        return str((int(letter) + shift) % 10)
    for alphabet in ("abcdef", "ABCDEF"):
        if letter in alphabet:
            return alphabet[(alphabet.index(letter) + shift) % 6]
    return letter


def _path(oracle: Oracle, project: str) -> str:
    prefix = "/" + oracle.target.url.split("://", 1)[1].partition("/")[2]
    return prefix.rstrip("/") + oracle.operation.path.replace("{project_id}", project)
