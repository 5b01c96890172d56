"""Correct servers on real stacks: frameworks and proxies with their own habits are not accused.

Debian's nginx, Apache, HAProxy and Caddy stand in front of one of the servers, with the pages that
they come with. Each writes into a folder of the test and listens on a free port of 127.0.0.1.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from textwrap import dedent

import pytest

from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.profile import Target
from tests.fuzz.habits import accusations, to_the_end
from tests.system.stacks import service
from tools.documents import ROOT

pytestmark = pytest.mark.first

_NODE = (str(Path(sys.executable).with_name("node")), "tests/fuzz/node/server.mjs", "{port}")
_GUNICORN = (
    sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "8",
    "--bind", "127.0.0.1:{port}", "--no-control-socket",
)  # fmt: skip
_UVICORN = (sys.executable, "-m", "uvicorn", "--port", "{port}", "--log-level", "error")
# As root, nginx would hand its requests to a user who may not write into the folder.
_USER = "user root;" if os.geteuid() == 0 else ""
_PLACE = "tests.system.stacks.apps"
SERVERS = {
    "Flask": (*_GUNICORN, f"{_PLACE}.on_flask:app"),
    "Django": (*_GUNICORN, f"{_PLACE}.on_django:app"),
    "FastAPI": (*_UVICORN, f"{_PLACE}.on_fastapi:app"),
    "aiohttp": (sys.executable, "-m", f"{_PLACE}.on_aiohttp", "{port}"),
}
PROXIES = {
    "nginx": (
        "nginx.conf",
        """
        daemon off; {user} pid {folder}/nginx.pid; error_log {folder}/error.log;
        events {{}}
        http {{
          access_log off;
          client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
          fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
          server {{
            listen 127.0.0.1:{port};
            location / {{ proxy_pass http://127.0.0.1:{behind}; }}
          }}
        }}
        """,
        ("nginx", "-p", "{folder}", "-c", "{folder}/nginx.conf"),
        1024 * 1024,
    ),
    "Apache": (
        "apache.conf",
        """
        ServerName 127.0.0.1
        Listen 127.0.0.1:{port}
        PidFile {folder}/apache.pid
        ErrorLog {folder}/error.log
        LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
        LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
        LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
        LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
        ProxyPass / http://127.0.0.1:{behind}/
        """,
        ("apache2", "-X", "-d", "{folder}", "-f", "{folder}/apache.conf"),
        service.LIMIT,
    ),
    "HAProxy": (
        "haproxy.cfg",
        """
        defaults
          mode http
          timeout connect 5s
          timeout client 60s
          timeout server 60s
        frontend front
          bind 127.0.0.1:{port}
          default_backend behind
        backend behind
          server one 127.0.0.1:{behind}
        """,
        ("haproxy", "-db", "-f", "{folder}/haproxy.cfg"),
        service.LIMIT,
    ),
    "Caddy": (
        "Caddyfile",
        """
        {{
          admin off
          auto_https off
          storage file_system {folder}
        }}
        http://127.0.0.1:{port} {{
          request_body {{
            max_size 1MiB
          }}
          reverse_proxy 127.0.0.1:{behind}
        }}
        """,
        ("caddy", "run", "--adapter", "caddyfile", "--config", "{folder}/Caddyfile"),
        1024 * 1024,
    ),
}


@pytest.mark.parametrize("name", [*SERVERS])
def test_a_correct_server_on_a_framework_is_not_accused(name: str, tmp_path: Path) -> None:
    """Its router, its error pages and its reading of headers are not violations."""
    with _process(SERVERS[name], tmp_path) as port:
        assert _accused(_target(port, service.LIMIT)) == []


@pytest.mark.parametrize("name", [*PROXIES])
def test_a_correct_server_behind_a_proxy_is_not_accused(name: str, tmp_path: Path) -> None:
    """What the proxy sends by itself, in its own form, is not a violation of the service."""
    file, text, command, limit = PROXIES[name]
    with ExitStack() as stack:
        behind = stack.enter_context(_process(SERVERS["FastAPI"], tmp_path))
        port = _free_port()
        (tmp_path / file).write_text(
            dedent(text).format(folder=tmp_path, port=port, behind=behind, user=_USER).lstrip(),
            encoding="utf-8",
        )
        stack.enter_context(_process(command, tmp_path, port))
        assert _accused(_target(port, limit)) == []


def test_a_correct_server_on_node_is_not_accused(tmp_path: Path) -> None:
    """Node's own HTTP server, without a framework."""
    with _process(_NODE, tmp_path) as port:
        tokens = ("node-token-one-5f2c81", "node-token-two-90ab3e")
        assert _accused(_target(port, service.LIMIT, tokens)) == []


def _accused(target: Target) -> list[str]:
    verdicts = to_the_end(target, seed=1, budget=21)
    return [accusation for verdict in verdicts for accusation in accusations(verdict)]


def _target(
    port: int, limit: int, tokens: tuple[str, str] = (service.TOKEN, service.OTHER_TOKEN)
) -> Target:
    return profile.parse(
        {
            "target": {
                "url": f"http://127.0.0.1:{port}",
                "token": tokens[0],
                "project_id": service.PROJECT,
                "job_ids": [*service.JOBS],
                "max_body_bytes": limit,
            },
            "other_tenant": {
                "token": tokens[1],
                "project_id": service.OTHER_PROJECT,
                "job_ids": [*service.OTHER_JOBS],
            },
            "readback": {"path": service.READBACK, "policy_pointer": "/fields"},
        }
    )


@contextmanager
def _process(command: tuple[str, ...], folder: Path, port: int = 0) -> Generator[int]:
    """The port of a server that runs until the block ends."""
    port = port or _free_port()
    words = [word.format(port=port, folder=folder) for word in command]
    log = folder / f"{Path(words[0]).name}-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # some commands are wrappers that start the server
        )
    try:
        _await(port, process, log)
        yield port
    finally:
        with suppress(ProcessLookupError):  # it ended by itself, and the error says why
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as connection:
            connection.settimeout(1)
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)  # without it, this takes the core that the server starts on
    raise AssertionError(f"the server did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
