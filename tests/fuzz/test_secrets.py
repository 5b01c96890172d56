"""No secret is in a report, whoever wrote it in whatever form, and a shell rebuilds it."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

import pytest
from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drs_sync_policy.fuzz.ledger import Violation
from drs_sync_policy.fuzz.report import curl
from drs_sync_policy.fuzz.report.masks import HIDDEN
from drs_sync_policy.fuzz.report.secrets import Piece, Redactor, value_of
from drs_sync_policy.fuzz.scenarios import credentials
from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy.fuzz.target.profile import Target, Tenant
from drs_sync_policy_contract import RuleId
from tests.fuzz import servers

_BASE64: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

uuids = st.uuids().map(str)
short_segments = st.lists(
    st.text(_BASE64[:62], min_size=2, max_size=5), min_size=4, max_size=9
).flatmap(lambda parts: st.sampled_from("-_.:").map(lambda separator: separator.join(parts)))
base64s = st.binary(min_size=12, max_size=60).map(lambda raw: base64.b64encode(raw).decode())
tokens = uuids | short_segments | base64s


def _of_case(case: str, *, generated: bool = False, received: str = "200") -> Violation:
    rule: RuleId = "token-is-matched-exactly"
    return Violation(rule, case, "401", received, generated=generated)


def test_words_of_ours_stay_and_values_are_masked() -> None:
    """A token may have words in it; what a server or a value has of it is masked."""
    token = "the-right-token-without-9431-end"
    redact = Redactor(_target(token))

    def shown(case: str, *, ours: bool = True, generated: bool = False) -> str:
        return redact.case(_of_case(case, generated=generated), ours=ours)

    words = "the right token without its first character"
    assert shown(words) == words
    assert HIDDEN in shown(words, ours=False)
    assert HIDDEN in shown(words, generated=True)
    for value in ("'the-right-token'", '"right token"', "`THE RIGHT TOKEN`", "without-9431-e"):
        assert shown(f"it is {value}") != f"it is {value}"
    assert token not in shown(f"what is {token}?")
    violation = _of_case(words, received="401 the-right-token")
    line = f"{words}. Expected: 401. Received: 401 the-right-token"
    assert redact.cause(line, violation, ours=True) == line.replace(
        "401 the-right-token", f"401 {HIDDEN}"
    )
    assert HIDDEN in redact.cause(f"{line}, and more", violation, ours=True)


NOT_OURS: Final = {"base64 of a credential", "no separator", "spaces"}
"""What only a server would make of a token: nothing rebuilds it."""
MADE: Final[dict[str, Callable[[str], str]]] = {
    "as it is": lambda t: t,
    "upper": str.upper,
    "lower": str.lower,
    "swapped": str.swapcase,
    "title": str.title,
    "cut": lambda t: t[: len(t) // 2],
    "cut at both ends": lambda t: t[2:-3],
    "without its last": lambda t: t[:-1],
    "without its first": lambda t: t[1:],
    "one character": lambda t: t[:1],
    "another last": lambda t: t[:-1] + "%",
    "prefixed": lambda t: f"Bearer {t}",
    "in quotes": lambda t: f'"{t}"',
    "twice": lambda t: f"{t},{t}",
    "followed": lambda t: t[:8] + "z" * 20,
    "underscores": lambda t: t.replace("-", "_"),
    "no separator": lambda t: t.replace("-", "").replace(":", "").replace("_", ""),
    "spaces": lambda t: t.replace("-", " ").replace(".", " "),
    "reversed": lambda t: t[::-1],
    "hex": lambda t: t.encode().hex(),
    "percent": lambda t: "".join(f"%{byte:02X}" for byte in t.encode()),
    "quoted": lambda t: quote(t, safe=""),
    "base64": lambda t: base64.b64encode(t.encode()).decode(),
    "base64 of a credential": lambda t: base64.b64encode(f"u:{t}".encode()).decode(),
}


def _target(token: str) -> Target:
    return Target(url="http://127.0.0.1:1", tenant=Tenant(token, "p1", ("job-a",)))


def _plain(text: str) -> str:
    """Its letters and digits; the words of curl become `|`, so that none is taken for a piece."""
    letters = re.sub(r"--[a-z-]+|\?t=", "|", text)
    return "".join(c for c in letters if c == "|" or (c.isascii() and c.isalnum())).lower()


def _leaks(text: str, token: str, *, least: int = 8) -> list[str]:
    """The pieces of the token's letters and digits, in any of its spellings, that `text` shows."""
    shown = _plain(text)
    alignments = [base64.b64encode(token.encode()[n:]).decode() for n in range(3)]
    spellings = [
        *((_plain(form), least) for form in (token, token[::-1])),
        (token.encode().hex(), 2 * least),
        *((_plain(form), least * 3 // 2) for form in alignments),
    ]
    return [
        piece
        for spelling, size in spellings
        for n in range(len(spelling) - size + 1)
        if (piece := spelling[n : n + size]) in shown
    ]


@given(token=tokens, made=st.sampled_from(sorted(MADE)), around=st.sampled_from(["", "é ", "a'b"]))
@example(token="00-00-00-0Y", made="another last", around="")
@settings(max_examples=150)
def test_no_form_of_a_token_is_shown(token: str, made: str, around: str) -> None:
    """Whether we sent it in a header, a path or a body, or the server responded with it."""
    redact = Redactor(_target(token))
    text = f"{around}{MADE[made](token)}{around}"
    request = Request("POST", f"/v3/p?t={quote(text)}", (("X-Auth-Token", text),), text.encode())
    command = curl.command(request, _target(token), redact=redact, store=lambda _: None)
    for shown in (redact.text(text), redact.body(text.encode()).decode(), command):
        assert not _leaks(shown, token)


@given(token=tokens, made=st.sampled_from(sorted({*MADE} - NOT_OURS)))
@settings(max_examples=100)
def test_a_file_of_exchanges_rebuilds_every_variant(token: str, made: str) -> None:
    """Its parts say how a header was made of the token, whatever the token is."""
    value = MADE[made](token)
    found = Redactor(_target(token)).header(value)
    parts = [part.to_json() if isinstance(part, Piece) else part for part in found]
    assert value_of(parts, {"DRS_TOKEN": token}) == value


def _sent(token: str) -> list[Request]:
    """Every request of the scenarios about credentials."""
    wire = servers.Capturing()
    prober = servers.prober(_target(token), wire)
    prober.workers = 1
    for scenario in credentials.SCENARIOS:
        scenario.run(prober)
    return wire.requests


@given(token=tokens)
@settings(max_examples=15, deadline=None)
def test_the_fuzzer_records_which_headers_it_made_of_a_secret(token: str) -> None:
    """Each header with a piece of the token is recorded, and no piece of 5 characters is shown."""
    made = 0
    redact = Redactor(_target(token))
    for request in _sent(token):
        for name, value in request.headers:
            if not _leaks(value, token, least=5):
                continue
            made += 1
            assert name.lower() in request.secret, value
            shown = "".join(
                part for part in redact.header(value, secret=True) if isinstance(part, str)
            )
            assert not _leaks(shown, token, least=5)
    assert made > 50


def test_a_header_that_was_made_of_an_unknown_secret_is_hidden() -> None:
    """Nothing of it can be rebuilt, and nothing of it is shown."""
    redact = Redactor(_target("7d9f2c1e-4b3a"))
    assert redact.header("another-token", secret=True) == (HIDDEN,)
    assert redact.header("another-token") == ("another-token",)


TOKENS: Final = (
    "7d9f2c1e-4b3a-4c5d-9e8f-0a1b2c3d4e5f",
    "ab-CD-ef-12-gh",
    "x9.Tk_7:Qz-Lm0",
    "aGk+Zm9v/2Jhcg==",
)


def _words(line: str, token: str) -> list[str]:
    """What bash hands over to curl."""
    done = subprocess.run(
        ["bash", "-c", f"""curl() {{ printf '%s\\0' "$@"; }}; {line}"""],
        env={"DRS_TOKEN": token, "PATH": "/usr/bin:/bin"}, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout.decode().split("\0")


@pytest.mark.parametrize("token", TOKENS)
def test_bash_rebuilds_what_the_fuzzer_sent(token: str) -> None:
    """Each header of every request about credentials, byte for byte, without a piece of it."""
    values = {
        (name, value)
        for request in _sent(token)
        for name, value in request.headers
        if name.lower() in request.secret and value.isascii()
    }
    headers = tuple((f"X-{n}-{name}", value) for n, (name, value) in enumerate(sorted(values)))
    secret = frozenset(name.lower() for name, _ in headers)
    target = _target(token)
    request = Request("POST", "/v3/p", headers, b"{}", secret=secret)
    line = curl.command(request, target, redact=Redactor(target), store=lambda _: None)
    assert not _leaks(line, token)
    words = _words(line, token)
    assert [f"{n}: {v}" for n, v in headers if v and f"{n}: {v}" not in words] == []


@pytest.mark.parametrize("token", TOKENS)
def test_bash_rebuilds_every_variant(token: str) -> None:
    """The command sends the very bytes that the fuzzer sent, with the token from its variable."""
    target = _target(token)
    redact = Redactor(target)
    headers = [
        (f"X-{name.title()}", make(token)) for name, make in MADE.items() if name not in NOT_OURS
    ]
    request = Request("POST", "/v3/p", tuple(headers), b"{}")
    line = curl.command(request, target, redact=redact, store=lambda _: None)
    words = _words(line, token)
    assert [f"{name}: {value}" for name, value in headers if f"{name}: {value}" not in words] == []


def test_the_profiles_own_variable_is_named() -> None:
    """What the profile calls it is what a shell has."""
    target = _target("tok-1234567890")
    own = evolve(target, tenant=evolve(target.tenant, token_env="MY_TOKEN"))
    assert Redactor(own).text("a tok-1234567890 b") == "a $MY_TOKEN b"


def test_a_short_token_is_hidden_in_headers_alone() -> None:
    """A token of one letter would be in every word."""
    redact = Redactor(_target("t"))
    assert [part for part in redact.header("t") if isinstance(part, str)] == []
    assert redact.text("a text") == "a text"
