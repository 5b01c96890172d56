"""What Specmatic's contract tests find over the sandbox's faults: what `fuzz` asks schemathesis.

    python -m bench specmatic [-- --every 12]

It needs Java 17. It installs Specmatic from the npm lock of `bench/wild_servers`. Specmatic gets
the contract, the token, its resiliency tests, and two examples for 200 and one each for 401 and
403. As in `fuzz`, it tests the operation that a server must have. A fault is found if a test
fails: on the sandbox without a fault all must pass.

The contract is without the examples of its responses. For a response example without a request of
the same name, Specmatic invents a request, with a project that the sandbox does not have.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
from attrs import asdict, frozen

from bench.measure import where_and_when, write_report
from bench.wild import install_npm
from drs_sync_policy import contract, sandbox
from drs_sync_policy.sandbox import faults
from drs_sync_policy.sandbox.seed import FIRST, SECOND

_CONFIG: Final = {
    "version": 2,
    "contracts": [{"provides": ["openapi.json"]}],
    "test": {"resiliencyTests": {"enable": "all"}},
}
_COUNTS: Final = re.compile(r"Tests run: (\d+), Successes: (\d+)")
_TIMEOUT: Final = 600.0


@frozen
class Tested:
    """One run of Specmatic: its tests, and how many of them did not succeed.

    A run that does not finish in time finds nothing.
    """

    fault: str
    tests: int
    failed: int
    seconds: float
    finished: bool = True


def tested(jar: Path, fault: str | None) -> Tested:
    """All tests of Specmatic on a sandbox with one fault, or with none."""
    document = contract.load().document
    path = contract.load().operation(contract.BATCH_SET_POLICY).path
    with (
        sandbox.running(faults=[fault] if fault else []) as served,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        (folder / "openapi_examples").mkdir()
        files = {"openapi.json": without_response_examples(document), "specmatic.json": _CONFIG}
        for number, example in enumerate(examples(document, path)):
            files[f"openapi_examples/{number}.json"] = example
        for file, content in files.items():
            (folder / file).write_text(json.dumps(content), "utf-8")
        command = ["java", "-jar", str(jar), "test", f"--testBaseURL={served.url}"]
        command += [f"--filter=PATH='{path}'"]
        scheme = next(iter(document["components"]["securitySchemes"]))
        environment = {scheme: FIRST.token, "SPECMATIC_DISABLE_TELEMETRY": "true"}
        started = time.monotonic()
        said = output(command, folder=folder, environment=environment)
        seconds = time.monotonic() - started
    if said is None:
        return Tested(fault=fault or "none", tests=0, failed=0, seconds=seconds, finished=False)
    counts = _COUNTS.search(said)
    if not counts:
        raise SystemExit(f"Specmatic ran no test: {said[-2000:]}")
    tests, passed = int(counts[1]), int(counts[2])
    return Tested(fault=fault or "none", tests=tests, failed=tests - passed, seconds=seconds)


def output(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    seconds: float = _TIMEOUT,
) -> str | None:
    """What a command prints; None if it does not end in time."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout + done.stderr


def summary(found: Sequence[Tested]) -> str:
    """How many faults were found, and how many runs did not finish."""
    caught = sum(bool(entry.failed) for entry in found)
    seconds = statistics.median(entry.seconds for entry in found)
    unfinished = sum(not entry.finished for entry in found)
    not_finished = f", {unfinished} not finished in {_TIMEOUT:.0f} s" if unfinished else ""
    return f"found: {caught} of {len(found)}{not_finished}; a run: median {seconds:.1f} s"


def without_response_examples(document: Mapping[str, Any]) -> dict[str, Any]:
    """The contract, its responses without examples."""
    kept: dict[str, Any] = copy.deepcopy(dict(document))
    responses = [*kept["components"]["responses"].values()]
    for item in kept["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                responses += operation.get("responses", {}).values()
    for response in responses:
        for media in response.get("content", {}).values():
            media.pop("examples", None)
    return kept


def examples(document: Mapping[str, Any], path: str) -> Iterator[dict[str, Any]]:
    """The contract's examples in Specmatic's form: valid, unknown token, another's project."""
    operation = document["paths"][path]["post"]
    bodies = _values(operation["requestBody"])
    responses = {
        status: _values(document["components"]["responses"][entry["$ref"].rpartition("/")[2]])
        for status, entry in operation["responses"].items()
    }
    for body, response in zip(bodies, responses["200"], strict=True):
        yield _example(path, FIRST.project_id, {}, body, 200, response)
    unknown = {"X-Auth-Token": "unknown"}
    yield _example(path, FIRST.project_id, unknown, bodies[0], 401, responses["401"][0])
    yield _example(path, SECOND.project_id, {}, bodies[0], 403, responses["403"][0])


def _values(node: Mapping[str, Any]) -> list[Any]:
    entries = node["content"]["application/json"]["examples"].values()
    return [entry["value"] for entry in entries]


def _example(
    path: str, project: str, headers: Mapping[str, str], body: Any, status: int, response: Any
) -> dict[str, Any]:
    target = path.replace("{project_id}", project)
    return {
        "http-request": {"method": "POST", "path": target, "headers": headers, "body": body},
        "http-response": {"status": status, "body": response},
    }


@click.command()
@click.option("--every", default=12, help="Take each Nth fault.")
def main(every: int) -> None:
    """Measure Specmatic over the sandbox's faults."""
    if not shutil.which("java"):
        raise SystemExit("Specmatic needs Java: install Java 17, then run this again")
    package = install_npm() / "specmatic"
    jar = package / "specmatic.jar"
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    click.echo(f"Specmatic {version}, {where_and_when()}")
    none = tested(jar, None)
    click.echo(f"without a fault: {none.tests} tests, {none.failed} failed, {none.seconds:.1f} s")
    if none.failed or not none.finished:
        raise SystemExit("Specmatic does not pass a sandbox without a fault: it finds no fault")
    found = []
    optional = faults.groups()["reading"]  # faults of operations that Specmatic does not test
    for fault in (entry for entry in faults.catalogue()[::every] if entry not in optional):
        found.append(tested(jar, fault.name))
        result = f"{found[-1].failed:>4} failed" if found[-1].finished else "not finished"
        click.echo(f"  {fault.name:<40} {result}, {found[-1].seconds:.1f} s")
    click.echo(summary(found))
    write_report("specmatic", [asdict(entry) for entry in (none, *found)])


if __name__ == "__main__":
    main()
