"""What stands between a machine and a policy that is set, and what to do about it."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping

import httpx
import pytest

from drs_sync_policy import sandbox
from drs_sync_policy.cli import exits
from tests.processes import PROGRAM
from tests.wire import Wire, free_port, says, wire

from .conftest import Run
from .terminal import in_terminal


def test_a_healthy_setup_is_well(run: Run, server: sandbox.Running) -> None:
    """Every line begins with ok, and no secret is shown."""
    done = run("doctor")
    assert done.code == exits.DONE
    assert [line[:2] for line in done.out.splitlines()] == ["ok"] * 6
    assert "credentials: accepted for this project" in done.out
    assert server.tenants[0].token not in done.out


@pytest.mark.parametrize(
    ("variables", "code", "said"),
    [
        ({"DRS_URL": None}, exits.WRONG_USE, "drs-sync-policy login"),
        ({"DRS_PROFILE": "nowhere"}, exits.WRONG_USE, "nowhere"),
        ({"DRS_URL": "h:80"}, exits.WRONG_USE, "`DRS_URL` must be a URL"),
        ({"DRS_URL": None, "DRS_REGION": "eu"}, exits.WRONG_USE, "`DRS_REGION` is 'eu'"),
        ({"DRS_URL": "http://127.0.0.1:9"}, exits.UNREACHABLE, "HTTPS_PROXY"),
        ({"DRS_TOKEN": "wrong"}, exits.NOT_ALLOWED, "Send a token from IAM"),
        ({"DRS_PROJECT_ID": "other"}, exits.NOT_ALLOWED, "Compare `project_id`"),
    ],
    ids=[
        "no-url",
        "no-profile",
        "odd-url",
        "no-region",
        "no-server",
        "wrong-token",
        "wrong-project",
    ],
)
def test_each_problem_is_reported_with_what_to_do(
    variables: dict[str, str | None], code: int, said: str, run: Run
) -> None:
    """The first thing that is wrong ends the list, and the exit code shows its kind."""
    done = run("doctor", **variables)
    assert done.code == code
    lines = done.out.splitlines()
    assert any(line.startswith("FAIL") for line in lines)
    assert said in done.out
    assert lines[-1].startswith("     "), "below what fails stands what to do"


def test_the_doctor_changes_nothing(run: Run, server: sandbox.Running) -> None:
    """The call that tries the credentials has no jobs, so that it is rejected as a whole."""
    path = f"{server.url}/_sandbox/projects/{server.tenants[0].project_id}/jobs"
    before = httpx.get(path).json()
    run("doctor")
    assert httpx.get(path).json() == before


_NO_DATE = {"Date": "Mon, 01 Jan 2024 00:00:00 +99999999999999"}


@pytest.fixture
def odd() -> Iterator[Wire]:
    """Responds as no DRS does; the path of the server's URL says how."""

    def respond(connection: socket.socket) -> bool:
        asked = server.last_from[connection.getpeername()[1]]
        if asked.method == "HEAD":
            return says(headers=_NO_DATE)(connection)
        if "broken" in asked.path:
            return says(200, b"abc", {"Content-Encoding": "gzip"})(connection)
        return says(400, b"<html>400 Bad Request</html>")(connection)

    with wire(then=respond) as server:
        yield server


@pytest.mark.parametrize(
    ("path", "said"), [("", "status 400"), ("/broken", "cannot be unpacked")], ids=["html", "gzip"]
)
def test_another_server_is_not_taken_for_the_service(
    path: str, said: str, run: Run, odd: Wire
) -> None:
    """A rejection is the service's if it has an error code; an impossible date is ignored."""
    done = run("doctor", DRS_URL=f"{odd.url}{path}")
    assert done.code == exits.OUTSIDE_CONTRACT
    assert "the server does not send its time" in done.out
    assert "FAIL service" in done.out
    assert said in done.out


def test_a_url_with_a_path_is_reported(run: Run, server: sandbox.Running) -> None:
    """The credentials are not the reason: the path begins at /v3, which the URL must not have."""
    done = run("doctor", DRS_URL=f"{server.url}/v3")
    assert done.code == exits.OUTSIDE_CONTRACT
    assert "FAIL service: status 404" in done.out
    assert "must end before /v3" in done.out.splitlines()[-1]


def test_a_server_without_tls_is_reported(run: Run, server: sandbox.Running) -> None:
    """By the doctor and by every call: the URL begins with http:// then."""
    url = server.url.replace("http:", "https:")
    done = run("doctor", DRS_URL=url)
    assert done.code == exits.UNREACHABLE
    assert "give its URL with http://" in done.out.splitlines()[-1]
    called = run("set", "j", "--ddl-trans", DRS_URL=url)
    assert called.code == exits.UNREACHABLE
    assert "does not use TLS" in called.err


