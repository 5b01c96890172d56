"""Making a client: where it calls, what it takes along, and what it costs."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import version
from typing import Any

import httpx
import pytest

import drs_sync_policy
from drs_sync_policy import (
    Connections,
    DrsError,
    Hooks,
    PasswordAuth,
    Retries,
    SyncPolicyReq,
    Timeouts,
    UnreachableError,
    WrongUseError,
)
from drs_sync_policy.client.network.options import tls_context
from drs_sync_policy.client.regions import regions
from drs_sync_policy_api.types import SERVERS
from tests.live.client.calls import DONE, JOBS, make
from tests.processes import completed
from tests.wire import free_port, hangs, resets, says, wire

OPTIONS = {"region": "eu-de", "project_id": "p", "auth": "t"}


OTHER_FIELDS: dict[str, Any] = {
    "file_and_position": "mysql-bin.000277:805",
    "gtid_set": "x",
    "is_fill_materialized_view": True,
    "export_snapshot": False,
    "topic_policy": "1",
    "topic": "t",
    "partition_policy": "1",
    "kafka_data_format": "json",
    "topic_name_format": "x",
    "partitions_num": "1",
    "replication_factor": "1",
    "ddl_topic": "t",
}
"""Those of the edition `huawei-cloud`."""


# --- where it calls -------------------------------------------------------------------------------
def test_a_region_is_one_of_the_contracts_servers() -> None:
    """The regions and their URLs are those of the contract, and of no other list."""
    assert regions() == {
        "eu-de": "https://drs.eu-de.otc.t-systems.com",
        "eu-nl": "https://drs.eu-nl.otc.t-systems.com",
    }
    assert set(regions().values()) <= set(SERVERS)
    assert regions("huawei-cloud")["eu-west-101"] == "https://drs.eu-west-101.myhuaweicloud.eu"
    with make(region="eu-nl") as drs:
        assert drs.base_url == "https://drs.eu-nl.otc.t-systems.com"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"region": "eu-dee"},
            "'eu-de', 'eu-nl', or a region of the edition `huawei-cloud` such as 'af-north-1'; did",
        ),
        ({"region": "eu-de", "edition": "huawei"}, "did you mean `huawei-cloud`?"),
        ({}, "give either `region`"),
        ({"region": "eu-de", "base_url": "http://x"}, "give either `region`"),
        ({"base_url": "drs.example"}, "http:// or https:// is missing before 'drs.example'"),
        ({"base_url": "ftp://x"}, "`base_url` must be a URL"),
        ({"base_url": "http://user:pass@x"}, "contains credentials"),
        ({"base_url": "http://x/?a=1"}, "query or a fragment"),
        ({"region": "eu-de", "project_id": ".."}, "project_id"),
        ({"region": "eu-de", "project_id": "a/b"}, "project_id"),
        ({"region": "eu-de", "language": "de-de"}, "`en-us` or `zh-cn`"),
        ({"region": "eu-de", "auth": ""}, "`token` is missing or empty"),
        (
            {"region": "eu-de", "http_client": httpx.Client, "connections": Connections()},
            "not both",
        ),
    ],
)
def test_an_invalid_argument_is_found_when_the_client_is_made(
    options: dict[str, Any], text: str
) -> None:
    """A wrong region, URL, project, language or token is found before the first call."""
    with pytest.raises(WrongUseError) as caught:
        make(**options)
    assert text in str(caught.value)


def test_an_invalid_region_is_a_problem_with_its_choices() -> None:
    """A program can offer them without reading the text."""
    with pytest.raises(WrongUseError) as caught:
        make(region="eu-dee")
    (problem,) = caught.value.problems
    assert (problem.at, problem.value) == ("region", "eu-dee")
    assert problem.choices == (*regions("huawei-cloud"), *regions())


# --- editions -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "edition"),
    [
        ({"region": "eu-de"}, "base"),
        ({"region": "cn-north-4"}, "huawei-cloud"),
        ({"base_url": "https://drs.cn-north-4.myhuaweicloud.com/"}, "huawei-cloud"),
        ({"base_url": "http://127.0.0.1:8080"}, "base"),
        ({"base_url": "http://127.0.0.1:8080", "edition": "huawei-cloud"}, "huawei-cloud"),
        ({"region": "eu-de", "edition": "huawei-cloud"}, "huawei-cloud"),
    ],
)
def test_the_edition_is_that_of_the_server(options: dict[str, Any], edition: str) -> None:
    """Of the region, or of the server that the contract names; an argument wins."""
    assert make(**options).edition == edition


@pytest.mark.parametrize("field", OTHER_FIELDS)
def test_a_field_of_another_edition_is_a_usage_error(field: str) -> None:
    """A server without the field would ignore it; with the right `edition` it is sent."""
    jobs = [SyncPolicyReq(job_id="a"), SyncPolicyReq(job_id="b", **{field: OTHER_FIELDS[field]})]
    done = {"count": 2, "results": [{"id": one, "status": "success"} for one in "ab"]}
    with wire(says(200, done)) as server:
        with make(base_url=server.url) as drs, pytest.raises(WrongUseError) as caught:
            drs.set_policies(jobs)
        assert server.heard == []
        (problem,) = caught.value.problems
        assert problem.at == f"jobs[1].{field}"
        assert "`base` does not have this field; `huawei-cloud` has it" in problem.message
        with make(base_url=server.url, edition="huawei-cloud") as drs:
            assert drs.set_policies(jobs).ok
        assert server.heard[0].json()["jobs"][1] == {"job_id": "b", field: OTHER_FIELDS[field]}


def test_a_request_is_what_the_contract_says() -> None:
    """Method, path, headers and body are the contract's, with a user agent and nothing else."""
    with wire(says(200, DONE)) as server:
        with make(base_url=f"{server.url}/", language="zh-cn") as drs:
            drs.set_policies(JOBS)
        (heard,) = server.heard
    assert (heard.method, heard.path) == ("POST", "/v3/p/jobs/batch-sync-policy")
    assert heard.json() == {
        "jobs": [{"job_id": "a", "conflict_policy": "stop", "ddl_trans": False}]
    }
    agent = heard.headers.pop("user-agent") if isinstance(heard.headers, dict) else ""
    assert agent.startswith("drs-sync-policy/")
    assert dict(heard.headers) == {
        "host": server.url.removeprefix("http://"),
        "accept": "application/json",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": str(len(heard.body)),
        "x-language": "zh-cn",
        "x-auth-token": "t",
    }


