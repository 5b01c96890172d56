"""What a user can notice, as files under `tests/snapshots/`: a change of it shows as a diff.

    python -m tools.snapshots [--check | --write] [NAME...]

`--check` is the default. Without a name all of `QUICK` are checked or written; `faults` takes some
minutes, and `requests` records the requests that `sandbox-bytes` replays. A snapshot changes only
in a commit whose message names the change.

Left out, because they differ between two runs: request ids (random), the date, the release in
`User-Agent`, and the port of a loopback server.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import difflib
import gc
import gzip
import hashlib
import json
import os
import re
import socket
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import click
import griffe
import httpx
from click.testing import CliRunner

import drs_sync_policy as drs
from drs_sync_policy import sandbox
from tools import api
from tools.documents import ROOT

FOLDER: Final = ROOT / "tests" / "snapshots"
REWRITE: Final = "If the change is wanted, run `make snapshots` and name it in the commit message."
_REQUESTS: Final = FOLDER / "requests.jsonl.gz"
_MOST_REQUESTS: Final = 3000
_LONGEST_BODY: Final = 20_000
_SHOWN_BODY: Final = 2_000


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


# --- the public Python API -------------------------------------------------------------------


def public_api() -> str:
    """Each public name, by the module that users import it from, with signature and members."""
    loader = griffe.GriffeLoader()
    for package in ("drs_sync_policy", "drs_sync_policy_api"):
        loader.load(package)
    loader.resolve_aliases(external=False)
    known = loader.modules_collection
    modules = [*api.MODULES, *_modules(known["drs_sync_policy_api"])]
    names = {name: list(_exported(known[name])) for name in modules}
    public = {_target(known[f"{name}.{each}"]).path for name in modules for each in names[name]}
    found = {
        name: {each: _described(_target(known[f"{name}.{each}"]), public) for each in names[name]}
        for name in modules
    }
    return _json({name: entries for name, entries in found.items() if entries})


def _modules(module: griffe.Object | griffe.Alias) -> Iterator[str]:
    yield module.path
    for member in module.members.values():
        if not member.is_alias and member.is_module and not member.name.startswith("_"):
            yield from _modules(member)


def _exported(module: griffe.Object | griffe.Alias) -> Iterator[str]:
    for name in [str(name) for name in module.exports or module.members]:
        member = module.members.get(name)
        if member is None or (not module.exports and (name.startswith("_") or member.is_alias)):
            continue
        if _target(member).kind is not griffe.Kind.MODULE:
            yield name


def _target(member: griffe.Object | griffe.Alias) -> griffe.Object | griffe.Alias:
    try:
        return member.final_target if isinstance(member, griffe.Alias) else member
    except griffe.AliasResolutionError:
        return member  # another library's


def _described(member: griffe.Object | griffe.Alias, public: set[str]) -> Any:
    """A signature, a type, or the parts of a class; never the module that it is in."""
    if isinstance(member, griffe.Alias):
        return f"from {member.target_path}"
    if isinstance(member, griffe.Function):
        label = "property" if "property" in member.labels else "function"
        kind = "async function" if "async" in member.labels else label
        return f"{kind} {_signature(member)}"
    if isinstance(member, griffe.Class):
        # Methods may move to a base class; users find them in either place.
        inherited = dict(_inherited(member))
        return {
            "bases": list(_bases(member, public)),
            "decorators": [str(each.value).rpartition(".")[2] for each in member.decorators],
            "members": {
                name: _described(_target(each), public)
                for name, each in {**inherited, **member.members}.items()
                if (not name.startswith("_") or name == "__init__")
            },
        }
    if isinstance(member, griffe.Attribute):
        label = "property" if "property" in member.labels else "value"
        assigned_in_a_method = member.labels == {"instance-attribute"}
        value = "" if member.value is None or assigned_in_a_method else f" = {member.value}"
        return f"{label}: {member.annotation or ''}{value}"
    return member.kind.value


def _inherited(member: griffe.Class) -> Iterator[tuple[str, griffe.Object | griffe.Alias]]:
    for parent in reversed(member.mro()):
        yield from parent.members.items()


def _bases(member: griffe.Class, public: set[str]) -> Iterator[str]:
    """The public base classes and those of others; of a private one its own bases."""
    parents = {parent.name: parent for parent in member.mro()}
    for base in member.bases:
        name = str(base).rpartition(".")[2]
        parent = parents.get(name)
        if parent is None or parent.path in public:
            yield name
        else:
            yield from _bases(parent, public)


def _signature(function: griffe.Function) -> str:
    parts = [
        api.STARS.get(each.kind or griffe.ParameterKind.positional_only, "")
        + each.name
        + (f": {each.annotation}" if each.annotation else "")
        + (f" = {each.default}" if each.default and each.kind not in api.STARS else "")
        + (" [keyword]" if each.kind is griffe.ParameterKind.keyword_only else "")
        for each in function.parameters
    ]
    return f"({', '.join(parts)}) -> {function.returns}"


# --- the command -----------------------------------------------------------------------------

_COMMANDS: Final = (
    "",
    "--nonsense",
    "nonsense",
    "aply",
    "explain",
    "explain DRS.M00304",
    "explain DRS.M99999",
    "explain later-items-win",
    "explain DRS.M00304 --output json",
    "contract",
    "contract nonsense",
    "contract rules --output json",
    "contract codes",
    "contract --edition nowhere",
    "completion bash",
    "completion tcsh",
    "fuzz",
    "fuzz --target missing.toml",
    "fuzz --target bad.toml",
    "fuzz --target lacking.toml",
    "fuzz --sandbox --target lacking.toml",
    "fuzz --sandbox --budget -1",
    "fuzz --sandbox --origin nobody",
    "set",
    "set a",
    "set a --conflict-policy ignroe",
    "set a --ddl-trans --dry-run",
    "set a --ddl-trans --region nowhere",
    "apply",
    "apply missing.yaml",
    "apply good.yaml --dry-run",
    "apply good.yaml --curl",
    "apply good.json --dry-run",
    "apply good.csv --dry-run",
    "apply bad.yaml --dry-run",
    "apply bad.json --dry-run",
    "apply bad.csv --dry-run",
    "apply empty.yaml --dry-run",
    "apply empty.json --dry-run",
    "apply empty.csv --dry-run",
    "apply wrong.yaml --dry-run",
    "apply good.yaml --format nonsense",
    "apply good.yaml --batch 0",
    "apply good.yaml --url ftp://h",
    "apply good.yaml --url http://[::1",
    "apply good.yaml --region eu-de --url http://h",
    "apply good.yaml --profile nowhere",
    "apply good.yaml --journal .",
    "apply .",
    "set a --ddl-trans --curl",
    "set a --ddl-trans --language fr",
    "set a --ddl-trans --project-id ..",
    "doctor --url ftp://h",
    "login --url h:80",
    "login --region nowhere",
    "sandbox --fault nonsense",
    "sandbox --list-faults",
    "sandbox --port 70000",
    "sandbox --workers 2",
    "sandbox --no-control --control-port 0",
)
_NOBODY: Final = "http://127.0.0.1:9"
"""A URL at which nothing listens."""
_GOOD: Final = {"job_id": "a", "conflict_policy": "ignore"}
_FILES: Final = {
    "good.yaml": "- job_id: a\n  conflict_policy: ignore\n",
    "good.json": json.dumps([_GOOD]),
    "good.csv": "job_id,conflict_policy\na,ignore\n",
    "bad.yaml": "- job_id: [a\n",
    "bad.json": '[{"job_id": }]',
    "bad.csv": "job_id,conflict_policy\na,ignroe,b\n",
    "wrong.yaml": "- conflict_policy: ignroe\n- job_id: 7\n",
    "empty.yaml": "",
    "empty.json": "",
    "empty.csv": "",
    "bad.toml": "[target\n",
    "lacking.toml": '[target]\nurl = "http://127.0.0.1:9"\n',
}


def _command() -> click.Group:
    from drs_sync_policy.cli import main

    return main


def _run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr; nothing of this machine's settings is read."""
    ours = {name: None for name in os.environ if name.startswith("DRS_")}
    fixed = {
        "COLUMNS": "80", "NO_COLOR": "1", "HOME": "home", "XDG_CONFIG_HOME": "home",
        "DRS_URL": _NOBODY, "DRS_PROJECT_ID": "p", "DRS_TOKEN": "made-up",
    }  # fmt: skip
    done = CliRunner(env={**ours, **fixed}).invoke(
        _command(), list(arguments), prog_name="drs-sync-policy"
    )
    return done.exit_code, done.stdout, done.stderr


