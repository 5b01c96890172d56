"""What several responses show when they are compared: what should not matter does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from drs_sync_policy.anyjson import as_object, is_array
from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.ledger import Exchange
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.rules import form, state, status
from drs_sync_policy.fuzz.rules.check import Check
from drs_sync_policy.fuzz.rules.problem import Problem, Skip
from drs_sync_policy.fuzz.rules.subject import Paired, Subject
from drs_sync_policy.fuzz.rules.words import as_json, listed

ItemResult = tuple[Any, Any, Any]
"""What a result says, without its message, which may name a request, a time or a position."""

_MESSAGE: Final = "error_msg"
_CUTS: Final = 8
"""So many ids, each a character shorter than the one before, are not all those of other jobs."""


def same_with_any_language(it: Sequence[Subject]) -> Iterator[Problem]:
    """The request with another `X-Language`: only messages differ."""
    yield from _same(it, "as without the header: {}", skip_silence=True)


def same_again(it: Sequence[Subject]) -> Iterator[Problem]:
    """The same request again: the same response, but for the codes and texts of its errors.

    A server chooses these, maybe at random (decision 15).
    """
    if it[0].exchange.request != it[-1].exchange.request:
        raise Skip
    yield from _same(it, "the same response: {}", said=_without_codes)


def _same(
    it: Sequence[Subject],
    expected: str,
    *,
    said: Callable[[Exchange], Any] | None = None,
    skip_silence: bool = False,
) -> Iterator[Problem]:
    said = said or essence
    first, last = it[0].exchange, it[-1].exchange
    if skip_silence and (first.response is None or last.response is None):
        raise Skip  # a request that is too large may get no response
    same_status = first.response and last.response and first.response.status == last.response.status
    if same_status and _is_cut(it[0]) != _is_cut(it[-1]):
        raise Skip  # it says less, which is a matter of its form
    if said(first) != said(last):
        yield Problem(expected.format(seen(first)), seen(last), exchanges=(first, last))


def _is_cut(it: Subject) -> bool:
    """Whether the body cannot be read as JSON at all."""
    return bool(it.flaw) and it.value is None


def accepted_after_rejected(it: Sequence[Subject]) -> Iterator[Problem]:
    """A valid request on the connection of a rejected one: it gets its own response."""
    if not it[-1].exchange.expectation.valid:
        raise Skip
    yield from _own_status(it, frozenset({200}))


def as_on_its_own(it: Sequence[Subject]) -> Iterator[Problem]:
    """A request on the connection of an accepted one: its own token says what it gets."""
    first, allowed = it[0].exchange.response, it[-1].exchange.expectation.statuses
    if first is None or first.status != 200 or allowed is None:
        raise Skip
    yield from _own_status(it, allowed)


def _own_status(it: Sequence[Subject], allowed: frozenset[int]) -> Iterator[Problem]:
    """The status of the last response has to be one of these, whatever the first was."""
    first, last = it[0].exchange, it[-1].exchange
    if last.response is None:
        raise Skip
    if last.response.status not in allowed:
        yield Problem(
            listed(allowed),
            seen(last),
            expected_statuses=allowed,
            received_status=last.response.status,
            exchanges=(first, last),
        )


def independent(it: Sequence[Subject]) -> Iterator[Problem]:
    """The last batch: each of its items has the result that it had in an earlier request."""
    *earlier, last = it
    known: dict[str, tuple[ItemResult, Exchange]] = {}
    for subject in earlier:
        for _, item, result in _tied(subject):
            known.setdefault(item["job_id"], (item_result(result), subject.exchange))
    compared = [entry for entry in _tied(last) if entry[1]["job_id"] in known]
    if not compared:
        raise Skip
    for position, item, result in compared:
        expected, single = known[item["job_id"]]
        if item_result(result) != expected:
            yield Problem(
                f"results[{position}] as in the other request: {_in_words(expected)}",
                _in_words(item_result(result)),
                place=f"/results/{position}",
                exchanges=(single, last.exchange),
            )


def _paired(it: Subject) -> list[Paired]:
    try:
        return list(it.paired)
    except Skip:
        return []


def _tied(it: Subject) -> list[Paired]:
    """What is paired, without results whose error fields do not fit: another rule reports them."""
    return [entry for entry in _paired(it) if not any(form.wrong_error_fields(entry[2]))]


def looks_unknown(it: Sequence[Subject]) -> Iterator[Problem]:
    """Samples of a foreign job and two unknown ones each: the results differ only in the id.

    A server may choose its messages at random. So messages count only if those of a sample's two
    unknown jobs are always equal, and no foreign job ever has the message of an unknown one.
    """
    samples = [it[start : start + 3] for start in range(0, len(it) - 2, 3)]
    faces = [(sample, [face for face in map(_face, sample) if face]) for sample in samples]
    shown = [(sample, found) for sample, found in faces if len(found) == len(sample)]
    if not shown:
        raise Skip
    for sample, (foreign, unknown, _) in shown:
        if _without_message(foreign) != _without_message(unknown):
            yield _known(sample, _without_message(foreign), _without_message(unknown))
            return
    stable = all(unknown == control for _, (_, unknown, control) in shown)
    messages = {foreign.get(_MESSAGE) for _, (foreign, _, _) in shown}
    if stable and messages.isdisjoint(unknown.get(_MESSAGE) for _, (_, unknown, _) in shown):
        sample, (foreign, unknown, _) = shown[0]
        yield _known(sample, foreign, unknown)


def _known(sample: Sequence[Subject], foreign: dict[str, Any], unknown: dict[str, Any]) -> Problem:
    return Problem(
        f"as for an unknown job: {as_json(unknown)}",
        as_json(foreign),
        fields=tuple(
            name for name in {**foreign, **unknown} if foreign.get(name) != unknown.get(name)
        ),
        exchanges=tuple(subject.exchange for subject in sample),
    )


def _face(it: Subject) -> dict[str, Any] | None:
    """The result of the job that is not the tenant's, every mention of its id replaced."""
    tenant = it.exchange.expectation.tenant
    for _, item, result in _paired(it):
        job = item["job_id"]
        if tenant is None or job in tenant.job_ids:
            continue
        return {
            name: value.replace(job, "<id>") if isinstance(value, str) else value
            for name, value in result.items()
        }
    return None