def test_a_language_may_be_chosen_for_a_call() -> None:
    """`language` of a call wins over that of the client, for that call."""
    with wire(then=says(200, DONE)) as server, make(base_url=server.url) as drs:
        drs.set_policies(JOBS)
        drs.set_policies(JOBS, language="zh-cn")
        drs.set_policies(JOBS)
        spoken = [heard.headers.get("x-language") for heard in server.heard]
    assert spoken == [None, "zh-cn", None]


def test_a_base_url_may_have_a_path() -> None:
    """A server behind a prefix is called below it."""
    with wire(says(200, DONE)) as server, make(base_url=f"{server.url}/drs") as drs:
        drs.set_policies(JOBS)
        assert server.heard[0].path == "/drs/v3/p/jobs/batch-sync-policy"


# --- hooks and logs -------------------------------------------------------------------------------
def test_hooks_see_requests_responses_and_retries() -> None:
    """They get each attempt before and after, each retry with its reason, and no credentials."""
    seen: list[tuple[Any, ...]] = []
    hooks = Hooks(
        on_request=lambda sent: seen.append(("request", sent)),
        on_response=lambda sent, got, took: seen.append(("response", got.status, took >= 0, sent)),
        on_retry=lambda sent, reason, wait: seen.append(("retry", reason, wait <= 0.01)),
    )
    retries = Retries(first_wait=0.01)
    with (
        wire(says(503, b""), says(200, DONE)) as server,
        make(base_url=server.url, auth="the-token", hooks=hooks, retries=retries) as drs,
    ):
        drs.set_policies(JOBS)
    kinds = [entry[0] for entry in seen]
    assert kinds == ["request", "response", "retry", "request", "response"]
    assert seen[1][:3] == ("response", 503, True)
    assert seen[2] == ("retry", "status 503", True)
    assert seen[1][3].headers["x-auth-token"] == "***"
    assert "the-token" not in repr(seen)


def test_what_a_hook_raises_ends_the_call() -> None:
    """A hook that fails is not swallowed."""

    def refuse(sent: object) -> None:
        raise LookupError("no")

    with (
        wire(says(200, DONE)) as server,
        make(base_url=server.url, hooks=Hooks(on_request=refuse)) as drs,
        pytest.raises(LookupError),
    ):
        drs.set_policies(JOBS)


def test_the_log_has_each_response_and_each_retry(caplog: pytest.LogCaptureFixture) -> None:
    """DEBUG has each response with its request id, INFO each retry with its reason."""
    caplog.set_level(logging.DEBUG, "drs_sync_policy")
    with (
        wire(resets, says(200, DONE, {"X-Request-Id": "r-1"})) as server,
        make(base_url=server.url, retries=Retries(first_wait=0.01)) as drs,
    ):
        drs.set_policies(JOBS)
    ours = [(r.levelname, r.getMessage()) for r in caplog.records if r.name == "drs_sync_policy"]
    assert [level for level, _ in ours] == ["INFO", "DEBUG"]
    assert "retrying" in ours[0][1]
    assert "-> 200" in ours[1][1]
    assert "request id r-1" in ours[1][1]


