"""The fuzzer is fair: servers unlike ours that keep the contract are not accused."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

import pytest

from drs_sync_policy.fuzz import ijson
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.prober import Prober
from drs_sync_policy.fuzz.scenarios.results import comparisons, languages
from tests.fuzz import servers
from tests.fuzz.habits import TOGETHER, accusations, assert_not_accused
from tests.fuzz.servers import Habits, Handler, Refused


@pytest.mark.parametrize("habits", TOGETHER.values(), ids=TOGETHER.keys())
def test_a_server_with_many_habits_of_its_own_is_not_accused(habits: Habits) -> None:
    """Whatever the contract leaves open may be decided otherwise than by our sandbox."""
    assert_not_accused(habits, budget=0)


CHOOSING = Habits(bad_token=(401, 403), bad_project=(400, 404))


class InTurn(Handler):
    """Of the statuses that are allowed, it takes one after the other."""

    def one_of(self, statuses: Sequence[int]) -> int:
        return statuses[self.server.requests % len(statuses)]


@pytest.mark.parametrize("handler", [Handler, InTurn])
def test_a_status_chosen_at_random_does_not_depend_on_the_language(handler: type[Handler]) -> None:
    """A request with another language got another status, and so does the same request again."""
    with servers.probing(CHOOSING, handler) as prober:
        _in_languages(prober)
    assert prober.ledger.times_checked("language-changes-only-messages") > 20
    assert [violation.rule for violation in prober.ledger.violations()] == []


class ByLanguage(Handler):
    """Which of the statuses it takes, the language decides."""

    def one_of(self, statuses: Sequence[int]) -> int:
        return statuses[self.language == "zh-cn"]


def test_a_status_that_the_language_decides_is_found() -> None:
    """Both statuses are allowed, but one request never gets that of the other."""
    with servers.probing(CHOOSING, ByLanguage) as prober:
        _in_languages(prober)
    found = list(prober.ledger.violations("language-changes-only-messages"))
    assert list(prober.ledger.violations()) == found
    assert [(violation.expected, violation.received) for violation in found] == [
        ("as without the header: 401 E3", "403 E3"),
        ("as without the header: 400 E3", "404 E3"),
    ]


def test_an_error_code_chosen_at_random_is_no_other_response_to_the_same_request() -> None:
    """Codes are the server's choice, so only statuses are compared."""
    random_codes = {"unknown": "E1", "busy": "E2", "request": "E3 E4 E5 E6"}
    with servers.probing(Habits(codes=random_codes)) as prober:
        (repeats,) = (one for one in comparisons.SCENARIOS if one.name == "repeats")
        repeats.run(prober)
    assert prober.ledger.times_checked("repeating-is-harmless") >= 16
    assert [v.rule for v in prober.ledger.violations()] == []


def _in_languages(prober: Prober) -> None:
    (scenario,) = languages.SCENARIOS
    scenario.run(prober)


class Throttling(Handler):
    """Sends 429 with a time to wait to every hundredth request, and counts these."""

    sent = 0

    def throttle(self) -> None:
        super().throttle()
        if self.server.requests % 100 == 0:
            Throttling.sent += 1
            raise Refused(429, Retry_After="1")


def test_a_server_that_throttles_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 429 is not checked but waited out, and the required scenarios still finish."""
    monkeypatch.setattr(Throttling, "sent", 0)
    rules = ("other-media-types-are-refused", "token-is-matched-exactly", "later-items-win")
    with servers.serving(Habits(), Throttling) as server:
        verdict = run(servers.target(server), seed=5, budget=0, rules=rules)
    assert accusations(verdict) == []
    assert verdict.ending == "complete"
    assert {verdict.ledger.status(rule) for rule in rules} == {"passed"}
    assert Throttling.sent > 1


def test_a_slow_server_is_checked_within_the_budget() -> None:
    """A second a request leaves few cases: the verdict says so and accuses nobody."""
    habits = Habits(seconds=1, readback=False, second_tenant=False)
    with servers.serving(habits) as server:
        verdict = run(servers.target(server), seed=5, budget=2.5, workers=16, schemathesis=False)
    assert accusations(verdict) == []
    assert verdict.ending == "too little checked"
    assert "required scenarios" in verdict.reason
    assert "raise --budget" in verdict.ledger.reason("other-media-types-are-refused")
    assert verdict.ledger.times_checked("valid-request-is-accepted")


class DiesOfExtremes(Handler):
    """Dies of a number that is too large; a gateway responds once until it is back."""

    def parse(self, body: bytes) -> list[dict[str, Any]]:
        if b"1e999" in body:
            self.server.hung.set()
            self.connection.shutdown(socket.SHUT_RDWR)
        elif b"x_after" in body and self.server.hung.is_set():
            self.server.hung.clear()
            raise servers.Refused(502)
        return super().parse(body)


def test_a_crash_on_an_extreme_makes_no_one_impatient_with_valid_requests() -> None:
    """They are asked once more as before; the crash itself is found."""
    with servers.probing(handler=DiesOfExtremes) as prober:
        valid = prober.bodies.batch(1, 1)
        extreme = ijson.dumps({**valid, "x": 0}).replace(b'"x":0', b'"x":1e999')
        crash = prober.send(prober.request(extreme), case="an extreme")
        after = prober.send(prober.request({**valid, "x_after": 1}), case="a valid request")
    assert crash.response is None
    assert after.response is not None
    assert after.response.status == 200
    found = {violation.rule for violation in prober.ledger.violations()}
    assert found == {"extremes-in-ignored-fields-are-survived"}
