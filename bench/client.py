"""What a call costs with our client, and with what else there is.

python -m bench.client [--rounds N] [--strict]

Needs, for all of its variants, what `make setup-system` installs; a variant whose package is
missing is left out, and said to be. CPU is that of the client's process: the server has its own.
"""

from __future__ import annotations

import asyncio
import http.client
import importlib
import json
import sys
import tempfile
import warnings
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final, Literal

import httpx
import msgspec

from bench import startup
from bench.loopback import running
from bench.measure import (
    Block,
    Bound,
    Comparison,
    Ratio,
    closing,
    compare,
    parser,
    table,
    where_and_when,
)
from drs_sync_policy import AsyncSyncPolicyClient, SyncPolicyClient, SyncPolicyReq
from drs_sync_policy_api.models import BatchSetPolicyReq, BatchSetPolicyResponse
from drs_sync_policy_api.types import decode, encode
from tools.generate import write_client

PROJECT: Final = "054ba152d480d55b2f5dc0069e7ddef0"
PATH: Final = f"/v3/{PROJECT}/jobs/batch-sync-policy"
SIZES: Final = (1, 10, 1000)
RAW, AGAIN, RAW_ASYNC = "httpx alone", "httpx again (A/A)", "httpx alone, async"
OURS, OURS_ASYNC = "ours", "ours, async"
STOCK, SDK, LIMIT = "stock generated", "official SDK", "msgspec + http.client"
DICTS: Final = "orjson, plain dicts"
MODELS_ONLY: Final = "msgspec Struct (the limit)"
PEERS: Final = {SDK: "huaweicloudsdkdrs", DICTS: "orjson"}
"""Variants that need a package which `make setup` does not install."""


class LimitReq(msgspec.Struct):
    """The least that a typed model can be: nothing is checked, nothing unknown is kept."""

    job_id: str
    conflict_policy: Literal["ignore", "overwrite", "stop"] | msgspec.UnsetType = msgspec.UNSET
    filter_ddl_policy: Literal["drop_database"] | msgspec.UnsetType = msgspec.UNSET
    ddl_trans: bool | msgspec.UnsetType = msgspec.UNSET
    index_trans: bool | msgspec.UnsetType = msgspec.UNSET
    slot_name: str | msgspec.UnsetType = msgspec.UNSET


class LimitResp(msgspec.Struct):
    """The least of a result."""

    id: str
    status: str


class LimitResponse(msgspec.Struct):
    """The least that a response has."""

    count: int
    results: list[LimitResp]


def installed(name: str) -> bool:
    """Whether the package of a variant in `PEERS` is there."""
    return find_spec(PEERS[name]) is not None


def fields(number: int) -> dict[str, Any]:
    """The fields of one item, as on the vendor's page, with an id of its own."""
    return {
        "job_id": f"19557d51-1ee6-4507-97a6-8f69{number:06d}jb201",
        "conflict_policy": "ignore",
        "filter_ddl_policy": "drop_database",
        "ddl_trans": True,
        "index_trans": True,
    }


def repeated(call: Callable[[], int], expected: int) -> Block:
    """A block that calls, and trusts no call that was not carried out in full."""

    def block(times: int) -> None:
        for _ in range(times):
            if call() != expected:
                raise AssertionError("a call did not succeed for every job")

    return block


@contextmanager
def variants(url: str, size: int, stock: ModuleType) -> Generator[dict[str, Block]]:
    """Each way to send `size` jobs, with a connection that is kept."""
    with ExitStack() as stack:
        made: dict[str, Block] = {}
        body = msgspec.json.encode({"jobs": [fields(number) for number in range(size)]})
        for name in (RAW, AGAIN):
            made[name] = repeated(raw(stack.enter_context(httpx.Client()), url, body), 200)
        items = [SyncPolicyReq(**fields(number)) for number in range(size)]
        made[OURS] = repeated(ours(stack, url, items), size)
        made[OURS_ASYNC] = stack.enter_context(ours_async(url, items))
        made[RAW_ASYNC] = stack.enter_context(raw_async(url, body))
        made[STOCK] = repeated(stock_call(stack, url, size, stock), size)
        made[LIMIT] = repeated(limit(url, size), size)
        if installed(SDK):
            made[SDK] = repeated(sdk(url, size), size)
        yield made


def raw(client: httpx.Client, url: str, body: bytes) -> Callable[[], int]:
    headers = {"X-Auth-Token": "t", "Content-Type": "application/json"}
    return lambda: client.post(url + PATH, content=body, headers=headers).status_code


