"""What makes a request other than plain, as a set.

A request that has all that another has shows what the other shows.
"""

# JSON of any shape is looked at here: what it holds is known only when it is there.
# pyright: reportUnknownVariableType=false
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import frozen

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import ITEMS, JOB
from drs_sync_policy.fuzz.cases.covering import InWords
from drs_sync_policy.fuzz.findings.shrink import Plain, document, items
from drs_sync_policy.fuzz.target.http import Request

_FEW: Final = 6
_LARGE: Final = 4096
_LONGEST: Final = 100
_PUBLIC: Final = frozenset({"content-type", "x-language"})
"""Headers that hold no secret."""

_PLAIN: Final = {
    "own": "a plain request",
    "unknown": "a plain request for an unknown job",
    "foreign": "a plain request for a job of another tenant",
    "blocked": "a plain request for a blocked job",
}

Aspect = tuple[str, str]


@frozen
class Aspects:
    """A request, as what in it is not plain."""

    around: frozenset[Aspect]
    """Method, path, headers, fields next to the items; the whole body if it has no items."""
    items: tuple[frozenset[Aspect], ...]
    """The fields of each item, and what kind of job it is for."""
    size: int
    """Bytes of a large body; 0 for a smaller one."""

    @property
    def weight(self) -> int:
        """How much of it a reader has to see."""
        return len(self.around) + sum(map(len, self.items)) + self.size

    def within(self, other: Aspects) -> bool:
        """Whether `other` has all of this."""
        if not (self.around <= other.around and self.size <= other.size):
            return False
        if len(self.items) > len(other.items):
            return False
        if len(self.items) > _FEW:
            return all(any(mine <= theirs for theirs in other.items) for mine in set(self.items))
        return _injective(self.items, list(other.items))


def aspects(request: Request, plain: Plain) -> Aspects:
    """The aspects of a request."""
    found = items(request)
    readable = bool(found) and all(isinstance(item, dict) for item in found)
    around = {*_around(request, plain), *_next_to_items(request, whole=not readable)}
    jobs = [item.get(JOB) for item in found] if readable else []
    if len({str(job) for job in jobs}) < len(jobs):
        around.add(("job twice", ""))
    size = len(request.body or b"")
    return Aspects(
        frozenset(around),
        tuple(frozenset(_item(item, plain)) for item in found) if readable else (),
        size if size > _LARGE else 0,
    )


def case_of(request: Request, plain: Plain, case: str) -> str:
    """What a plainer `request` than that of `case` is, in words.

    What `case` says of dimensions that are usual now is left out.
    """
    found = aspects(request, plain)
    if whole := plain_case(found, plain):
        return whole
    if not isinstance(case, InWords):
        return case
    left = {*_unusual(request, plain)}
    parts = {name: text for name, text in case.parts.items() if name in left}
    bare = Aspects(frozenset(), found.items, found.size)
    if "body" in parts and (body := plain_case(bare, plain)):
        parts["body"] = body.removeprefix("a plain request for ")
    return InWords(parts)


def _unusual(request: Request, plain: Plain) -> Iterator[str]:
    """The dimensions, as cases name them, in which a request is not plain."""
    usual = plain.request()
    known = {"token": plain.token_header, "media": "Content-Type", "language": "X-Language"}
    for name, header in known.items():
        if request.header(header) != usual.header(header):
            yield name
    if request.path != usual.path:
        yield "project"
    if request.chunked:
        yield "client"
    if request.body != usual.body:
        yield "body"
    if any(name.lower() not in map(str.lower, known.values()) for name, _ in request.headers):
        yield "client"


def plain_case(found: Aspects, plain: Plain) -> str:
    """What a request with one plain item is, in words.

    Empty if more in it is not plain than its path and headers that are not secret.
    """
    if found.size or len(found.items) != 1:
        return ""
    kinds = {frozenset({("job", kind)}): name for kind, name in _PLAIN.items()}
    words = [_in_words(*aspect, plain) for aspect in sorted(found.around)]
    name = kinds.get(found.items[0], "")
    return " ".join(filter(None, (name, " and ".join(words)))) if name and all(words) else ""


def _in_words(kind: str, value: str, plain: Plain) -> str:
    """What of a head is not plain; empty if it may be secret, or too long to be read."""
    if kind == "no header":
        return f"without `{value.title()}`"
    if kind in ("chunked", "chunks"):
        return value
    if not value.isprintable() or len(value) > _LONGEST:
        return ""
    if kind in _PUBLIC:
        return f"with `{kind.title()}: {value}`"
    return _in_path(value, plain) if kind == "path" else ""


def _in_path(path: str, plain: Plain) -> str:
    """The parameters of the path that are not plain; the whole path if it has another form."""
    names = plain.oracle.operation.path.strip("/").split("/")
    usual, given = plain.path.split("/")[-len(names) :], path.split("/")[-len(names) :]
    if path.count("/") != plain.path.count("/"):
        return f"for the path `{path}`"
    differing = [
        (n, mine) for n, mine, other in zip(names, given, usual, strict=True) if mine != other
    ]
    return " and ".join(f"with the {name.strip('{}')} `{value}`" for name, value in differing)


def _around(request: Request, plain: Plain) -> Iterator[Aspect]:
    path, _, query = request.path.partition("?")
    if request.method != plain.oracle.operation.method:
        yield "method", request.method
    if path != plain.path:
        yield "path", path
    if query:
        yield "query", query
    if request.chunked:
        yield "chunked", "with `Transfer-Encoding: chunked`"
        if len(request.chunks) > 1:
            yield "chunks", "in several chunks"
    usual = {("content-type", plain.oracle.media_type), (plain.token_header.lower(), plain.token)}
    given = {(name.lower(), value) for name, value in request.headers}
    yield from given - usual
    if request.body:
        try:
            ijson.loads(request.body)
        except ijson.NotIJson as error:
            yield "body", str(error)
    for name, _ in usual - given:
        if not any(name == key for key, _ in given):
            yield "no header", name


def _next_to_items(request: Request, *, whole: bool) -> Iterator[Aspect]:
    body = document(request)
    if whole or not isinstance(body, dict):
        yield "body", (request.body or b"").decode("latin-1")
        return
    for name, value in body.items():
        if name != ITEMS:
            yield f"next to items: {name}", _text(value)


def _item(item: dict[str, Any], plain: Plain) -> Iterator[Aspect]:
    if JOB not in item:
        yield "no field", JOB
    for name, value in item.items():
        if name != JOB or not isinstance(value, str):
            yield name, _text(value)
        else:
            yield from _job(value, plain)


def _job(job: str, plain: Plain) -> Iterator[Aspect]:
    target, owner = plain.oracle.target, plain.oracle.owner(job)
    if job in target.blocked_job_ids:
        yield "job", "blocked"
    elif owner is not None:
        yield "job", "own" if owner is target.tenant else "foreign"
    else:
        yield "job", "unknown"
        if job != plain.unknown:
            yield "job", job


def _text(value: Any) -> str:
    return ijson.dumps(value).decode()


def _injective(mine: Sequence[frozenset[Aspect]], theirs: list[frozenset[Aspect]]) -> bool:
    """Whether each of `mine` is within one of `theirs`, each within another."""
    for item in sorted(mine, key=len, reverse=True):
        match = next((entry for entry in theirs if item <= entry), None)
        if match is None:
            return False
        theirs.remove(match)
    return True
