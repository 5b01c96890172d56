"""Sends requests, checks each response at once, and records the result."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from typing import Any, Final

from attrs import evolve, frozen

from drs_sync_policy.fuzz.cases.bodies import Bodies
from drs_sync_policy.fuzz.cases.covering import by_turns
from drs_sync_policy.fuzz.defects import AnyRule
from drs_sync_policy.fuzz.history import History
from drs_sync_policy.fuzz.ledger import Exchange, Ledger, Violation
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.request_maker import RequestMaker
from drs_sync_policy.fuzz.rules.checking import check, check_response
from drs_sync_policy.fuzz.rules.evidence import Evidence
from drs_sync_policy.fuzz.samples import Unsure, always_differ, may_be_coincidence
from drs_sync_policy.fuzz.skipping import Checkable
from drs_sync_policy.fuzz.target.http import (
    NoResponse,
    Request,
    Response,
    Stopped,
    Throttled,
    TimedOut,
    Unreachable,
    Wire,
)

SILENT: Final = "not sent: others like it got no response"
NOT_SENT: Final = "not sent: the case was skipped"
_GENERAL: Final = "valid-request-is-accepted"
OVER_BUDGET: Final = "the budget was used up before its turn; raise --budget"
_LARGE_BYTES: Final = 50_000
_SILENCES: Final = 5
"""After so many requests without a response for the same defect, no more are sent."""
_UNSURE: Final = "the budget was used up before a difference was seen often enough"
_IMPATIENT_SECONDS: Final = 1.0
_PAUSES: Final = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Seconds between attempts to reach a target that may be starting again."""
GATEWAY: Final = frozenset({502, 504})
"""What a gateway says for a service that is away for a moment: asked once more."""


class TargetDown(Exception):
    """The target no longer responds, so the run cannot go on."""


class TurnOver(Exception):
    """The time of this scenario is used up for now; it is run again later."""


@frozen
class Case:
    """A request with what it is; `rule` and `statuses` as for `Prober.send`."""

    request: Request
    what: str
    rule: AnyRule | None = None
    statuses: frozenset[int] | None = None


FROM_SERVER: Final = (TargetDown, Throttled, NoResponse, Stopped, TurnOver)
"""What the server or the time causes; every other exception is a bug of the fuzzer."""


def _raised(error: Exception) -> str:
    raise error


