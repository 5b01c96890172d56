"""The test support that ships: scripts, recordings, and the sandbox as a fixture."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import anyio
import httpx
import pytest

from drs_sync_policy import (
    AsyncSyncPolicyClient,
    JobState,
    PasswordAuth,
    Retries,
    SyncPolicyClient,
    SyncPolicyReq,
)
from drs_sync_policy.runtime import errors
from drs_sync_policy.testing import (
    Recorder,
    Sandbox,
    Scripted,
    breaks,
    fails,
    rejects,
    replayed,
    responds,
    succeeds,
)
from tests.processes import completed

JOBS = [SyncPolicyReq(job_id="a", conflict_policy="stop"), SyncPolicyReq(job_id="b")]
QUICK = Retries(first_wait=0.0)

ROOT = Path(__file__).resolve().parents[3]

pytest_plugins = ["pytester"]

WITHOUT = [
    option
    for plugin in ("cacheprovider", "hypothesispytest", "randomly", "schemathesis", "xdist")
    for option in ("-p", f"no:{plugin}")
]
"""For pytest in a process: without what these tests do not need."""


# --- scripts --------------------------------------------------------------------------------------
def test_a_script_responds_step_by_step() -> None:
    """Each step responds to the next request, and the requests can be read afterwards."""
    scripted = Scripted(fails({"b": "DRS.M00304"}), then=succeeds())
    with scripted.client() as drs:
        first, second = drs.set_policies(JOBS), drs.set_policies(JOBS)
    assert [job.state for job in first] == [JobState.SUCCEEDED, JobState.FAILED]
    assert first[1].error_msg
    assert second.ok
    assert [request.job_ids for request in scripted.requests] == [["a", "b"]] * 2
    assert scripted.requests[0].json()["jobs"][0] == {"job_id": "a", "conflict_policy": "stop"}
    assert scripted.requests[0].headers["x-auth-token"] == "***"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 429, 500, 503])
def test_a_script_refuses_with_a_code_that_fits(status: int) -> None:
    """`rejects` needs only a status; the code is one of the vendor's for it."""
    with (
        Scripted(rejects(status)).client(retries=None) as drs,
        pytest.raises(errors.BY_STATUS[status]) as caught,
    ):
        drs.set_policies(JOBS)
    assert caught.value.code
    assert caught.value.message


def test_a_script_can_be_a_bad_day() -> None:
    """Broken connections, odd responses and waits are steps like others."""
    scripted = Scripted(
        breaks(), breaks(httpx.ConnectTimeout), rejects(429, retry_after=0), responds(200, "<html>")
    )
    with scripted.client(retries=QUICK) as drs, pytest.raises(errors.OutsideContractError):
        drs.set_policies(JOBS)
    assert len(scripted.requests) == 4


def test_a_script_that_is_at_its_end_says_so() -> None:
    """A request without a step is an error of the test, and gets no response."""
    with Scripted().client() as drs, pytest.raises(AssertionError, match="no step for request 1"):
        drs.set_policies(JOBS)


def test_a_script_serves_the_async_client() -> None:
    """The same script responds to both clients."""

    async def call() -> None:
        async with Scripted(succeeds()).async_client() as drs:
            assert (await drs.set_policies(JOBS)).ok

    asyncio.run(call())


# --- recordings -----------------------------------------------------------------------------------
def test_what_was_recorded_can_be_repeated(drs_sandbox: Sandbox, tmp_path: Path) -> None:
    """A recording of the sandbox responds to the same calls, without sandbox and secrets."""
    jobs = [SyncPolicyReq(job_id=drs_sandbox.job_ids[0]), SyncPolicyReq(job_id="nobody's")]
    file = tmp_path / "recording.json"
    recorder = Recorder()
    with httpx.Client(transport=recorder) as mine:
        recorded = drs_sandbox.client(http_client=mine).set_policies(jobs)
    recorder.save(file)
    assert drs_sandbox.token not in file.read_text()
    with replayed(file).client(project_id=drs_sandbox.project_id) as drs:
        assert list(drs.set_policies(jobs)) == list(recorded)
    with (
        replayed(file).client(project_id=drs_sandbox.project_id) as drs,
        pytest.raises(AssertionError, match="differs from the recorded one"),
    ):
        drs.set_policies(JOBS)


