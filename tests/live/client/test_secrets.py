"""Secrets that nobody sees: in no error, traceback, log, hook or pickle."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from drs_sync_policy import (
    AkSkAuth,
    AsyncSyncPolicyClient,
    DrsError,
    Hooks,
    PasswordAuth,
    SyncPolicyClient,
    TokenAuth,
    WrongUseError,
)
from drs_sync_policy.client.credentials.secret import Secret
from drs_sync_policy.client.network.logs import hide_credentials
from drs_sync_policy.client.settings import Settings
from drs_sync_policy.runtime.redaction import REQUEST_HEADERS, RESPONSE_HEADERS
from tests.live.client.accounts import DONE, JOBS, PASSWORD, client, password, token
from tests.wire import says, sends, wire

SECRETS = ("secret-token", PASSWORD, "the-secret-key", "secret-security-token", "secret-subject")
AUTHS: list[Callable[[str], Any]] = [
    lambda _: TokenAuth("secret-token"),
    lambda _: TokenAuth(lambda: "secret-token"),
    lambda _: AkSkAuth("AK", "the-secret-key", security_token="secret-security-token"),
    password,
]


@pytest.mark.parametrize("make", AUTHS)
def test_no_secret_is_seen(make: Callable[[str], Any], caplog: pytest.LogCaptureFixture) -> None:
    """Not in a repr, a log of any level, an exception, a pickle, or a traceback with locals."""
    caplog.set_level(logging.DEBUG)
    with wire(then=token("secret-subject")) as iam, wire(then=says(403, b"")) as server:
        auth = make(iam.url)
        with client(server, auth) as drs, pytest.raises(DrsError) as caught:
            drs.set_policies(JOBS)
        shown = [repr(auth), str(auth), repr(drs), repr(vars(drs)), caplog.text]
    error: BaseException | None = caught.value
    shown.append(pickle.dumps(error).decode("latin-1"))
    while error is not None:
        shown += [str(error), repr(error), repr(vars(error))]
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
        ours = [frame for frame in trace.format() if "/drs_sync_policy/" in frame.splitlines()[0]]
        assert ours or error is not caught.value
        shown += ours
        error = error.__cause__ or error.__context__
    assert "x-auth-token" in repr(vars(caught.value)) or isinstance(auth, AkSkAuth)
    for secret in SECRETS:
        assert secret not in "\n".join(shown)


def seen_in(error: BaseException) -> str:
    """What a traceback with locals shows of our functions, and the repr of each of their locals."""
    shown = [str(error), repr(vars(error))]
    trace = error.__traceback__
    while trace is not None:
        if "/drs_sync_policy/" in trace.tb_frame.f_code.co_filename:
            shown += [f"{name} = {value!r}" for name, value in trace.tb_frame.f_locals.items()]
        trace = trace.tb_next
    traceback.TracebackException.from_exception(error, capture_locals=True)
    return "\n".join(shown)


def raised_by(call: Callable[[], object]) -> BaseException:
    with pytest.raises(WrongUseError) as caught:
        call()
    return caught.value


HUSH = "hush-hush"
WRONG = f"{HUSH}\n"
SERVER: dict[str, Any] = {"base_url": "http://127.0.0.1:9", "project_id": "p"}


@pytest.mark.parametrize(
    "call",
    [
        lambda: TokenAuth(WRONG),
        lambda: AkSkAuth("AK", WRONG),
        lambda: AkSkAuth("A\tK", HUSH, security_token=HUSH),
        lambda: AkSkAuth("AK", HUSH, security_token=WRONG),
        lambda: PasswordAuth("u", f"{HUSH}\udcff", "d"),
        lambda: PasswordAuth("", HUSH, "d"),
        lambda: SyncPolicyClient(**SERVER, auth=WRONG),
        lambda: SyncPolicyClient(project_id="p", region="nowhere", auth=HUSH),
        lambda: SyncPolicyClient(base_url="http://127.0.0.1:9", project_id="a/b", auth=HUSH),
        lambda: AsyncSyncPolicyClient(**SERVER, auth=WRONG),
        lambda: AsyncSyncPolicyClient(project_id="p", region="nowhere", auth=HUSH),
        lambda: SyncPolicyClient(**SERVER, auth=lambda: WRONG).set_policies(JOBS),
        lambda: SyncPolicyClient.from_environment(profile="none", auth=HUSH),
        lambda: Settings().arguments(auth=HUSH),
        lambda: Settings().arguments(auth=WRONG),
    ],
)
def test_no_traceback_of_a_usage_error_shows_a_secret(
    call: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an invalid secret nor another invalid argument shows a secret in a local variable."""
    monkeypatch.setenv("DRS_PROFILES", "/nonexistent")
    assert HUSH not in seen_in(raised_by(call))


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({"DRS_USERNAME": "u", "DRS_PASSWORD": HUSH}, ""),
        ({"DRS_TOKEN": WRONG}, ""),
        ({"DRS_TOKEN": HUSH, "DRS_PROFILE": "other"}, ""),
        ({}, f'[default]\npassword = "{HUSH}"\ntokn = "x"'),
        ({}, f'[default]\npasswrd = "{HUSH}"'),
        ({}, f'[default]\npassword = "{HUSH}"\nauth = "none"'),
        ({}, f'[default]\ntoken = "{HUSH}'),
        ({}, f'[default]\ntoken = "{HUSH}\udcff"'),
    ],
)
def test_no_traceback_of_settings_shows_a_secret(
    environment: dict[str, str], text: str, tmp_path: Path
) -> None:
    """Neither the environment's secrets nor those of a file are in a local of ours."""
    file = tmp_path / "profiles.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    file.chmod(0o600)
    error = raised_by(lambda: Settings.load(environment=environment, file=file).arguments())
    assert HUSH not in seen_in(error)
    assert error.__context__ is None