@contextmanager
def raw_async(url: str, body: bytes) -> Generator[Block]:
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient()
        headers = {"X-Auth-Token": "t", "Content-Type": "application/json"}

        async def calls(times: int) -> None:
            for _ in range(times):
                response = await client.post(url + PATH, content=body, headers=headers)
                if response.status_code != 200:
                    raise AssertionError("a call did not succeed")

        yield lambda times: runner.run(calls(times))
        runner.run(client.aclose())


def ours(stack: ExitStack, url: str, items: list[SyncPolicyReq]) -> Callable[[], int]:
    drs = stack.enter_context(SyncPolicyClient(base_url=url, project_id=PROJECT, auth="t"))
    return lambda: len(drs.set_policies(items))


@contextmanager
def ours_async(url: str, items: list[SyncPolicyReq]) -> Generator[Block]:
    with asyncio.Runner() as runner:
        drs = AsyncSyncPolicyClient(base_url=url, project_id=PROJECT, auth="t")

        async def calls(times: int) -> None:
            for _ in range(times):
                if len(await drs.set_policies(items)) != len(items):
                    raise AssertionError("a call did not succeed for every job")

        yield lambda times: runner.run(calls(times))
        runner.run(drs.aclose())


def stock_call(stack: ExitStack, url: str, size: int, stock: ModuleType) -> Callable[[], int]:
    models = importlib.import_module(f"{stock.__name__}.models")
    operation = importlib.import_module(
        f"{stock.__name__}.api.synchronization_policies.batch_set_policy"
    )
    client = stack.enter_context(
        stock.AuthenticatedClient(
            base_url=url, token="t", prefix="", auth_header_name="X-Auth-Token"
        )
    )
    body = models.BatchSetPolicyReq(jobs=[stock_item(models, number) for number in range(size)])
    return lambda: len(operation.sync(PROJECT, client=client, body=body).results)


def stock_item(models: Any, number: int) -> Any:
    values = fields(number)
    values["conflict_policy"] = models.ConflictPolicy(values["conflict_policy"])
    values["filter_ddl_policy"] = models.FilterDdlPolicy(values["filter_ddl_policy"])
    return models.SyncPolicyReq(**values)


def sdk(url: str, size: int) -> Callable[[], int]:
    # By name: it has no types, and need not be installed.
    v3: Any = importlib.import_module("huaweicloudsdkdrs.v3")
    core: Any = importlib.import_module("huaweicloudsdkcore.auth.credentials")
    credentials = core.BasicCredentials("AK", "SK", PROJECT)
    client = v3.DrsClient.new_builder().with_credentials(credentials).with_endpoint(url).build()
    jobs = [v3.SyncPolicyReq(**fields(number)) for number in range(size)]
    request = v3.BatchSetPolicyRequest(body=v3.BatchSetupSyncPolicyReq(jobs=jobs))
    return lambda: len(client.batch_set_policy(request).results)


def limit(url: str, size: int) -> Callable[[], int]:
    host = url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(LimitResponse)
    items = [LimitReq(**fields(number)) for number in range(size)]
    headers = {"X-Auth-Token": "t", "Content-Type": "application/json"}

    def call() -> int:
        connection.request("POST", PATH, encoder.encode({"jobs": items}), headers)
        return len(decoder.decode(connection.getresponse().read()).results)

    return call


@contextmanager
def stock_client() -> Generator[ModuleType]:
    """The client as the pinned generator writes it without our templates."""
    with tempfile.TemporaryDirectory() as folder:
        write_client(Path(folder) / "stock_api", templates=None)
        sys.path.insert(0, folder)
        try:
            yield importlib.import_module("stock_api")
        finally:
            sys.path.remove(folder)


# --- models, without a network --------------------------------------------------------------------
def model_variants(stock: ModuleType, size: int) -> tuple[dict[str, Block], dict[str, Block]]:
    """Building and writing a request of `size` items, and reading its response."""
    models = importlib.import_module(f"{stock.__name__}.models")
    values = [fields(number) for number in range(size)]
    response = json.dumps(
        {"results": [{"id": item["job_id"], "status": "success"} for item in values],
         "count": size}
    ).encode()  # fmt: skip
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(LimitResponse)

    def ours_written() -> int:
        return len(encode(BatchSetPolicyReq(jobs=[SyncPolicyReq(**item) for item in values])))

    def stock_written() -> int:
        jobs = [stock_item(models, number) for number in range(size)]
        return len(json.dumps(models.BatchSetPolicyReq(jobs=jobs).to_dict()))

    def limit_written() -> int:
        return len(encoder.encode({"jobs": [LimitReq(**item) for item in values]}))

    written = {OURS: ours_written, "ours again (A/A)": ours_written, STOCK: stock_written,
               MODELS_ONLY: limit_written}  # fmt: skip
    read: dict[str, Callable[[], int]] = {
        OURS: lambda: len(decode(response, BatchSetPolicyResponse).results),
        "ours again (A/A)": lambda: len(decode(response, BatchSetPolicyResponse).results),
        STOCK: lambda: len(models.BatchSetPolicyResponse.from_dict(json.loads(response)).results),
        MODELS_ONLY: lambda: len(decoder.decode(response).results),
    }
    if installed(SDK):
        written[SDK], read[SDK] = sdk_models(values, response)
    if installed(DICTS):
        written[DICTS], read[DICTS] = dicts(values, response)
    return (
        {name: repeated(call, call()) for name, call in written.items()},
        {name: repeated(call, size) for name, call in read.items()},
    )


