"""Job ids that are nearly those of own jobs, and are nobody's: a job is looked up exactly.

None of them comes with a policy, so that nothing is overwritten where one is somebody's after all.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from drs_sync_policy.fuzz.cases.covering import by_turns
from drs_sync_policy.fuzz.cases.values import near_misses
from drs_sync_policy.fuzz.prober import Case, Prober
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.rules.relations import shortened
from drs_sync_policy.fuzz.scenarios.scenario import Scenario
from drs_sync_policy_contract import RuleId

_ANY: Final = (("%", "LIKE"), ("*", "a glob"), (".*", "a regular expression"))
_ONE: Final = (("_", "LIKE"), ("?", "a glob"), (".", "a regular expression"))
_PAIRS: Final = ("{}", "[]", "<>", '""', "''")
_AROUND: Final = (
    *(("urn:uuid:", ""), ("eu-de:", ""), ("/", ""), ("", "/"), ("", ","), ("", ";"), ("", ".")),
    *(("", "\0"), ("", "#"), ("", "?x=1")),
)
"""What may stand before an id and behind it where it is written in another notation."""


def _near_own_jobs(prober: Prober) -> None:
    prober.send_all(near_own_jobs(prober))


def near_own_jobs(prober: Prober) -> Iterator[Case]:
    """Ids that are nearly those of own jobs; of each way to write them otherwise one in turn."""
    build = prober.bodies
    for job in prober.target.tenant.job_ids[:2]:
        for near, what in by_turns(
            _respelled(job), _wrapped(job), _around(job), _escaped(job), _patterns(job)
        ):
            if near != job and prober.oracle.owner(near) is None:
                request = prober.request(build.body([build.item(near)]))
                yield Case(request, f"a job id {what}", "job-id-is-opaque")


def _respelled(job: str) -> Iterator[tuple[str, str]]:
    for value in near_misses(job):
        if _folded(value.value) == _folded(job):
            yield value.value, value.what


def _folded(text: str) -> str:
    """The letters and digits of a text, however written: a shorter id may well be another job."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def _wrapped(job: str) -> Iterator[tuple[str, str]]:
    """An own job's id as other notations write it: what decodes them finds the job."""
    for before, after in _PAIRS:
        yield f"{before}{job}{after}", f"`{before}{job}{after}`"
    yield f"{job},{job}", f"`{job}` twice, with a comma between"


def _around(job: str) -> Iterator[tuple[str, str]]:
    for before, after in _AROUND:
        yield f"{before}{job}{after}", f"`{before}{job}{after}`"


def _escaped(job: str) -> Iterator[tuple[str, str]]:
    yield f"%{ord(job[0]):02X}{job[1:]}", f"`{job}` with its first letter as a URL escapes it"
    yield quote(job, safe="").replace("-", "%2D"), f"`{job}` as a URL escapes it"
    yield f"&#{ord(job[0])};{job[1:]}", f"`{job}` with its first letter as HTML escapes it"
    yield f"\\u{ord(job[0]):04x}{job[1:]}", f"`{job}` with its first letter escaped twice"


def _patterns(job: str) -> Iterator[tuple[str, str]]:
    """Patterns that match an own job's id."""
    for sign, language in _ANY:
        yield sign, f"that {language} matches with all"
        yield f"{job[: len(job) // 2]}{sign}", f"`{job}` with its end as {language} has any text"
    for sign, language in _ONE:
        yield f"{job[:-1]}{sign}", f"`{job}` with its last letter as {language} has any"


def _shortened(prober: Prober) -> None:
    build, oracle = prober.bodies, prober.oracle
    for job in prober.target.tenant.job_ids[:2]:
        for from_end, what in ((True, "the beginning of it"), (False, "the end of it")):
            ids = shortened(oracle, job, from_end=from_end)
            items = [build.item(cut) for cut in (*ids, prober.unknown_job())]
            if ids:  # sent without the general checks: a shorter id may be another job's
                exchange = prober.ask(prober.request(build.body(items)))
                case = f"the job id `{job}`, {what}"
                prober.check(_ALONE, Evidence((exchange,)), case=case)


_ALONE: Final[RuleId] = "unknown-job-fails-alone"

SCENARIOS: Final = (
    Scenario("nearly own jobs", _near_own_jobs, late=1),
    Scenario("shortened ids of own jobs", _shortened),
)
