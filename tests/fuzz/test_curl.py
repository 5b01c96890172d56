"""The curl command of a request: it sends the bytes and headers that the fuzzer sent."""

from __future__ import annotations

import subprocess
from pathlib import PurePosixPath

import pytest
from attrs import evolve

from drs_sync_policy.fuzz.report import curl
from drs_sync_policy.fuzz.report.secrets import Redactor
from drs_sync_policy.fuzz.target.http import Request
from drs_sync_policy.fuzz.target.profile import Target, Tenant

TOKEN = "Tok-One-0123456789"
TARGET = Target(url="http://127.0.0.1:1/gateway", tenant=Tenant(TOKEN, "p", ("job-a",)))
HEADERS = (("X-Auth-Token", TOKEN), ("Content-Type", "application/json"))


def _command(request: Request, target: Target = TARGET) -> str:
    return curl.command(request, target, redact=Redactor(target), store=lambda _: None)


def _words(command: str, **variables: str) -> list[bytes]:
    """The arguments that bash gives to curl."""
    done = subprocess.run(
        ["bash", "-c", f"""curl() {{ printf '%s\\0' "$@"; }}; {command}"""],
        env={"DRS_TOKEN": TOKEN, "PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        check=True,
    )
    return done.stdout.split(b"\0")


def test_it_sends_the_bytes_that_were_sent() -> None:
    """What no terminal shows is an escape, and the shell makes the very byte of it."""
    headers = (("X-Auth-Token", f"{TOKEN}\xa0"), ("X-Odd", "a\x7f'b\xe9"))
    command = _command(Request("POST", "/gateway/v3/p\xe9", headers, b"{}"))
    assert command.isascii()
    assert TOKEN not in command
    words = _words(command)
    assert f"X-Auth-Token: {TOKEN}".encode() + b"\xa0" in words
    assert b"X-Odd: a\x7f'b\xe9" in words
    assert b"http://127.0.0.1:1/gateway/v3/p\xe9" in words


@pytest.mark.parametrize(
    ("request_", "option"),
    [
        (Request("POST", "/", HEADERS), "--request POST"),
        (Request("POST", "/", HEADERS), "--header 'Content-Length: 0'"),
        (Request("GET", "/", HEADERS), "--request GET"),
        (Request("HEAD", "/"), "--head"),
        (Request("POST", "/", (), b"{}"), "--header 'Content-Type:'"),
        (Request("POST", "/", HEADERS, b"{}"), "--header 'Accept:'"),
        (Request("POST", "/", HEADERS, b"{}", chunked=True), "'Transfer-Encoding: chunked'"),
        (Request("POST", "/", HEADERS, b"{}", fresh=True), "--header 'Connection: close'"),
        (
            Request("POST", "/", (*HEADERS, ("Accept-Encoding", "gzip")), b"{}"),
            "--header 'Accept-Encoding: gzip'",
        ),
        (
            Request("POST", "/", (*HEADERS, ("Connection", "keep-alive")), b"{}", fresh=True),
            "--header 'Connection: keep-alive'",
        ),
        (Request("POST", "/", HEADERS, b" " * 1_000_001), "--header 'Expect:'"),
        (Request("POST", "/", (("X-Empty", ""),), b"{}"), "--header 'X-Empty;'"),
    ],
)
def test_it_has_every_header_that_matters(request_: Request, option: str) -> None:
    """Those that were sent, those of the connection, and no header that curl adds by itself."""
    assert option in _command(request_)


def test_it_has_the_headers_of_the_profile() -> None:
    """Every request of the run has them; their values are secrets."""
    target = evolve(TARGET, headers={"X-Gateway-Key": "gateway-key-1"})
    command = _command(Request("POST", "/", HEADERS, b"{}"), target)
    assert "gateway-key-1" not in command
    words = _words(command, DRS_HEADER_1="gateway-key-1")
    assert b"X-Gateway-Key: gateway-key-1" in words


def test_it_trusts_what_the_run_trusted() -> None:
    """The options for TLS are those of the profile."""
    request = Request("POST", "/", HEADERS, b"{}")
    https = evolve(TARGET, url="https://drs.example")
    assert "--insecure" in _command(request, evolve(https, verify=False))
    assert "--cacert 'ca.pem'" in _command(request, evolve(https, verify="ca.pem"))
    assert "--insecure" not in _command(request, https)


def test_a_long_body_comes_from_a_file_of_the_report() -> None:
    """The path is relative, and without a report the command says what is missing."""
    request = Request("POST", "/", HEADERS, b"x" * 3000)
    kept = curl.command(
        request, TARGET, redact=Redactor(TARGET), store=lambda _: PurePosixPath("bodies/1.bin")
    )
    assert "--data-binary @bodies/1.bin" in kept
    assert "3000 bytes" in _command(request)


@pytest.mark.parametrize(("cuts", "is_said"), [((2,), False), ((), True), ((1,), True)])
def test_it_says_that_curl_cuts_a_body_otherwise(cuts: tuple[int, ...], is_said: bool) -> None:
    """A comment, which the shell leaves out. A body in one chunk is sent as it was."""
    command = _command(Request("POST", "/", HEADERS, b"{}", chunked=True, cuts=cuts))
    assert command.endswith("use `replay`") == is_said
    assert _words(command)[-2] == b"{}"