def sdk_models(
    values: list[dict[str, Any]], response: bytes
) -> tuple[Callable[[], int], Callable[[], int]]:
    """What the SDK's client does with a body before it signs it, and with a response's text."""
    v3: Any = importlib.import_module("huaweicloudsdkdrs.v3")
    utils: Any = importlib.import_module("huaweicloudsdkcore.utils.http_utils")
    codec: Any = importlib.import_module("simplejson")
    core: Any = importlib.import_module("huaweicloudsdkcore.auth.credentials")
    builder = v3.DrsClient.new_builder().with_credentials(core.BasicCredentials("AK", "SK", "p"))
    client = builder.with_endpoint("http://127.0.0.1").build()

    def written() -> int:
        body = v3.BatchSetupSyncPolicyReq(jobs=[v3.SyncPolicyReq(**item) for item in values])
        plain = utils.sanitize_for_serialization(body)
        return len(codec.dumps(plain, use_decimal=True))

    def read() -> int:
        received = SimpleNamespace(text=response.decode())
        return len(client.deserialize(received, "BatchSetPolicyResponse", None).results)

    return written, read


def dicts(
    values: list[dict[str, Any]], response: bytes
) -> tuple[Callable[[], int], Callable[[], int]]:
    """No models at all: each item a dict of its own, nothing checked."""
    orjson: Any = importlib.import_module("orjson")

    def written() -> int:
        return len(orjson.dumps({"jobs": [{**item} for item in values]}))

    return written, lambda: len(orjson.loads(response)["results"])


# --- the report ---------------------------------------------------------------------------------
def report_calls(size: int, measured: Comparison) -> None:
    print(f"\n### {size} job{'s' if size > 1 else ''} a call\n")
    rows = [
        [
            name,
            f"{measured.median_cpu(name) * 1e6:,.0f}",
            f"{measured.median_wall(name) * 1e6:,.0f}",
            str(measured.ratio(name)),
        ]
        for name in measured.rounds
    ]
    print(table(["variant", "CPU µs", "wall µs", "CPU / httpx alone (95 %)"], rows))


def report_models(title: str, measured: Comparison, size: int) -> None:
    print(f"\n### {title}, for each item\n")
    rows = [
        [name, f"{measured.median_cpu(name) * 1e6 / size:.3f}", str(measured.ratio(name))]
        for name in measured.rounds
    ]
    print(table(["variant", "CPU µs", "CPU / ours (95 %)"], rows))


def call_bounds(size: int, measured: Comparison) -> list[Bound]:
    most = {1: (1.0, 1 / 2), 1000: (3.0, 1 / 6)}.get(size)
    if most is None:
        return []
    jobs = "1 job" if size == 1 else f"{size} jobs"
    bounds = [Bound(f"{jobs}, CPU of ours / httpx alone", measured.ratio(OURS), most[0])]
    if SDK in measured.rounds:
        ratio = measured.ratio(OURS, SDK)
        bounds.append(Bound(f"{jobs}, CPU of ours / official SDK", ratio, most[1]))
    return bounds


def main() -> int:
    options = parser(__doc__, rounds=90).parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    print(f"## Client\n\n{where_and_when()}; {options.rounds} rounds, each variant once in each.")
    for name in PEERS:
        if not installed(name):
            print(f"\n{name}: left out, because it is not installed (`make setup-system`).")
    bounds: list[Bound] = []
    with stock_client() as stock, running() as url:
        for size in SIZES:
            with variants(url, size, stock) as made:
                measured = compare(made, reference=RAW, rounds=options.rounds)
            report_calls(size, measured)
            bounds += call_bounds(size, measured)
        written, read = model_variants(stock, 1000)
        for title, blocks in (("Build and write", written), ("Read", read)):
            report_models(title, compare(blocks, reference=OURS, rounds=options.rounds), 1000)
    starts: Ratio = startup.report(max(10, options.rounds // 4))
    bounds.append(Bound("import and a client, CPU of ours / httpx", starts, 1.3))
    return closing(bounds, strict=options.strict)


if __name__ == "__main__":
    sys.exit(main())