def command_help() -> str:
    """What `--help` prints, of each command."""
    group = _command()
    names = group.list_commands(click.Context(group))
    lines = [(name, _run(*name.split(), "--help")[1]) for name in ("", *names)]
    return "\n".join(f"$ drs-sync-policy {name} --help\n{shown}" for name, shown in lines)


def exit_codes() -> str:
    """Exit codes of commands that need no network, and which streams they wrote to."""
    rows: dict[str, str] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        warnings.catch_warnings(),
    ):
        # What the end of a process closes is still open here.
        warnings.simplefilter("ignore", ResourceWarning)
        for name, content in _FILES.items():
            Path(name).write_text(content, "utf-8")
        for line in _COMMANDS:
            code, out, err = _run(*line.split())
            streams = [name for name, text in (("stdout", out), ("stderr", err)) if text]
            rows[f"drs-sync-policy {line}"] = f"{code} {' and '.join(streams) or 'silent'}"
        gc.collect()
    return json.dumps(rows, indent=1) + "\n"


# --- the bytes of the sandbox ----------------------------------------------------------------

Json = dict[str, Any]


def _request(method: str, path: str, body: bytes | None = None, **headers: str) -> Json:
    tenant = sandbox.target_profile("")["target"]
    given = {"host": "application", "x-auth-token": tenant["token"], **headers}
    if body is not None:
        given |= {"content-type": "application/json", "content-length": str(len(body))}
    return {
        "method": method,
        "path": path.replace("{project}", tenant["project_id"]).replace(
            "{job}", tenant["job_ids"][0]
        ),
        "query": "",
        "headers": [[name.replace("_", "-"), value] for name, value in given.items()],
        "body": base64.b64encode(body or b"").decode(),
    }


