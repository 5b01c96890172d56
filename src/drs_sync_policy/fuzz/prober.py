"""Sends calls, judges each answer on the spot, and keeps the record."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Final
from urllib.parse import quote, urlsplit

from attrs import evolve, frozen

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.cases.bodies import Bodies
from drs_sync_policy.fuzz.history import History
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.rules import registry as answers
from drs_sync_policy.fuzz.target.http import Answer, Call, NoAnswer, TimedOut, Unreachable, Wire
from drs_sync_policy.fuzz.target.profile import Target, Tenant
from drs_sync_policy.fuzz.verdict import Breach, Exchange, Ledger

Items = Sequence[Mapping[str, Any]]

NOT_SENT: Final = "not sent: others like it got no answer"
_LARGE_BYTES: Final = 50_000
_SILENCES: Final = 5
"""After so many calls without an answer for the same defect, no more are sent."""
_IMPATIENT_SECONDS: Final = 1.0
_PAUSES: Final = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between attempts to reach a target that may be starting again."""
GATEWAY: Final = frozenset({502, 504})
"""What a gateway says for a service that is away for a moment: asked once more."""


class Gone(Exception):  # noqa: N818
    """The target stopped answering, and the run cannot go on."""


@frozen
class Case:
    """A call with what it is; `rule` and `statuses` as for `Prober.send`."""

    call: Call
    what: str
    rule: str | None = None
    statuses: frozenset[int] | None = None