def test_a_header_that_http_does_not_allow_is_not_quoted() -> None:
    """The headers of your own client may have a secret, which an error must not show."""
    with (
        wire() as server,
        httpx.Client(headers={"X-Api-Key": WRONG}) as mine,
        client(server, "t", http_client=mine) as drs,
        pytest.raises(WrongUseError, match="could not be sent") as caught,
    ):
        drs.set_policies(JOBS)
    assert HUSH not in seen_in(caught.value)


@pytest.mark.parametrize("status", [200, 202, 403])
@pytest.mark.parametrize("header", ["X-Subject-Token", "Set-Cookie"])
def test_a_token_in_a_response_is_not_kept(status: int, header: str) -> None:
    """A token or a cookie in a response stays out of the error and its pickle."""
    seen: list[Any] = []
    hooks = Hooks(on_response=lambda _, response, __: seen.append(dict(response.headers)))
    stray = says(status, b"{}", {header: HUSH, "X-Request-Id": "r1"})
    with (
        wire(stray) as server,
        client(server, "t", hooks=hooks) as drs,
        pytest.raises(DrsError) as caught,
    ):
        drs.set_policies(JOBS)
    assert caught.value.response is not None
    assert caught.value.response.headers[header.lower()] == "***"
    assert caught.value.response.request_id == "r1"
    assert HUSH.encode() not in pickle.dumps(caught.value)
    assert seen
    assert HUSH not in repr(seen)


@pytest.mark.parametrize("status", [202, 403])
def test_a_token_in_a_login_that_failed_is_not_kept(status: int) -> None:
    """IAM may respond with an undocumented status and with a token."""
    with (
        wire(says(status, b"{}", {"X-Subject-Token": HUSH})) as iam,
        wire() as server,
        client(server, password(iam.url)) as drs,
        pytest.raises(DrsError) as caught,
    ):
        drs.set_policies(JOBS)
    assert HUSH not in seen_in(caught.value)
    assert HUSH.encode() not in pickle.dumps(caught.value)


@pytest.mark.parametrize("status", [200, 401, 499])
@pytest.mark.parametrize(
    "as_json",
    [
        lambda text: text,
        lambda text: text.replace("/", "\\/"),
        lambda text: text.replace("/", "\\/").replace("+", "\\u002B"),
        lambda text: text.replace("M", "\\u004d"),
    ],
    ids=["as it is", "slashes", "slashes and pluses", "letters"],
)
def test_a_token_that_the_server_quotes_is_not_shown(
    status: int, as_json: Callable[[str], str]
) -> None:
    """Neither the error nor the response, the outcome or a hook has it; `***` is in its place."""
    secret, seen = "MIIF/quoted+token==", list[Any]()
    said = as_json(f"token {secret} is unknown")
    failed = f'{{"id": "a", "status": "failed", "error_code": "X", "error_msg": "{said}"}}'
    body = f'{{"error_code": "X", "error_msg": "{said}", "count": 1, "results": [{failed}]}}'
    hooks = Hooks(on_response=lambda _, response, __: seen.append(response.content))
    quoting = says(status, body.encode(), {"X-Echo": secret})
    with wire(quoting) as server, client(server, secret, hooks=hooks) as drs:
        try:
            shown = [str(list(drs.set_policies(JOBS)))]
        except DrsError as error:
            shown = [str(error), repr(vars(error)), pickle.dumps(error).decode("latin-1")]
            shown.append(str(error.response and error.response.headers["x-echo"]))
    shown.append(repr(seen))
    assert secret not in "".join(shown).replace("\\", "")
    assert "token *** is unknown" in "".join(shown) or status == 499