def test_of_a_url_and_a_region_it_is_said_which_counts(run: Run, server: sandbox.Running) -> None:
    """The URL does; nobody looks for the region's jobs there."""
    done = run("doctor", DRS_REGION="eu-nl")
    assert done.code == exits.DONE
    assert "`DRS_URL` wins over `DRS_REGION`, which is not used" in done.out
    assert "wins over" not in run("doctor", "--url", server.url, DRS_REGION="eu-nl").out


def test_the_addresses_of_the_service_and_of_iam_are_shown(run: Run) -> None:
    """Whichever of the two does not respond is named."""
    user = {"DRS_TOKEN": None, "DRS_USERNAME": "u", "DRS_PASSWORD": "p", "DRS_DOMAIN": "d"}
    iam = f"127.0.0.1:{free_port()}"
    done = run("doctor", **user, DRS_IAM_URL=f"http://{iam}")
    assert done.code == exits.UNREACHABLE
    assert f"ok   login: http://{iam} gives the token" in done.out
    assert f"FAIL login at {iam}: " in done.out


def test_an_iam_server_is_named_as_in_the_settings(run: Run) -> None:
    """One that is missing or no URL, before anything is sent; nobody wrote `PasswordAuth`."""
    user = {"DRS_TOKEN": None, "DRS_USERNAME": "u", "DRS_PASSWORD": "p", "DRS_DOMAIN": "d"}
    for url, said in ((None, "give DRS_IAM_URL, or `iam_url`"), ("h:80", "`DRS_IAM_URL` must be")):
        done = run("doctor", **user, DRS_IAM_URL=url)
        assert done.code == exits.WRONG_USE
        assert f"FAIL settings: {'the IAM' if url is None else '`DRS_IAM'}" in done.out
        assert said in done.out
        assert "PasswordAuth" not in done.out


def test_credentials_go_to_the_call_and_nowhere_else(run: Run, odd: Wire) -> None:
    """An invalid project is a usage error, and nothing is sent."""
    url = odd.url
    done = run("doctor", DRS_URL=url, DRS_PROJECT_ID="p/../../admin?x=")
    assert done.code == exits.WRONG_USE
    assert "project_id" in done.out
    assert odd.heard == []


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"HTTPS_PROXY": "ftp://x"}, "HTTPS_PROXY"),
        ({"HTTP_PROXY": "ftp://x"}, "proxy"),
        ({"HTTPS_PROXY": "socks5://127.0.0.1:1"}, "HTTPS_PROXY"),
        ({"SSL_CERT_FILE": "/nonexistent"}, "SSL_CERT_FILE"),
        ({"DRS_URL": "https://127.0.0.1:9", "SSL_CERT_FILE": "/nonexistent"}, "SSL_CERT_FILE"),
        (
            {"DRS_TOKEN": None, "DRS_USERNAME": "u", "DRS_PASSWORD": "p", "DRS_DOMAIN": "d"},
            "DRS_IAM_URL",
        ),
    ],
    ids=["proxy", "proxy-in-use", "socks", "certificates", "certificates-in-use", "no-iam"],
)
def test_a_setting_that_cannot_work_is_wrong_use(
    variables: dict[str, str | None], said: str, run: Run
) -> None:
    """The variable that is wrong is named."""
    done = run("doctor", **{"NO_PROXY": None, "no_proxy": None, **variables})
    assert done.code == exits.WRONG_USE
    assert said in done.out


def test_a_proxy_is_shown_without_its_credentials(run: Run) -> None:
    """Only the proxy that applies to the server; its user name and password are not shown."""
    proxy = {"HTTP_PROXY": "http://user:hidden@127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:8"}
    done = run("doctor", NO_PROXY=None, no_proxy=None, **proxy)
    assert done.code == exits.UNREACHABLE
    assert "proxy: http://127.0.0.1:9, from a variable" in done.out
    assert "hidden" not in done.out + done.err
    assert "127.0.0.1:8\n" not in done.out
    assert "proxy:" not in run("doctor", NO_PROXY="*", **proxy).out


def test_the_doctor_shows_no_colour_where_none_is_wanted(environment: Mapping[str, str]) -> None:
    """NO_COLOR is heeded in a terminal, too (https://no-color.org)."""
    for wanted in (False, True):
        variables = {**environment, "TERM": "xterm", "NO_COLOR": "" if wanted else "1"}
        code, shown = in_terminal(PROGRAM, "doctor", env=variables)
        assert code == exits.DONE
        assert ("\x1b[" in shown) is wanted