class Prober(RequestMaker):
    """A target under test. Any thread may use it."""

    def __init__(
        self,
        oracle: Oracle,
        wire: Wire,
        ledger: Ledger,
        *,
        seed: int,
        workers: int = 4,
        bodies: Bodies | None = None,
    ) -> None:
        super().__init__(oracle, seed=seed, bodies=bodies)
        self.wire = wire
        self.ledger = ledger
        self.workers = workers
        self.history: History = History()
        self.deadline: float = float("inf")
        self.enough: Callable[[Ledger], bool] = lambda ledger: False
        """Whether what is known suffices, and the rest need not be sent."""
        self.on_violation: Callable[[Violation], None] = lambda violation: None
        self.on_exchange: Callable[[Exchange], None] = lambda exchange: None
        """Gets every exchange, from any thread."""
        self.on_crash: Callable[[Exception], str] = _raised
        """Gets a bug of the fuzzer in a case that is sent apart; says why the case was skipped."""
        self.count_until: float = float("inf")
        """When to stop counting cases that are not sent, with `Stopped`."""
        self.turn_until: float = float("inf")
        """When the turn of the scenario is over, with `TurnOver` instead of its next case."""
        self.generating: bool = False
        """Whether cases are made up at random: a named case that shows the same comes first."""
        self.only_special: bool = False
        """Whether a skipped case counts only for the rule that it is about."""
        self._checkable = Checkable(oracle)
        self._interrupted = False
        self._reason = ""
        self._silences: Counter[object] = Counter()
        self._lock = threading.Lock()

    # --- sending and checking ---------------------------------------------------------------------

    def send(
        self,
        request: Request,
        *,
        case: str,
        rule: AnyRule | None = None,
        statuses: Iterable[int] | None = None,
        timeout: float | None = None,
    ) -> Exchange:
        """The exchange, its response checked and every violation noted.

        `rule` is violated, in place of the general one, if the status is wrong, `statuses` are
        allowed in place of those that the oracle reads from the request.
        """
        self.must_have_a_turn()
        exchange = self._ask(request, timeout)
        expectation = exchange.expectation
        if exchange.silence == SILENT:
            return exchange
        is_about = expectation.statuses is not None or statuses is not None
        if rule is not None and rule != expectation.rule and is_about:
            expectation = evolve(expectation, rule=rule)
        if statuses is not None:
            expectation = evolve(expectation, statuses=frozenset(statuses))
        if expectation is not exchange.expectation:
            exchange = evolve(exchange, expectation=expectation)
        if exchange.silence == NOT_SENT:
            self._skip(exchange)
            return exchange
        self.on_exchange(exchange)
        self.history.sent(exchange)
        found = check_response(self.oracle, exchange, self.ledger, case=case)
        for violation in found:
            self.note(violation)
        if found:
            for hidden in self._checkable.rules(request, expectation):
                self.ledger.hide(hidden, found[0].rule)
        return exchange

    def ask(
        self, request: Request, *, timeout: float | None = None, again: bool = False
    ) -> Exchange:
        """The exchange, not checked. `TargetDown` where the target cannot be reached any more.

        A request of a violation is sent `again` even if others like it got no response.
        """
        exchange = self._ask(request, timeout, again=again)
        if exchange.silence not in (SILENT, NOT_SENT):
            self.on_exchange(exchange)
        return exchange

    def _ask(self, request: Request, timeout: float | None, *, again: bool = False) -> Exchange:
        expectation = self.oracle.expect(request)
        if self.unsent:
            return Exchange(request, expectation, silence=NOT_SENT)
        silence, response, late = "", None, False
        # To wait costs time. A closed connection does not, and another defect may be its cause.
        # A request without a defect counts for its rule: extremes are not plain requests.
        closed_as = expectation.defects or expectation.rule
        hung = self._silences[expectation.rule]
        silences = hung if closed_as == expectation.rule else hung + self._silences[closed_as]
        enough = hung if again else silences
        if enough >= _SILENCES and expectation.defects:
            return Exchange(request, evolve(expectation, statuses=None), silence=SILENT)
        if silences:
            # It is known that such requests get no response: no need to wait as long for each.
            timeout = min(timeout or self.target.timeout, _IMPATIENT_SECONDS)
        for attempt in (1, 2) if not silences else (2,):
            try:
                response = self.reach(request, timeout)
            except TimedOut as error:
                silence, late = str(error), True
                if len(request.body or b"") > _LARGE_BYTES:
                    # How fast a server has to be, the contract does not say.
                    self.ledger.not_checked(expectation.rule, f"a large body: {silence}")
                    expectation = evolve(expectation, statuses=None)
                    break
            except NoResponse as error:
                silence = str(error)
            if response is not None and response.status not in GATEWAY:
                break
            if attempt == 1 and response is None and not self._is_alive():
                raise TargetDown(f"{silence}, and no response to a simple request after that")
        if response is None and expectation.statuses is not None:
            self._silences[expectation.rule if late else closed_as] += 1
        self.ledger.count_request(response.status if response else 0)
        return Exchange(request, expectation, response, silence)

    def note(self, violation: Violation) -> None:
        """Put a violation on the record."""
        if self.generating:
            violation = evolve(violation, generated=True)
        if self.ledger.record(violation):
            self.on_violation(violation)

    def check(self, rule: AnyRule, evidence: Evidence, *, case: str) -> None:
        """Check a rule with evidence of several exchanges; its violations go on the record."""
        if self.unsent:
            self._must_have_time()
            self.ledger.skip(rule, self.unsent)
            return
        for violation in check(self.oracle, rule, evidence, self.ledger, case=case):
            if self._is_no_coincidence(violation):
                self.note(self.history.with_preparation(violation))
        if not self.ledger.times_checked(rule):
            for exchange in evidence.exchanges:
                for violation in check_response(self.oracle, exchange, case=case):
                    self.ledger.hide(rule, violation.rule)

    def _is_no_coincidence(self, violation: Violation) -> bool:
        """Whether a difference is seen again and again. Only the first of a kind is looked at."""
        if not may_be_coincidence(violation) or self.ledger.has(violation):
            return True
        source = self.random(f"coincidence {violation.case}")
        try:
            return always_differ(self.oracle, violation, self._ask_again, source)
        except Unsure as error:
            self.ledger.not_checked(violation.rule, str(error))
            return False

    def _ask_again(self, request: Request) -> Exchange:
        again = self.ask(request)
        if again.silence in (SILENT, NOT_SENT):
            raise Unsure(_UNSURE if again.silence == NOT_SENT else SILENT)
        self.history.sent(again)
        return again

    # --- not sending -----------------------------------------------------------------------------

    @property
    def unsent(self) -> str:
        """Why nothing is sent now, so that cases are only counted; empty if they are sent."""
        if not self._reason and time.monotonic() > self.deadline:
            return OVER_BUDGET
        return self._reason

    @contextmanager
    def counting(self, reason: str) -> Generator[None]:
        """Send nothing until the block ends: count the cases as skipped."""
        self._reason = reason
        try:
            yield
        finally:
            self._reason = ""

    @contextmanager
    def random_cases(self) -> Generator[None]:
        """The cases until the block ends are made up at random, and have no name of their own."""
        self.generating = True
        try:
            yield
        finally:
            self.generating = False

    def must_have_a_turn(self) -> None:
        """Raise `TurnOver` if the turn of the scenario is over."""
        if time.monotonic() > self.turn_until and not self.unsent:
            raise TurnOver

    def _must_have_time(self) -> None:
        if time.monotonic() > self.count_until:
            raise Stopped("there was no time to count all cases that were not sent")

    def _skip(self, exchange: Exchange) -> None:
        self._must_have_time()
        rules = self._checkable.rules(exchange.request, exchange.expectation)
        if self.only_special:
            rules = tuple(rule for rule in rules if rule == exchange.expectation.rule != _GENERAL)
        self.ledger.skip_case(rules, self.unsent)

    def reach(self, request: Request, timeout: float | None = None) -> Response:
        """The response, not checked, not counted; `TargetDown` if no connection can be made."""
        for pause in _PAUSES:
            try:
                return self.wire.send(request, timeout=timeout)
            except Unreachable:
                if self._interrupted or time.monotonic() + pause > self.deadline:
                    break
                time.sleep(pause)
        try:
            return self.wire.send(request, timeout=timeout)
        except Unreachable as error:
            raise TargetDown(str(error)) from error

    def _is_alive(self) -> bool:
        """Whether the target still responds to a simple request."""
        control = self.request({"jobs": [{"job_id": self.target.tenant.job_ids[0]}]})
        for _ in range(2):
            try:
                self.reach(evolve(control, fresh=True))
            except NoResponse:
                continue
            return True
        return False

    def send_all(self, cases: Iterable[Case]) -> bool:
        """Send every case, several at once; False where the time ran out before the end."""
        return self.each(self._send_case, cases)

    def _send_case(self, case: Case) -> None:
        self.send(case.request, case=case.what, rule=case.rule, statuses=case.statuses)

    def send_all_apart(self, *several: Iterable[Case]) -> None:
        """Send the first case of each of several, then the second of each, and so on.

        A bug of the fuzzer costs only the case that it is in. If it is in what makes the cases, it
        costs the rest of these. Several cases are sent at once.
        """
        failed: list[tuple[Case, str]] = []

        def send(case: Case) -> None:
            with self._may_crash(lambda reason: failed.append((case, reason))):
                self._send_case(case)

        self.each(send, by_turns(*map(self._until_a_crash, several)))
        for case, reason in failed:
            with suppress(Exception), self.counting(reason):  # it may fail in the same place again
                self._send_case(case)

    def _until_a_crash(self, cases: Iterable[Case]) -> Iterator[Case]:
        with self._may_crash(lambda _: None):
            yield from cases

    @contextmanager
    def _may_crash(self, note: Callable[[str], object]) -> Generator[None]:
        """Limit a bug of the fuzzer to this block; `note` gets why its cases were skipped."""
        try:
            yield
        except FROM_SERVER:
            raise
        except Exception as error:  # noqa: BLE001 - says nothing about the other cases
            note(self.on_crash(error))

    # --- many at once ------------------------------------------------------------

    def each(self, work: Callable[[Any], None], things: Iterable[Any]) -> bool:
        """Do `work` for every thing, several at once; False where the time ran out first."""
        remaining = iter(things)
        finished = True

        def worker() -> None:
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

        if self.unsent:
            worker()  # nothing is waited for
        else:
            self.together([worker] * self.workers)
        return finished

    def _over(self) -> bool:
        return self._interrupted or self.enough(self.ledger)

    def in_turn(self, work: Callable[[Any], None], things: Iterable[Any]) -> None:
        """Do `work` for every thing, one after the other; stop early if enough is known."""
        for thing in things:
            if self._over():
                return
            work(thing)

    def together(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Run all jobs at the same time; the first exception is raised when all have ended."""
        with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
            try:
                futures = [pool.submit(self._closing, job) for job in jobs]
                wait(futures)
            except KeyboardInterrupt:
                self._interrupted = True
                self.wire.stop()
                raise
        for future in futures:
            future.result()

    def _closing(self, job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            self.wire.close()


_END: Final = object()