class Prober:
    """A target under test. Any thread may use it."""

    def __init__(
        self, oracle: Oracle, wire: Wire, ledger: Ledger, *, seed: int, workers: int = 4
    ) -> None:
        self.oracle = oracle
        self.target: Target = oracle.target
        self.wire = wire
        self.ledger = ledger
        self.seed = seed
        self.workers = workers
        self.history: History = History()
        self.bodies: Bodies | None = None
        self.astray: frozenset[str] = frozenset()
        """The fields that a plain call does not get stored as they are sent."""
        self.unkept: frozenset[str] = frozenset()
        """The fields that do not keep their value where a plain call leaves them out."""
        self.unsteady: frozenset[str] = frozenset()
        """The fields that change where a plain call sets them to the value that they have."""
        self.deadline: float = float("inf")
        self.enough: Callable[[Ledger], bool] = lambda ledger: False
        """Whether what is known suffices, and the rest need not be sent."""
        self.on_breach: Callable[[Breach], None] = lambda breach: None
        self._interrupted = False
        self._numbers = itertools.count(1)
        self._silences: dict[str, int] = {}
        self._lock = threading.Lock()
        self._prefix = urlsplit(self.target.url).path.rstrip("/")

    # --- making calls --------------------------------------------------------------------------

    def call(
        self,
        body: Any,
        *,
        tenant: Tenant | None = None,
        language: str | None = None,
        project_id: str | None = None,
    ) -> Call:
        """A call that is right in everything but, maybe, its body: bytes as they are, else JSON."""
        tenant = tenant or self.target.tenant
        headers = [
            (self.oracle.operation.security_headers[0], tenant.token),
            ("Content-Type", self.oracle.media_type),
        ]
        if language is not None:
            headers.append(("X-Language", language))
        return Call(
            method=self.oracle.operation.method,
            path=self.path(project_id if project_id is not None else tenant.project_id),
            headers=tuple(headers),
            body=body if isinstance(body, bytes) else ijson.dumps(body),
        )

    def path(self, project_id: str, *, raw: bool = False) -> str:
        """The path of the operation for a project, its id percent-encoded unless it is `raw`."""
        encoded = project_id if raw else quote(project_id, safe="")
        return self._prefix + self.oracle.operation.path.replace("{project_id}", encoded)

    def unknown_job(self) -> str:
        """A job id that nobody has, different on every call."""
        return f"no-such-job-{self.seed:x}-{next(self._numbers)}"

    def random(self, name: str) -> random.Random:
        """A source of random numbers that depends on the seed and `name` alone."""
        return random.Random(f"{self.seed}/{name}")  # noqa: S311 - nothing secret about it

    # --- sending and judging ---------------------------------------------------------------------

    def send(
        self,
        call: Call,
        *,
        case: str,
        rule: str | None = None,
        statuses: Iterable[int] | None = None,
        timeout: float | None = None,
    ) -> Exchange:
        """The exchange, its answer judged and every breach noted.

        `rule` is to blame in place of the general one where the status is wrong, `statuses` are
        allowed in place of those that the oracle reads from the call.
        """
        exchange = self.ask(call, timeout=timeout)
        if exchange.silence == NOT_SENT:
            return exchange
        expectation = exchange.expectation
        if rule is not None and (expectation.statuses is not None or statuses is not None):
            expectation = evolve(expectation, rule=rule)
        if statuses is not None:
            expectation = evolve(expectation, statuses=frozenset(statuses))
        exchange = evolve(exchange, expectation=expectation)
        self.history.sent(exchange)
        for breach in answers.breaches(self.oracle, exchange, self.ledger, case=case):
            self.note(breach)
        return exchange

    def ask(self, call: Call, *, timeout: float | None = None) -> Exchange:
        """The exchange, not judged. `Gone` where the target cannot be reached any more."""
        expectation = self.oracle.expect(call)
        silence, answer = "", None
        silences = self._silences.get(expectation.rule, 0)
        if silences >= _SILENCES and expectation.defects:
            return Exchange(call, evolve(expectation, statuses=None), silence=NOT_SENT)
        if silences:
            # It is known that such calls get no answer: no need to wait as long for each.
            timeout = min(timeout or self.target.timeout, _IMPATIENT_SECONDS)
        for attempt in (1, 2) if not silences else (2,):
            try:
                answer = self.reach(call, timeout)
            except TimedOut as error:
                silence = str(error)
                if len(call.body or b"") > _LARGE_BYTES:
                    # How fast a server has to be, the contract does not say.
                    self.ledger.not_judged(expectation.rule, f"a large body: {silence}")
                    expectation = evolve(expectation, statuses=None)
                    break
            except NoAnswer as error:
                silence = str(error)
            if answer is not None and answer.status not in GATEWAY:
                break
            if attempt == 1 and answer is None and not self._is_alive():
                raise Gone(f"{silence}, and no answer to a simple call after that")
        if answer is None and expectation.statuses is not None:
            self._silences[expectation.rule] = silences + 1
        self.ledger.count_call(answer.status if answer else 0)
        return Exchange(call, expectation, answer, silence)

    def note(self, breach: Breach) -> None:
        """Put a breach on the record."""
        if self.ledger.broken(breach):
            self.on_breach(breach)

    def judged(self, rule: str, problems: Iterable[Breach] = ()) -> None:
        """Note that `rule` was put to the test, and what broke it."""
        self.ledger.judged(rule)
        for breach in problems:
            self.note(breach)

    def reach(self, call: Call, timeout: float | None = None) -> Answer:
        """The answer, not judged and not counted; `Gone` where no connection can be made."""
        for pause in _PAUSES:
            try:
                return self.wire.send(call, timeout=timeout)
            except Unreachable:
                time.sleep(pause)
        try:
            return self.wire.send(call, timeout=timeout)
        except Unreachable as error:
            raise Gone(str(error)) from error

    def _is_alive(self) -> bool:
        """Whether the target still answers something simple."""
        control = self.call({"jobs": [{"job_id": self.target.tenant.job_ids[0]}]})
        for _ in range(2):
            try:
                self.reach(evolve(control, fresh=True))
            except NoAnswer:
                continue
            return True
        return False

    def send_all(self, cases: Iterable[Case]) -> bool:
        """Send every case, several at once; False where the time ran out before the end."""

        def send(case: Case) -> None:
            self.send(case.call, case=case.what, rule=case.rule, statuses=case.statuses)

        return self.each(send, cases)

    # --- many at once ------------------------------------------------------------

    def each(self, work: Callable[[Any], None], things: Iterable[Any]) -> bool:
        """Do `work` for every thing, several at once; False where the time ran out first."""
        remaining = iter(things)
        finished = True

        def labour() -> None:
            nonlocal finished
            while True:
                with self._lock:
                    thing = next(remaining, _END)
                if thing is _END:
                    return
                if self._over():
                    finished = False
                    return
                work(thing)

        self.together([labour] * self.workers)
        return finished

    def _over(self) -> bool:
        late = time.monotonic() > self.deadline
        return self._interrupted or late or self.enough(self.ledger)

    def together(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Run all jobs at the same time; the first exception is raised when all have ended."""
        with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
            try:
                futures = [pool.submit(self._closing, job) for job in jobs]
                wait(futures)
            except KeyboardInterrupt:
                self._interrupted = True  # each ends with the call that is under way
                raise
        for future in futures:
            future.result()

    def _closing(self, job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            self.wire.close()


_END: Final = object()
