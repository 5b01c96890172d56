"""Two sandboxes on one PostgreSQL behind a balancer of Debian: nginx or HAProxy."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Final

import httpx
from attrs import frozen

from .postgres import Postgres
from .server import Served, served

# As root, nginx would hand its requests to a user who may not write into the folder.
_USER = "user root;" if os.geteuid() == 0 else ""
_NGINX = """
    daemon off; {user} pid {folder}/nginx.pid; error_log {folder}/error.log;
    events {{}}
    http {{
      access_log off; client_max_body_size 13m;
      client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
      fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
      upstream replicas {{ {servers} }}
      server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://replicas; proxy_set_header Host $http_host; }}
      }}
    }}
"""
_HAPROXY = """
    defaults
      mode http
      timeout connect 5s
      timeout client 60s
      timeout server 60s
      # Else a check that takes longer than its interval takes a replica out, on a busy machine.
      timeout check 30s
      option redispatch
    frontend front
      bind 127.0.0.1:{port}
      default_backend replicas
    backend replicas
      balance roundrobin
      option httpchk GET /healthz
      default-server check inter 200ms
      {servers}
"""
CONFIGURATIONS: Final = {
    "nginx": (
        _NGINX,
        # One closed connection, as after a malformed request, must not take a replica out.
        "server 127.0.0.1:{port} max_fails=0;",
        ("nginx", "-p", "{folder}", "-c", "{file}"),
    ),
    "haproxy": (
        _HAPROXY,
        "server r{port} 127.0.0.1:{port}\n  ",
        ("haproxy", "-db", "-f", "{file}"),
    ),
}


@frozen
class Balanced:
    """Where the balancer listens, and the replicas behind it."""

    url: str
    replicas: tuple[Served, ...]


@contextmanager
def balanced(name: str, postgres: Postgres, folder: Path) -> Iterator[Balanced]:
    """Two replicas behind this balancer; all are stopped at the end."""
    database = postgres.fresh(f"replicas_{time.monotonic_ns()}")
    text, server, command = CONFIGURATIONS[name]
    with ExitStack() as stack, socket.create_server(("127.0.0.1", 0)) as free:
        replicas = tuple(stack.enter_context(served("--database", database)) for _ in range(2))
        port = free.getsockname()[1]
        free.close()
        file = folder / f"{name}.conf"
        servers = "".join(server.format(port=one.url.rpartition(":")[2]) for one in replicas)
        configuration = dedent(text).format(user=_USER, folder=folder, port=port, servers=servers)
        file.write_text(configuration, "utf-8")
        words = [word.format(folder=folder, file=file) for word in command]
        with subprocess.Popen(words, cwd=folder, stderr=subprocess.DEVNULL) as process:
            try:
                url = f"http://127.0.0.1:{port}"
                _await(url, process)
                yield Balanced(url, replicas)
            finally:
                process.terminate()
                process.wait(30)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert process.poll() is None, "the balancer ended"
        try:
            if httpx.get(f"{url}/healthz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the balancer does not respond")