def test_a_log_line_names_a_url_once(caplog: pytest.LogCaptureFixture) -> None:
    """That of the request, and the reason of a retry does not repeat it, nor does it in a hook."""
    caplog.set_level(logging.DEBUG, "drs_sync_policy")
    reasons: list[str] = []
    url = f"http://127.0.0.1:{free_port()}"
    login = PasswordAuth("user", "the-password", "d", iam_url=url)
    options = {
        "retries": Retries(attempts=2, first_wait=0.01),
        "hooks": Hooks(on_retry=lambda _, reason, __: reasons.append(reason)),
    }
    with wire(resets, says(503, b""), hangs, hangs) as server:
        for base_url, auth in ((url, "t"), (server.url, login), (server.url, "t")):
            with make(base_url=base_url, auth=auth, **options) as drs, pytest.raises(DrsError):
                drs.set_policies(JOBS)
        with (
            make(base_url=server.url, timeouts=Timeouts(read=0.3), **options) as drs,
            pytest.raises(DrsError),
        ):
            drs.set_policies(JOBS)
    lines = [record.getMessage() for record in caplog.records if record.name == "drs_sync_policy"]
    assert len(reasons) == 4
    assert {line.count("http") for line in lines} == {1}
    assert not [reason for reason in reasons if "://" in reason]


def test_an_error_says_what_was_tried_and_how_often() -> None:
    """The text of an error has the request, the reason and the number of attempts."""
    url = f"http://127.0.0.1:{free_port()}"
    retries = Retries(attempts=2, first_wait=0.01)
    with make(base_url=url, retries=retries) as drs, pytest.raises(UnreachableError) as caught:
        drs.set_policies(JOBS)
    assert f"POST {url}/v3/p/jobs/batch-sync-policy" in str(caught.value)
    assert "2 attempts" in str(caught.value)
    assert caught.value.attempts == 2


# --- what it costs --------------------------------------------------------------------------------
def test_importing_the_package_loads_neither_httpx_nor_the_codec() -> None:
    """`import drs_sync_policy` is free until a name of it is used (PEP 562)."""
    code = (
        "import sys, drs_sync_policy; print(sorted({'httpx', 'httpcore', 'msgspec', 'attrs', 'ssl'}"
        " & set(sys.modules)))"
    )
    done = completed([sys.executable, "-c", code], check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("from drs_sync_policy import SyncPolicyReq, WrongUseError", ("httpx", "httpcore")),
        (
            f"from drs_sync_policy import SyncPolicyClient as Client; Client(**{OPTIONS})",
            ("drs_sync_policy.sandbox", "drs_sync_policy.fuzz", "drs_sync_policy.cli", "httpx2",
             "drs_sync_policy.contract", "drs_sync_policy_contract", "starlette", "asyncio"),
        ),
    ],
    ids=["models", "client"],
)  # fmt: skip
def test_a_client_loads_only_what_it_needs(code: str, absent: tuple[str, ...]) -> None:
    """Models and errors need no httpx; a client needs nothing of sandbox, fuzzer or command."""
    code += f"; import sys; print(sorted({set(absent)} & sys.modules.keys()))"
    done = completed([sys.executable, "-c", code], check=True)
    assert done.stdout.strip() == "[]"


def test_the_version_is_that_of_the_distribution() -> None:
    """`__version__` is read when it is asked for."""
    assert drs_sync_policy.__version__ == version("drs-sync-policy")


def test_every_public_name_is_there() -> None:
    """Each name of `__all__` can be had, is listed by `dir`, and others are errors."""
    for name in drs_sync_policy.__all__:
        assert getattr(drs_sync_policy, name) is not None
        assert name in dir(drs_sync_policy)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        # The access itself raises.
        drs_sync_policy.nothing  # noqa: B018


def test_clients_share_one_tls_context() -> None:
    """The second client of a process makes no context of its own, which is what costs."""
    assert tls_context(True, "https://a") is tls_context(True, "https://b")


@pytest.mark.parametrize("jobs", [JOBS[0], "19557d51", b"a", {"job_id": "a"}, None, 3])
def test_a_single_job_instead_of_a_list_is_a_usage_error(jobs: Any) -> None:
    """If one job or its id is given instead of a list, the error says what is needed."""
    with make(region="eu-de") as drs, pytest.raises(WrongUseError) as caught:
        drs.set_policies(jobs)
    assert f"a `{type(jobs).__name__}`: give a list of `SyncPolicyReq`" in str(caught.value)


def test_a_project_id_is_described_in_words() -> None:
    """Not by a regular expression."""
    with pytest.raises(WrongUseError) as caught:
        make(region="eu-de", project_id="a b")
    assert "each of its characters must be one of 0-9 A-Z a-z _ -" in str(caught.value)
    assert "^" not in str(caught.value)


def test_a_failed_connection_says_what_to_check() -> None:
    """Whether a server runs there, the URL, the network and the proxy."""
    said = r"Check that the server is running"
    url = f"http://127.0.0.1:{free_port()}"
    with make(base_url=url, retries=None) as drs, pytest.raises(UnreachableError, match=said):
        drs.set_policies(JOBS)
