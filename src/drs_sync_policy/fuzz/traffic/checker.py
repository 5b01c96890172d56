"""Checks exchanges that others sent, in the order of their recording, with the same rules.

What a recording does not show is not guessed: a token that the profile does not have, jobs that it
does not name, requests that overlap, and a state that was never read leave rules unchecked. Each
such reason is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from attrs import define, evolve, field

from drs_sync_policy import contract
from drs_sync_policy.contract import Contract
from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.ledger import Exchange, Ledger, Violation
from drs_sync_policy.fuzz.oracle import Expectation, Oracle
from drs_sync_policy.fuzz.readback import NOTHING_EXPECTED
from drs_sync_policy.fuzz.rules.checking import check, check_response
from drs_sync_policy.fuzz.rules.evidence import Evidence, Policy
from drs_sync_policy.fuzz.rules.registry import CHECKS
from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.fuzz.traffic.reading import Readings
from drs_sync_policy.fuzz.traffic.recorded import Recorded
from drs_sync_policy.fuzz.traffic.redaction import without_credentials

_MOST_BETWEEN: Final = 50
"""So many requests of one job between two readings are checked together."""
_MOST_BYTES: Final = 4_000_000
"""So large their bodies may be: the file may be larger than the memory."""
_MOST_SINGLES: Final = 10_000
"""So many earlier requests are kept to compare with."""

STATE_RULES: Final[tuple[AnyRule, ...]] = (
    "accepted-policy-is-stored",
    "omitted-field-keeps-its-value",
    "later-items-win",
    "later-calls-win",
    "repeating-is-harmless",
    "refused-request-changes-nothing",
    "unknown-fields-are-ignored",
)
"""What requests of one tenant between two readings of a job can show."""
WITHOUT_BEFORE: Final[tuple[AnyRule, ...]] = ("accepted-policy-is-stored", "later-items-win")
"""What they show even if the policy before them was never read."""
_FOREIGN: Final[AnyRule] = "foreign-job-looks-unknown"
_SAMPLES: Final = 6
"""So many foreign jobs, and twice as many unknown ones, are compared: messages may be random."""
_LANGUAGE: Final = "X-Language"


@define
class _Job:
    """What is known of one job: its last reading and the requests since."""

    policy: Policy | None = None
    exchanges: list[Exchange] = field(factory=list[Exchange])
    """Kept as long as they can be checked."""
    number: int = 0
    size: int = 0
    ended: float = 0.0
    """When the last of them ended."""
    overlapping: bool = False

    def add(self, recorded: Recorded) -> None:
        """Notes when an exchange went on."""
        if recorded.began is None or recorded.began < self.ended:
            self.overlapping = True
        self.ended = max(self.ended, recorded.ended or 0.0)

    def keep(self, exchange: Exchange) -> None:
        """Keeps an exchange, unless what it left stored cannot be checked any more."""
        self.number += 1
        self.size += len(exchange.request.body or b"")
        if self.overlapping or self.number > _MOST_BETWEEN or self.size > _MOST_BYTES:
            self.overlapping = True
            self.exchanges.clear()
        else:
            self.exchanges.append(exchange)


class TrafficChecker:
    """Checks recorded exchanges one after another.

    `controlled` says that the recording is of a run of ours: nobody else changed the jobs, every
    job that the profile does not name is unknown, and every other token is wrong. Then exchanges
    are also compared with each other.
    """

    def __init__(
        self,
        target: Target,
        *,
        against: Contract | None = None,
        controlled: bool = False,
        redact_bodies: bool = False,
    ) -> None:
        self.contract: Contract = against or contract.load()
        self.oracle: Oracle = Oracle.of_target(target, self.contract, knows_all_jobs=controlled)
        self.target = target
        self.ledger: Ledger = Ledger(self.contract.checked_rules(target.operations))
        self.ledger.recorded = True
        self.notes: Counter[str] = Counter()
        """Why exchanges, or rules for them, were not checked, and how often."""
        self._controlled = controlled
        self._named = {name: value for value, name in target.secrets}
        self._secrets = frozenset(value for value, _ in target.secrets)
        self.redact_bodies = redact_bodies
        """Whether a verdict has no bodies."""
        self.readings: Readings = Readings(self.oracle)
        self.ledger.limits.update(self.readings.limits)
        self._jobs: dict[tuple[str, str], _Job] = {}
        self._own = frozenset(
            (tenant.project_id, job) for tenant in target.tenants for job in tenant.job_ids
        )
        self._earlier: dict[tuple[object, ...], Exchange] = {}
        self._of_others: dict[tuple[object, ...], tuple[list[Exchange], list[Exchange]]] = {}

    @property
    def checked(self) -> int:
        """How many exchanges of the operation were checked."""
        return self.ledger.requests

    def add(self, recorded: Recorded) -> list[Violation]:
        """The violations that this exchange shows; those that are the first of their kind."""
        recorded = self._with_secrets(recorded)
        if not self._controlled:
            recorded = without_credentials(recorded, self._secrets)
        found = list(self._violations(recorded))
        return [violation for violation in found if self.ledger.record(violation)]

    def lose_track(self, project_id: str, job_id: str) -> None:
        """Take what is stored for a job as unknown until it is read again."""
        self._jobs[project_id, job_id] = _Job(overlapping=True)

    def missing(self, rule: str) -> str:
        """What a recording would have to show, so that a rule could be checked, or checked more."""
        if self.ledger.times_checked(rule):
            return "only what was recorded was checked"
        if any(check.rule == rule and check.kind != "state" for check in CHECKS):
            return "no exchange of the recording shows it"
        if self.target.readback is None:
            return "the profile has no `readback`"
        return "the recording has no readings of a policy before and after such a request"

    def _violations(self, recorded: Recorded) -> Iterator[Violation]:
        if recorded.origin not in ("", _origin(self.target.url)):
            self.notes[f"sent to another host, {recorded.origin}"] += 1
            return
        if recorded.gaps:
            self.notes.update(recorded.gaps)
            self._lose_track(None)
            return
        readings = self.readings.jobs_of(recorded.request)
        if readings is not None:
            for project_id, job_id in readings:
                yield from self._read(project_id, job_id, recorded)
            if recorded.expectation is not None:  # the fuzzer's own: it expects nothing of it
                return
        oracle = self.oracle.of(recorded.request)
        if not oracle.is_path(recorded.request.path):
            if readings is None:
                self.notes["for another operation"] += 1
            return
        expectation = recorded.expectation or self.oracle.expect(recorded.request)
        exchange = Exchange(
            recorded.request, expectation, recorded.response, silence=recorded.silence
        )
        if not self._controlled and self._has_unknown_token(recorded.request):
            self.notes["the profile does not have its token: only the form was checked"] += 1
            exchange = evolve(exchange, expectation=Expectation("status-is-documented", None))
            self._lose_track(recorded.request)
        self.ledger.count_request(recorded.response.status if recorded.response else 0)
        yield from check_response(self.oracle, exchange, self.ledger, case=recorded.case)
        if oracle is not self.oracle:
            return
        if self._controlled:
            yield from self._compared(exchange, recorded.case)
        self._note(exchange, recorded)

    def _with_secrets(self, recorded: Recorded) -> Recorded:
        """The exchange with the secrets of the profile where the recording has their names."""
        headers = tuple((n, self._named.get(v, v)) for n, v in recorded.request.headers)
        if headers == recorded.request.headers:
            return recorded
        return evolve(recorded, request=evolve(recorded.request, headers=headers))

    def _has_unknown_token(self, request: Request) -> bool:
        known = {tenant.token for tenant in self.target.tenants}
        values = request.header(self.oracle.operation.security_headers[0])
        wrong = (self.target.expired_token,) if self.target.expired_token else ()
        return not values or values[0].strip(" \t") not in (*known, *wrong)

    # --- relations --------------------------------------------------------------------------------

    def _compared(self, exchange: Exchange, case: str) -> Iterator[Violation]:
        """What the exchange shows next to an earlier one with the same body."""
        request = exchange.request
        plain = request.with_header(_LANGUAGE, None)
        items = exchange.expectation.items
        rule: AnyRule = (
            "repeating-is-harmless" if request == plain else "language-changes-only-messages"
        )
        earlier = self._earlier.get(("without a language", plain))
        if earlier is not None and exchange.expectation.valid and earlier.expectation.valid:
            evidence = Evidence((earlier, exchange))
            yield from check(self.oracle, rule, evidence, self.ledger, case=case)
        if request == plain:
            self._keep(("without a language", plain), exchange)
        tenant = exchange.expectation.tenant
        if len(items) == 1:
            yield from self._compared_foreign(exchange, case)
            self._keep(("single", tenant, items[0]["job_id"]), exchange)
        elif tenant is not None and exchange.expectation.valid:
            keys = [("single", tenant, item["job_id"]) for item in items]
            singles = [self._earlier[key] for key in keys if key in self._earlier]
            if singles:
                evidence = Evidence((*singles, exchange))
                yield from check(
                    self.oracle, "items-are-independent", evidence, self.ledger, case=case
                )

    def _compared_foreign(self, exchange: Exchange, case: str) -> Iterator[Violation]:
        """What the results of foreign jobs show next to those of unknown ones."""
        expectation = exchange.expectation
        (item,) = expectation.items
        owner, tenant = self.oracle.owner(item["job_id"]), expectation.tenant
        if tenant is None or owner == tenant or not expectation.valid:
            return
        rest = sorted((name, repr(value)) for name, value in item.items() if name != "job_id")
        key = (evolve(exchange.request, body=None), *rest)
        if len(self._of_others) >= _MOST_SINGLES:
            self._of_others.pop(next(iter(self._of_others)))
        foreign, unknown = self._of_others.setdefault(key, ([], []))
        (unknown if owner is None else foreign).append(exchange)
        if len(foreign) < _SAMPLES or len(unknown) < 2 * _SAMPLES:
            del unknown[: -2 * _SAMPLES], foreign[:-_SAMPLES]
            return
        samples = zip(foreign, unknown[::2], unknown[1::2], strict=False)
        evidence = Evidence(tuple(one for sample in samples for one in sample))
        del self._of_others[key]
        yield from check(self.oracle, _FOREIGN, evidence, self.ledger, case=case)

    def _keep(self, key: tuple[object, ...], exchange: Exchange) -> None:
        if len(exchange.request.body or b"") > 50_000:
            return
        if len(self._earlier) >= _MOST_SINGLES:
            self._earlier.pop(next(iter(self._earlier)))
        self._earlier[key] = exchange

    # --- state ------------------------------------------------------------------------------------

    def _note(self, exchange: Exchange, recorded: Recorded) -> None:
        """Remembers the exchange for each job that it may have changed."""
        for place in self._concerned(exchange):
            job = self._jobs.get(place)
            if job is None:
                job = self._jobs[place] = _Job(overlapping=recorded.began is None)
            job.add(recorded)
            job.keep(exchange)

    def _lose_track(self, request: Request | None) -> None:
        """What is stored is unknown until it is read again: of all jobs, or of those it names.

        A request whose token or body is not known may have been accepted.
        """
        for (_, job_id), job in self._jobs.items():
            if request is None or job_id.encode() in (request.body or b""):
                job.overlapping = True

    def _concerned(self, exchange: Exchange) -> list[tuple[str, str]]:
        """The jobs, known from the profile or from a reading, that a request names."""
        expectation = exchange.expectation
        if expectation.items and expectation.tenant is not None:
            project = expectation.tenant.project_id
            named = dict.fromkeys((project, str(item["job_id"])) for item in expectation.items)
            return [place for place in named if place in self._jobs or place in self._own]
        body = exchange.request.body or b""
        return [place for place in self._jobs if place[1].encode() in body]

    def _read(self, project_id: str, job_id: str, recorded: Recorded) -> Iterator[Violation]:
        """Checks what the requests since the last reading of a job left stored."""
        job = self._jobs.setdefault((project_id, job_id), _Job())
        began = job.ended
        policy = self.readings.policy(recorded, job_id)
        job.add(recorded)
        exchanges, before, overlapping = job.exchanges, job.policy, job.overlapping
        self._jobs[project_id, job_id] = _Job(policy, ended=max(began, job.ended))
        if policy is None:
            self.notes["a reading shows no policy"] += 1
            return
        if not job.number:
            return
        if overlapping:
            self.notes["requests of a job overlap or are too many between two readings"] += 1
            return
        reading = Exchange(recorded.request, NOTHING_EXPECTED, recorded.response)
        evidence = Evidence(
            tuple(exchanges),
            project_id=project_id,
            readable=self.readings.fields,
            before={} if before is None else {job_id: before},
            after={job_id: policy},
            readings=(reading,),
        )
        if before is None:
            self.notes["the state before a request was never read"] += 1
        for rule in STATE_RULES if before is not None else WITHOUT_BEFORE:
            yield from check(self.oracle, rule, evidence, self.ledger, case=recorded.case)


def _origin(url: str) -> str:
    return "/".join(unquote(url).split("/", 3)[:3]).lower()