def _own_requests() -> Iterator[Json]:
    """What the fuzzer does not send: health, console and control routes."""
    jobs = "/_sandbox/projects/{project}/jobs"
    yield _request("GET", "/healthz")
    yield _request("POST", "/healthz")
    yield _request("GET", "/_sandbox/")
    yield _request("GET", "/_sandbox/nowhere")
    yield _request("GET", jobs)
    yield _request("GET", f"{jobs}/{{job}}")
    yield _request("GET", f"{jobs}/nobody")
    yield _request("GET", "/_sandbox/faults")
    yield _request("PUT", "/_sandbox/faults", b'{"active": ["count-off-by-one"]}')
    set_policy = b'{"jobs": [{"job_id": "a"}]}'
    yield _request("POST", "/v3/{project}/jobs/batch-sync-policy", set_policy)
    yield _request("PUT", "/_sandbox/faults", b'{"active": []}')
    yield _request("POST", "/_sandbox/reset")
    yield _request("POST", "/v3/{project}/jobs/batch-sync-policy", set_policy)
    yield _request("POST", "/v3/auth/tokens", b"{}")
    yield _request("POST", "/v3/auth/tokens", b'{"auth": {"identity": {"methods": ["x"]}}}')


def record_requests() -> str:
    """The requests of a fuzzer run with seed 1, as they reach the application; a JSON each."""
    from drs_sync_policy.fuzz import profile
    from drs_sync_policy.fuzz.asgi import over_asgi
    from drs_sync_policy.fuzz.run import run

    recorded: list[Json] = []
    app = sandbox.create_app()

    async def recording(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        message = await receive()
        body: bytes = message.get("body", b"")
        pending = [message]
        entry = {
            "method": scope["method"],
            "path": scope["raw_path"].decode("latin-1"),
            "query": scope["query_string"].decode("latin-1"),
            "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in scope["headers"]],
            "body": base64.b64encode(body).decode(),
        }
        if len(body) <= _LONGEST_BODY and entry not in recorded[-50:]:
            recorded.append(entry)

        async def again() -> Any:
            return pending.pop() if pending else await receive()

        await app(scope, again, send)

    target = profile.parse(sandbox.target_profile("http://application"))
    with over_asgi(recording, target) as wire:
        run(target, seed=1, budget=600, workers=1, wire=wire)
    step = max(1.0, len(recorded) / _MOST_REQUESTS)
    chosen = [recorded[int(at * step)] for at in range(int(len(recorded) / step))]
    return "".join(
        json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n" for entry in chosen
    )


def sandbox_bytes() -> str:
    """The response of a fresh sandbox to each recorded request, in order."""
    recorded = gzip.decompress(_REQUESTS.read_bytes()).decode().splitlines()
    requests = [json.loads(line) for line in recorded] + list(_own_requests())
    return "\n".join(asyncio.run(_replay(requests))) + "\n"


async def _replay(requests: Iterable[Json]) -> list[str]:
    app = sandbox.create_app()
    async with app.router.lifespan_context(app):
        return [f"{n:04} {await _response(app, entry)}" for n, entry in enumerate(requests, 1)]


async def _response(app: Any, entry: Json) -> str:
    sent = base64.b64decode(entry["body"])
    pending = [{"type": "http.request", "body": sent, "more_body": False}]
    received: list[Json] = []

    async def receive() -> Json:
        return pending.pop() if pending else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        received.append(message)

    raw_path: str = entry["path"]
    await app(
        {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": entry["method"],
            "scheme": "http",
            "path": unquote(raw_path),
            "raw_path": raw_path.encode("latin-1"),
            "query_string": entry["query"].encode("latin-1"),
            "root_path": "",
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in entry["headers"]],
            "client": ("127.0.0.1", 1),
            "server": ("application", 80),
        },
        receive,
        send,
    )
    start, *rest = received or [{"status": 0, "headers": []}]
    names = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    random = names.pop("x-request-id", "no request id")
    body = b"".join(message.get("body", b"") for message in rest)
    shown = body.decode("utf-8", "replace").replace(random, "<request id>")
    if len(body) > _SHOWN_BODY or "\n" in shown:
        shown = f"sha256 {hashlib.sha256(shown.encode()).hexdigest()}"
    asked = f"{entry['method']} {entry['path'][:60]} {hashlib.sha256(sent).hexdigest()[:8]}"
    return f"{asked} -> {start['status']} {json.dumps(names, sort_keys=True)} {shown}"