def test_a_recording_has_no_login_in_it(drs_sandbox: Sandbox, tmp_path: Path) -> None:
    """A password goes to IAM in a body; neither it nor the token of the response is kept."""
    one = drs_sandbox.tenants[0]
    login = PasswordAuth(one.user, one.password, one.domain, iam_url=drs_sandbox.url)
    file = tmp_path / "recording.json"
    recorder = Recorder()
    with httpx.Client(transport=recorder) as mine:
        drs_sandbox.client(auth=login, http_client=mine).set_policies(JOBS)
        body = {"auth": {"password": one.password}}
        mine.post(f"{drs_sandbox.url}/v3/auth/tokens", json=body)
    recorder.save(file)
    assert one.password not in file.read_text()
    assert len(recorder.exchanges) == 1
    with replayed(file).client(project_id=one.project_id) as drs:
        assert len(drs.set_policies(JOBS)) == 2


def test_a_script_shows_no_password() -> None:
    """The login that a script responds to is among its requests, without the password."""
    given = responds(201, b"{}", X_Subject_Token="t")
    scripted = Scripted(given, then=succeeds())
    login = PasswordAuth("u", "hush-hush", "d", iam_url="http://iam.invalid")
    with scripted.client(auth=login) as drs:
        drs.set_policies(JOBS)
    assert len(scripted.requests) == 2
    assert b"hush-hush" not in b"".join(request.content for request in scripted.requests)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_client_is_recorded(drs_sandbox: Sandbox, tmp_path: Path, backend: str) -> None:
    """The same recorder serves an `httpx.AsyncClient`."""
    recorder, file = Recorder(), tmp_path / "recording.json"

    async def call() -> None:
        async with httpx.AsyncClient(transport=recorder) as mine:
            await drs_sandbox.async_client(http_client=mine).set_policies(JOBS)

    anyio.run(call, backend=backend)
    recorder.save(file)
    with replayed(file).client(project_id=drs_sandbox.project_id) as drs:
        assert [job.job_id for job in drs.set_policies(JOBS)] == ["a", "b"]


# --- the sandbox ----------------------------------------------------------------------------------
def test_the_sandbox_takes_policies_and_shows_them(drs_sandbox: Sandbox) -> None:
    """The fixture runs the real sandbox: policies are stored, and can be read back."""
    job, blocked = drs_sandbox.job_ids[0], drs_sandbox.blocked_job_ids[0]
    with drs_sandbox.client() as drs:
        outcome = drs.set_policies(
            [
                SyncPolicyReq(job_id=job, conflict_policy="stop", ddl_trans=False),
                SyncPolicyReq(job_id=blocked),
                SyncPolicyReq(job_id="nobody's"),
            ]
        )
    assert [job.state for job in outcome] == [JobState.SUCCEEDED, JobState.FAILED, JobState.FAILED]
    assert [job.error_code for job in outcome] == [None, "DRS.M00304", "DRS.M05003"]
    assert drs_sandbox.policy(job) == {"conflict_policy": "stop", "ddl_trans": False}
    with pytest.raises(KeyError):
        drs_sandbox.policy("nobody's")


def test_the_sandbox_is_fresh_for_each_test(drs_sandbox: Sandbox) -> None:
    """What another test stored is not there."""
    assert drs_sandbox.policy(drs_sandbox.job_ids[0]) == {}