def test_a_password_that_iam_quotes_is_not_shown() -> None:
    """Nor is that of a login, whose body IAM may send back."""

    def echoes(connection: socket.socket) -> bool:
        return says(400, iam.heard[-1].body)(connection)

    with (
        wire(echoes) as iam,
        wire() as server,
        client(server, password(iam.url)) as drs,
        pytest.raises(DrsError) as caught,
    ):
        drs.set_policies(JOBS)
    assert caught.value.response is not None
    assert b'"password":"***"' in caught.value.response.content.replace(b" ", b"")
    assert PASSWORD.encode() not in pickle.dumps(caught.value)


@pytest.mark.parametrize(
    "quoting",
    [
        "BAD {}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX {}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: {}\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 418 {}\r\nX-Request-Id: {}\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["protocol", "header", "chunk", "coding", "reason"],
)
@pytest.mark.parametrize("secret", ["MIIF/quoted+token==", "it's \\quoted\\\""])
def test_a_token_in_a_malformed_response_is_not_shown(
    secret: str, quoting: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The error says what came instead of a response, as the logs of httpcore do, with `***`."""
    caplog.set_level(logging.DEBUG)
    raw = quoting.format(secret, secret).encode()
    with (
        wire(then=sends(raw)) as server,
        client(server, secret, retries=None) as drs,
        pytest.raises(DrsError) as caught,
    ):
        drs.set_policies(JOBS)
    shown = [seen_in(caught.value), pickle.dumps(caught.value).decode("latin-1"), caplog.text]
    assert "quoted" not in "".join(shown)
    assert "***" in "".join(shown)


def test_a_message_is_shortened_and_obeyed_by_no_terminal() -> None:
    """In the text of an error; its attributes have all of it."""
    message = "\x1b[2J" + "x" * 100_000
    rejects = says(400, {"error_code": "X\x07", "error_msg": message})
    with wire(rejects) as server, client(server, "t") as drs, pytest.raises(DrsError) as caught:
        drs.set_policies(JOBS)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 2000
    assert getattr(caught.value, "message", None) == message


def test_a_short_credential_is_not_looked_for() -> None:
    """Replacing every `p` of a response would hide the reason."""
    rejects = says(401, {"error": {"code": 401, "message": "the password expired"}})
    with wire(rejects) as iam, wire() as server:
        auth = PasswordAuth("user", "p", "d", iam_url=iam.url)
        with client(server, auth) as drs, pytest.raises(DrsError, match="the password expired"):
            drs.set_policies(JOBS)


@pytest.mark.parametrize("header", sorted(REQUEST_HEADERS | RESPONSE_HEADERS))
@pytest.mark.parametrize("value", ["hush-hush", "hush'-\\-hush", "'hush\"\\'-hush"])
def test_debug_logs_hide_every_credential(
    header: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In whatever quotes httpcore writes the header of a response."""
    caplog.set_level(logging.DEBUG)
    with wire(says(200, DONE, {header.title(): value})) as server, client(server, "t") as drs:
        drs.set_policies(JOBS)
    assert header.title() in caplog.text
    assert "hush" not in caplog.text


@pytest.mark.parametrize("package", ["httpcore", "httpcore2"])
@pytest.mark.parametrize(
    ("logger", "message"),
    [
        ("socks", "setup_socks5_connection.started auth=(b'us\"er', b\"hush'\") host=b'x'"),
        ("http11", "send_request_headers.failed exception=Error(\"Illegal header value b'hush'\")"),
        ("proxy", 'complete return_value=(200, [(b"Set-Cookie", b"hu\'sh")])'),
    ],
)
def test_debug_logs_of_proxies_hide_credentials(
    package: str, logger: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What httpcore logs of a SOCKS proxy, of a header that is not allowed, and of a tunnel."""
    hide_credentials(package)
    caplog.set_level(logging.DEBUG)
    logging.getLogger(f"{package}.{logger}").debug(message)
    assert "***" in caplog.text
    assert "hush" not in caplog.text.replace("'", "")


@pytest.mark.parametrize("make", AUTHS[::2])
def test_credentials_are_not_pickled(make: Callable[[str], Any]) -> None:
    """A pickle would put a secret on disk; the error says what to do instead."""
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(make(""))


def test_a_secret_reveals_itself_only_when_asked() -> None:
    """Repr, str, format and copies keep it."""
    secret = Secret("hidden")
    assert "hidden" not in f"{secret} {secret!r} {[secret]}"
    assert copy.deepcopy(secret).reveal() == "hidden"
    assert json.dumps(str(secret)) == '"<secret>"'