# --- the bytes of the client -----------------------------------------------------------------

_NOW: Final = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
_PROJECT: Final = "054ba152d480d55b2f5dc0069e7ddef0"
_JOBS: Final = {
    "a single job": [drs.SyncPolicyReq(job_id="a", conflict_policy="ignore")],
    "every kind of field": [
        drs.SyncPolicyReq(
            job_id='é/"\\ \U0001f600',
            conflict_policy="overwrite",
            filter_ddl_policy="drop_database",
            ddl_trans=True,
            index_trans=False,
            slot_name="",
            gtid_set="x:1-5",
        )
    ],
    "fields left out": [drs.SyncPolicyReq(job_id="a")],
    "25 jobs, 10 in a request": [drs.SyncPolicyReq(job_id=f"job-{n}") for n in range(25)],
    "the same job twice": [drs.SyncPolicyReq(job_id="a", ddl_trans=each) for each in (True, False)],
}
_LANGUAGES: Final = (None, "en-us", "zh-cn")


def _auths() -> dict[str, Callable[[], Any]]:
    def password() -> drs.PasswordAuth:
        return drs.PasswordAuth(
            "user", "made-up", "domain", iam_url="https://iam.example.invalid", now=lambda: _NOW
        )

    def keys(**more: Any) -> drs.AkSkAuth:
        return drs.AkSkAuth("AKEXAMPLE", "SKEXAMPLE", now=lambda: _NOW, **more)

    return {
        "a token": lambda: drs.TokenAuth("made-up-token"),
        "AK/SK": keys,
        "AK/SK, temporary": lambda: keys(security_token="made-up"),  # noqa: S106
        "a password": password,
    }