def test_the_sandbox_refuses_like_the_service(drs_sandbox: Sandbox) -> None:
    """Wrong credentials and foreign projects are rejected with the vendor's codes."""
    with drs_sandbox.client(auth="wrong") as drs, pytest.raises(errors.UnauthorizedError) as caught:
        drs.set_policies(JOBS)
    assert caught.value.code
    assert caught.value.request_id
    other = drs_sandbox.tenants[1].project_id
    with drs_sandbox.client(project_id=other) as drs, pytest.raises(errors.ForbiddenError):
        drs.set_policies(JOBS)


def test_the_language_reaches_the_sandbox(drs_sandbox: Sandbox) -> None:
    """`zh-cn` gets Chinese messages, and the same code."""
    with drs_sandbox.client(language="zh-cn") as drs:
        (job,) = drs.set_policies([SyncPolicyReq(job_id="nobody's")])
    assert job.error_code == "DRS.M05003"
    assert job.error_msg
    assert not job.error_msg.isascii()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_async_client_calls_the_sandbox(drs_sandbox: Sandbox, backend: str) -> None:
    """The async client does the same under asyncio and under trio."""

    async def call() -> None:
        async with drs_sandbox.async_client() as drs:
            jobs = [SyncPolicyReq(job_id=job) for job in drs_sandbox.job_ids]
            assert (await drs.set_policies(jobs)).ok

    anyio.run(call, backend=backend)


def test_the_environment_calls_the_sandbox(
    drs_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`from_environment` works with the variables that the sandbox names."""
    for name, value in drs_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    with SyncPolicyClient.from_environment() as drs:
        assert drs.set_policy(SyncPolicyReq(job_id=drs_sandbox.job_ids[0])).succeeded
    drs_async = AsyncSyncPolicyClient.from_environment()
    assert drs_async.project_id == drs_sandbox.project_id


@pytest.mark.system
def test_the_fixture_is_there_without_an_import(pytester: pytest.Pytester) -> None:
    """In a project that only installs the package, a test just names the fixture."""
    pytester.makepyfile("def test_it(drs_sandbox): assert drs_sandbox.url.startswith('http://')")
    pytester.runpytest_subprocess(*WITHOUT).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "module",
    [
        "uvicorn",
        *(
            pytest.param(name, marks=pytest.mark.system)
            for name in ("starlette", "sqlalchemy", "jsonschema_rs")
        ),
    ],
)
def test_without_the_extra_the_fixture_is_an_error(pytester: pytest.Pytester, module: str) -> None:
    """Nobody takes a test that did not run for one that passed; it says what to install."""
    # What Python itself does with a module that is not there.
    without = f"import sys\nsys.modules[{module!r}] = None\n"
    pytester.makepyfile(f"{without}def test_it(drs_sandbox): pass")
    done = pytester.runpytest_subprocess(*WITHOUT)
    done.assert_outcomes(errors=1)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(
        [f"*`drs_sandbox` needs `{module}*pip install 'drs-sync-policy?sandbox?'"]
    )


def test_the_page_for_test_authors_shows_the_fixture(pytester: pytest.Pytester) -> None:
    """The tests on it pass as they stand there, and each attribute of the fixture is named."""
    page = (ROOT / "docs" / "test-author.md").read_text("utf-8")
    names = [name for name in dir(Sandbox) if not name.startswith("_")]
    assert len(names) == 15
    assert [name for name in [*names, "Scripted", "Recorder"] if f"`{name}" not in page] == []
    shown = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    pytester.makepyfile(*(code for code in shown if "def test_" in code))
    done = pytester.runpytest_subprocess(*WITHOUT)
    done.assert_outcomes(passed=5)


def test_the_plugin_costs_other_test_runs_nothing() -> None:
    """Loading the plugin imports neither httpx nor the sandbox."""
    code = "import sys, drs_sync_policy.pytest_plugin; print('httpx' in sys.modules)"
    done = completed([sys.executable, "-c", code], check=True)
    assert done.stdout.strip() == "False"