def _without_message(face: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in face.items() if name != _MESSAGE}


def shortened_ids_are_others(it: Subject) -> Iterator[Problem]:
    """Ids that are shorter and shorter pieces of an own job's id are not all jobs, too."""
    statuses = {item["job_id"]: result.get("status") for _, item, result in _paired(it)}
    if len(statuses) <= _CUTS:
        raise Skip  # too few for all pieces of an id and another one
    pieces = {job: _pieces(it.oracle, job) for job in it.oracle.target.tenant.job_ids}
    checked = False
    for job, (heads, tails) in pieces.items():
        for ids in (heads, tails):
            if not ids or not set(ids) <= statuses.keys():
                continue
            others = [s for name, s in statuses.items() if name not in ids]
            if not others or "success" in others:
                continue  # the server accepts any id, which another check reports
            checked = True
            if all(statuses[name] == "success" for name in ids):
                yield Problem(
                    f"a shorter id is another job's or unknown: not all of {_CUTS} are `success`",
                    "all of them are `success`",
                    fields=("job_id",),
                    place=job,
                )
    if not checked:
        raise Skip


def _pieces(oracle: Oracle, job: str) -> tuple[list[str], list[str]]:
    return shortened(oracle, job, from_end=True), shortened(oracle, job, from_end=False)


def shortened(oracle: Oracle, job: str, *, from_end: bool) -> list[str]:
    """The ids that a job's id becomes if it is cut again and again; none if one is a known job."""
    if len(job) < 2 * _CUTS:
        return []
    lengths = range(len(job) - 1, len(job) - 1 - _CUTS, -1)
    ids = [job[:n] if from_end else job[-n:] for n in lengths]
    return [] if any(oracle.owner(cut) for cut in ids) else ids


def item_result(result: Mapping[str, Any]) -> ItemResult:
    """A result without its message."""
    return (result.get("id"), result.get("status"), result.get("error_code"))


def essence(exchange: Exchange) -> Any:
    """What a response says, apart from its messages."""
    if exchange.response is None:
        return None
    found = exchange.listed
    if found is not None:
        return (exchange.response.status, [item_result(result) for result in found])
    try:
        body = ijson.loads(exchange.response.body)
    except ValueError:
        body = None
    return (exchange.response.status, as_object(body).get("error_code"))


def _without_codes(exchange: Exchange) -> Any:
    """What a response says, apart from the codes and the messages of errors."""
    found = essence(exchange)
    if found is None or exchange.listed is None:
        return found and found[0]
    return (found[0], [result[:2] for result in found[1]])


def seen(exchange: Exchange) -> str:
    """What a response says, in a line."""
    said = essence(exchange)
    if said is None:
        return exchange.silence
    status, rest = said
    if is_array(rest):
        rest = "; ".join(_in_words(entry) for entry in rest)
    return f"{status} {rest or ''}".strip()[:300]


def _in_words(found: ItemResult) -> str:
    _, status, code = found
    return f"{status}" + (f" with {code}" if code else "")


CHECKS: Final = (
    Check(
        "valid-request-is-accepted",
        alone=status.accepted,
        compared=accepted_after_rejected,
        about="status",
    ),
    Check(
        "token-comes-from-its-header",
        alone=status.of("token-comes-from-its-header"),
        compared=as_on_its_own,
        about="status",
    ),
    Check("items-are-independent", compared=independent),
    Check("repeating-is-harmless", compared=same_again, stored=state.same_state_again),
    Check(
        "language-changes-only-messages",
        compared=same_with_any_language,
        stored=state.stored_as_sent,
    ),
)