def client_bytes() -> str:
    """Every request that the clients send: line, headers and body."""
    sent: dict[str, Any] = {}
    for auth_name, auth in _auths().items():
        for jobs_name, jobs in _JOBS.items():
            for language in _LANGUAGES if jobs_name == "a single job" else (None,):
                both = _sent(auth, jobs, language), asyncio.run(_sent_async(auth, jobs, language))
                key = f"{auth_name}; {jobs_name}; language {language}"
                sent[key] = both[0] if both[0] == both[1] else {"sync": both[0], "async": both[1]}
    sent["over a real connection, sync"] = _over_a_socket(_set_sync)
    sent["over a real connection, async"] = _over_a_socket(_set_async)
    return _json(sent)


def _options(auth: Callable[[], Any], language: Any) -> Json:
    return {
        "project_id": _PROJECT,
        "auth": auth(),
        "base_url": "https://drs.example.invalid",
        "language": language,
        "batches": drs.Batches(jobs=10, concurrency=1),
        "retries": None,
    }


def _sent(auth: Callable[[], Any], jobs: list[Any], language: Any) -> list[Json]:
    heard: list[Json] = []
    with httpx.Client(transport=httpx.MockTransport(_carrying_out(heard))) as mine:
        drs.SyncPolicyClient(**_options(auth, language), http_client=mine).set_policies(jobs)
    return heard


async def _sent_async(auth: Callable[[], Any], jobs: list[Any], language: Any) -> list[Json]:
    heard: list[Json] = []
    async with httpx.AsyncClient(transport=httpx.MockTransport(_carrying_out(heard))) as mine:
        client = drs.AsyncSyncPolicyClient(**_options(auth, language), http_client=mine)
        await client.set_policies(jobs)
    return heard


def _carrying_out(heard: list[Json]) -> Callable[[httpx.Request], httpx.Response]:
    def carry_out(request: httpx.Request) -> httpx.Response:
        content = request.content
        headers = {k: _masked(v) for k, v in sorted(request.headers.items())}
        heard.append(
            {
                "request": f"{request.method} {request.url}",
                "headers": headers,
                "body": content.decode(),
            }
        )
        if request.url.path.endswith("/auth/tokens"):
            return httpx.Response(201, headers={"X-Subject-Token": "made-up-token"}, json={})
        return httpx.Response(200, content=_success(content))

    return carry_out


def _success(content: bytes) -> bytes:
    jobs = [job["job_id"] for job in json.loads(content)["jobs"]]
    results = [{"id": job, "status": "success"} for job in jobs]
    return json.dumps({"results": results, "count": len(results)}).encode()


def _masked(text: str) -> str:
    """Without releases and ports."""
    text = re.sub(r"(/|\()\d+\.\d+[\w.+-]*", r"\1<release>", text)
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>", text)


