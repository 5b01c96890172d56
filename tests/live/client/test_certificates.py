"""TLS over real sockets, with an authority that only this test knows."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from attrs import frozen

from drs_sync_policy import Connections, Hooks, Outcome, Retries
from drs_sync_policy.runtime.errors import ConnectFailedError
from tests.live.client import calls
from tests.processes import PROGRAM, completed

DONE = b'{"count": 1, "results": [{"id": "a", "status": "success"}]}'
Call = Callable[..., Outcome]


class _Responder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(DONE)))
        self.end_headers()
        self.wfile.write(DONE)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base
        pass


class _Server(ThreadingHTTPServer):
    """Shakes hands in the thread of each connection, and counts how often it was to."""

    daemon_threads = True
    handshakes = 0

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Responder)
        self._context = context

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.handshakes += 1
        # `wrap_socket` raises where the client turns away, which is what some tests are about.
        with suppress(OSError), self._context.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)


@frozen
class Secure:
    """A running server with a certificate, and the file of the authority that signed it."""

    server: _Server
    ca_file: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def _secure(folder: Path, *, name: str = "127.0.0.1") -> Iterator[Secure]:
    authority = trustme.CA()
    ca_file = folder / "authority.pem"
    authority.cert_pem.write_to_path(ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    with _Server(context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Secure(server, ca_file)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Secure]:
    """A server whose certificate is signed by an authority of this test."""
    with _secure(tmp_path) as running:
        yield running


@pytest.fixture(params=[calls.call, calls.call_async], ids=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Call:
    """The same call by each of the two clients."""
    chosen: Call = request.param
    return chosen


@pytest.mark.parametrize("form", ["text", "path", "context"])
def test_an_authority_of_ones_own_is_trusted(secure: Secure, call: Call, form: str) -> None:
    """`Connections(verify=)` takes the authority as a file's name, a path, or a TLS context."""
    forms: dict[str, Any] = {
        "text": str(secure.ca_file),
        "path": secure.ca_file,
        "context": ssl.create_default_context(cafile=str(secure.ca_file)),
    }
    outcome = call(base_url=secure.url, connections=Connections(verify=forms[form]))
    assert [job.job_id for job in outcome.succeeded] == ["a"]


def test_an_unknown_authority_is_refused_once(secure: Secure, call: Call) -> None:
    """Without it nothing is sent or repeated, and the error names the certificate and the way."""
    repeats: list[str] = []
    hooks = Hooks(on_retry=lambda _sent, reason, _seconds: repeats.append(reason))
    with pytest.raises(ConnectFailedError) as caught:
        call(base_url=secure.url, hooks=hooks, retries=Retries(attempts=3, first_wait=0.01))
    text = str(caught.value)
    assert "the server's certificate was rejected" in text
    assert "unable to get local issuer certificate" in text
    assert "Connections(verify=" in text
    assert "SSL_CERT_FILE" in text
    assert (caught.value.attempts, repeats, secure.server.handshakes) == (1, [], 1)
    assert not caught.value.perhaps_acted


def test_a_certificate_for_another_name_is_refused(tmp_path: Path, call: Call) -> None:
    """A trusted authority does not make a certificate of another server right."""
    with (
        _secure(tmp_path, name="elsewhere.test") as secure,
        pytest.raises(ConnectFailedError, match="IP address mismatch") as caught,
    ):
        call(base_url=secure.url, connections=Connections(verify=secure.ca_file))
    assert caught.value.attempts == 1


def test_a_client_that_was_brought_says_the_same(secure: Secure) -> None:
    """With `http_client=`, which has its own context, a rejected certificate ends the call, too."""
    with httpx.Client() as mine, pytest.raises(ConnectFailedError) as caught:
        calls.call(base_url=secure.url, http_client=mine, retries=Retries(first_wait=0.01))
    assert "the server's certificate was rejected" in str(caught.value)
    assert caught.value.attempts == 1


@pytest.mark.parametrize(("trusted", "code"), [(True, 0), (False, 5)])
def test_the_command_takes_the_authority_from_the_environment(
    secure: Secure, trusted: bool, code: int
) -> None:
    """`SSL_CERT_FILE` makes the command trust it; else it ends with 5 and says so."""
    environment = {key: value for key, value in os.environ.items() if key != "SSL_CERT_FILE"}
    environment |= {"DRS_URL": secure.url, "DRS_PROJECT_ID": "p", "DRS_TOKEN": "t"}
    if trusted:
        environment["SSL_CERT_FILE"] = str(secure.ca_file)
    done = completed([PROGRAM, "set", "--conflict-policy", "ignore", "a"], env=environment)
    assert done.returncode == code, done.stderr
    assert trusted or "SSL_CERT_FILE" in " ".join(done.stderr.split())