def _set_sync(url: str) -> None:
    with drs.SyncPolicyClient(base_url=url, project_id=_PROJECT, auth="made-up-token") as client:
        client.set_policies(_JOBS["a single job"])


def _set_async(url: str) -> None:
    async def call() -> None:
        async with drs.AsyncSyncPolicyClient(
            base_url=url, project_id=_PROJECT, auth="made-up-token"
        ) as client:
            await client.set_policies(_JOBS["a single job"])

    asyncio.run(call())


def _over_a_socket(call: Callable[[str], None]) -> str:
    """The raw bytes of one request to a loopback server."""
    heard = bytearray()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while b"\r\n\r\n" not in heard or not heard.endswith(b"}]}"):
                heard.extend(connection.recv(65536))
            body = _success(bytes(heard).partition(b"\r\n\r\n")[2])
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode() + body)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        call(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    return _masked(heard.decode())


_BODIES: Final[Mapping[str, bytes]] = {
    "an error": b'{"error_code": "DRS.M00304", "error_msg": "m", "request_id": "r"}',
    "an unknown code": b'{"error_code": "X.1", "error_msg": "m"}',
    "an error by IAM": b'{"error": {"code": 401, "message": "m"}}',
    "success": b'{"results": [{"id": "a", "status": "success"}], "count": 1}',
    "failure": (
        b'{"results": [{"id": "a", "status": "failed", "error_code": "DRS.M00304",'
        b' "error_msg": "m"}], "count": 1}'
    ),
    "a wrong count": b'{"results": [{"id": "a", "status": "success"}], "count": 2}',
    "another job": b'{"results": [{"id": "b", "status": "success"}], "count": 1}',
    "an unknown status": b'{"results": [{"id": "a", "status": "odd"}], "count": 1}',
    "too often": b'{"error_code": "DRS.M01503", "error_msg": "m"}',
    "no JSON": b"<html>",
    "nothing": b"",
}
_STATUSES: Final = (
    200, 201, 202, 204, 302, 400, 401, 403, 404, 405, 409, 413, 414, 415, 418, 422, 429, 431, 494,
    500, 501, 502, 503, 504,
)  # fmt: skip
_CONNECTION_ERRORS: Final = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadError, httpx.ReadTimeout,
    httpx.WriteError, httpx.WriteTimeout, httpx.PoolTimeout, httpx.RemoteProtocolError,
    httpx.ProxyError, httpx.UnsupportedProtocol, httpx.DecodingError, httpx.TooManyRedirects,
)  # fmt: skip
_ATTRIBUTES: Final = (
    "status", "code", "message", "request_id", "retry_after", "attempts", "by_iam",
    "perhaps_acted", "phase",
)  # fmt: skip


def client_errors() -> str:
    """What the client makes of each response and each connection error."""
    retries = {"once": None, "twice": drs.Retries(attempts=2, first_wait=0.0)}
    found: dict[str, Any] = {}
    for name, policy in retries.items():
        for status in _STATUSES:
            for body_name, body in _BODIES.items():
                headers = {"X-Request-Id": "q"} | ({"Retry-After": "0"} if status == 429 else {})
                response = httpx.Response(status, content=body, headers=headers)
                found[f"tried {name}: {status} with {body_name}"] = _became(response, policy)
        for error in _CONNECTION_ERRORS:
            found[f"tried {name}: {error.__name__}"] = _became(error("made up"), policy)
    return json.dumps(found, ensure_ascii=False, indent=0, sort_keys=True) + "\n"


def _became(given: httpx.Response | Exception, retries: drs.Retries | None) -> str:
    def respond(_: httpx.Request) -> httpx.Response:
        if isinstance(given, Exception):
            raise given
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    record = drs.Outcome()
    facts: list[str] = []
    options = {**_options(lambda: "made-up-token", None), "retries": retries}
    with httpx.Client(transport=httpx.MockTransport(respond)) as mine:
        client = drs.SyncPolicyClient(**options, http_client=mine)
        try:
            client.set_policies([drs.SyncPolicyReq(job_id="a")], record=record)
        except drs.DrsError as error:
            facts.append(type(error).__name__)
            facts += [f"{n}={getattr(error, n)!r}" for n in _ATTRIBUTES if hasattr(error, n)]
    states = [str(job.state) + (f" {job.error_code}" if job.error_code else "") for job in record]
    return " ".join([*facts, f"jobs={states}"])


# --- which check finds which fault -----------------------------------------------------------


def found_faults() -> str:
    """Each fault of the sandbox with its rule, and whether the fuzzer finds that rule violated."""
    from drs_sync_policy.sandbox import faults

    rows: dict[str, Json] = {}
    for fault in faults.catalogue():
        found = _violated(fault.name, fault.rule)
        rows[fault.name] = {"rule": fault.rule, "found": found}
        print(f"{fault.name}: {'found' if found else 'NOT FOUND'}", file=sys.stderr, flush=True)
    return _json(rows)


def _violated(fault: str, rule: str) -> bool:
    from drs_sync_policy.fuzz import profile
    from drs_sync_policy.fuzz.run import run

    limit = sandbox.DEFAULT_MAX_BODY_BYTES
    with sandbox.running(faults=[fault]) as served:
        document = sandbox.target_profile(served.url, tenants=served.tenants, max_body_bytes=limit)
        verdict = run(
            profile.parse(document),
            seed=1,
            budget=60,
            schemathesis=False,
            enough=lambda ledger: ledger.outcome(rule) == "broken",
        )
    return any(breach.rule == rule for breach in verdict.ledger.breaches())


# --- reading, writing, comparing -------------------------------------------------------------

SNAPSHOTS: Final[Mapping[str, tuple[str, Callable[[], str]]]] = {
    "public-api": ("public-api.json", public_api),
    "help": ("help.txt", command_help),
    "exit-codes": ("exit-codes.json", exit_codes),
    "sandbox-bytes": ("sandbox-bytes.txt.gz", sandbox_bytes),
    "client-bytes": ("client-bytes.json", client_bytes),
    "client-errors": ("client-errors.json", client_errors),
    "faults": ("faults.json", found_faults),
    "requests": (_REQUESTS.name, record_requests),
}
SLOW: Final = frozenset({"faults", "requests"})
QUICK: Final = tuple(name for name in SNAPSHOTS if name not in SLOW)


def difference(name: str) -> str:
    """How what there is now differs from the committed snapshot; empty where it does not."""
    file, make = SNAPSHOTS[name]
    path = FOLDER / file
    content = path.read_bytes() if path.exists() else b""
    before = (gzip.decompress(content) if content and path.suffix == ".gz" else content).decode()
    now = make()
    lines = difflib.unified_diff(
        before.splitlines(),
        now.splitlines(),
        f"{file}, committed",
        f"{file}, now",
        lineterm="",
        n=1,
    )
    return "\n".join(line[:300] for line in lines)


def write(name: str) -> None:
    """Put the snapshot of what there is now in place of the committed one."""
    file, make = SNAPSHOTS[name]
    content = make().encode()
    packed = gzip.compress(content, mtime=0) if file.endswith(".gz") else content
    (FOLDER / file).write_bytes(packed)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SNAPSHOTS))
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="compare with the files (the default)")
    mode.add_argument("--write", action="store_true", help="write the files")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in SNAPSHOTS]:
        parser.error(f"no such snapshot: {', '.join(unknown)}; choose from {', '.join(SNAPSHOTS)}")
    differing = False
    for name in given.names or QUICK:
        if given.write:
            write(name)
        elif shown := difference(name):
            differing = True
            print(shown)
    if differing:
        sys.exit(REWRITE)


if __name__ == "__main__":
    main()
