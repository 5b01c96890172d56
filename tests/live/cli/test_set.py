"""The verb `set`, against a live sandbox."""

from __future__ import annotations

import json
import shlex

import httpx

from drs_sync_policy import contract, sandbox
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.input.fields import fields

from .conftest import Run, silent


def test_the_policy_of_a_job_is_set(run: Run, server: sandbox.Running) -> None:
    """Each option is a field of the contract; what is not given keeps its value."""
    tenant = server.tenants[0]
    job = tenant.job_ids[0]
    first = run("set", job, "--conflict-policy", "stop", "--index-trans", "--slot-name", "s")
    second = run("set", job, "--no-index-trans")
    assert (first.code, second.code) == (exits.DONE, exits.DONE)
    path = f"{server.url}/_sandbox/projects/{tenant.project_id}/jobs/{job}"
    policy = httpx.get(path).json()["policy"]
    assert policy["conflict_policy"] == "stop"
    assert policy["slot_name"] == "s"
    assert policy["index_trans"] is False


def test_there_is_an_option_for_every_field_of_every_edition(run: Run) -> None:
    """A field that is added to the contract needs no line of Python here."""
    for edition in contract.editions():
        text = run("set", "--help", "--edition", edition).out
        for name, schema in fields(edition).items():
            if name != "job_id":
                assert f"--{name.replace('_', '-')}" in text
                assert all(value in text for value in schema.get("enum", ()))


def test_the_help_of_an_option_says_the_bounds_of_its_field(run: Run) -> None:
    """Those of the contract, so that nobody has to try what is too long."""
    text = " ".join(run("set", "--edition=huawei-cloud", "--help").out.split())
    bounded = {
        name: schema
        for edition in contract.editions()
        for name, schema in fields(edition).items()
        if "maxLength" in schema
    }
    assert {"file_and_position", "gtid_set"} <= bounded.keys()
    for name, schema in bounded.items():
        of_option = text.split(f"--{name.replace('_', '-')} TEXT", 1)[1].split(" --", 1)[0]
        assert f"[at most {schema['maxLength']} characters]" in of_option
        matches = schema.get("pattern", "")
        assert ("[matches " in of_option) == bool(matches)
        # A long pattern is not for a terminal.
        assert (f"[matches {matches}]" in of_option) == (0 < len(matches) < 80)


def test_a_failure_is_shown_with_one_line_of_what_to_do(run: Run) -> None:
    """As JSON on stdout for programs, in words on stderr for people."""
    done = run("set", "no-such-job", "--ddl-trans", "--output", "json")
    assert done.code == exits.BROKEN
    assert json.loads(done.out)[0]["error_code"] == "DRS.M05003"
    *_, last = done.err.splitlines()
    assert last.startswith("DRS.M05003: There is no job of this id")
    assert last.endswith("drs-sync-policy explain DRS.M05003")


def test_curl_shows_the_request_and_sends_nothing(run: Run, server: sandbox.Running) -> None:
    """With a variable for the token."""
    done = run("set", "j", "--ddl-trans", "--curl", DRS_URL="http://127.0.0.1:9")
    assert done.code == exits.DONE
    *_, body = shlex.split(done.out)
    assert json.loads(body) == {"jobs": [{"job_id": "j", "ddl_trans": True}]}
    assert "$DRS_TOKEN" in done.out
    assert server.tenants[0].token not in done.out


def test_curl_shows_what_would_be_sent(run: Run) -> None:
    """The language of the environment, and nothing where the request cannot be sent."""
    assert "X-Language: zh-cn" in run("set", "j", "--ddl-trans", "--curl", DRS_LANGUAGE="zh-cn").out
    for job in ("", "\udcff"):
        done = run("set", job, "--ddl-trans", "--curl")
        assert done.code == exits.WRONG_USE
        assert done.out == ""
        assert "job_id" in done.err


def test_a_token_of_the_command_line_is_in_no_curl_line(run: Run) -> None:
    """It wins over what is found elsewhere, and a variable stands for it."""
    done = run("set", "j", "--ddl-trans", "--token", "MYSECRET", "--curl", DRS_TOKEN=None)
    assert done.code == exits.DONE
    assert "$DRS_TOKEN" in done.out
    assert "MYSECRET" not in done.out + done.err


def test_whose_requests_are_signed_is_told_that_curl_cannot(run: Run) -> None:
    """A line with a token is what curl can do; it is said that this is another way in."""
    keys = {"DRS_TOKEN": None, "DRS_ACCESS_KEY": "a", "DRS_SECRET_KEY": "b"}
    done = run("set", "j", "--ddl-trans", "--curl", **keys)
    assert done.code == exits.DONE
    assert "$DRS_TOKEN" in done.out
    assert "signed, which curl cannot do" in done.err


def test_certificates_that_cannot_be_read_are_wrong_use(run_process: Run) -> None:
    """The variable that names them is shown."""
    done = run_process(
        "set", "j", "--ddl-trans", DRS_URL="https://127.0.0.1:9", SSL_CERT_FILE="/nonexistent"
    )
    assert done.code == exits.WRONG_USE
    assert "SSL_CERT_FILE" in done.err


def test_an_option_of_another_edition_needs_the_edition(run: Run) -> None:
    """Else nothing is sent, as `apply` sends nothing, and the help does not have it."""
    assert "--topic" not in run("set", "--help").out
    assert "--topic" in run("set", "--edition", "huawei-cloud", "--help").out
    done = run("set", "j", "--topic", "x", "--curl")
    assert (done.code, done.out) == (exits.WRONG_USE, "")
    assert "the edition `base` has no field `topic`" in done.err
    assert "--edition huawei-cloud" in done.err
    chosen = run("set", "j", "--topic", "x", "--edition", "huawei-cloud", "--curl")
    assert chosen.code == exits.DONE
    assert '"topic":"x"' in chosen.out


def test_several_jobs_get_the_same_policy(run: Run, server: sandbox.Running) -> None:
    """In one request; each has its row."""
    jobs = server.tenants[0].job_ids[:2]
    done = run("set", *jobs, "nope", "--ddl-trans", "--output", "json", "--verbose")
    assert done.code == exits.BROKEN
    states = [(row["number"], row["job_id"], row["state"]) for row in json.loads(done.out)]
    assert states == [(1, jobs[0], "succeeded"), (2, jobs[1], "succeeded"), (3, "nope", "failed")]
    assert done.err.count("> POST http") == 1


def test_verbose_shows_requests_and_quiet_only_what_failed(
    run: Run, server: sandbox.Running
) -> None:
    """Neither a token nor a body is shown, and both at once are a usage error."""
    job, token = server.tenants[0].job_ids[0], server.tenants[0].token
    loud = run("set", job, "--ddl-trans", "-v")
    assert "> POST http" in loud.err
    assert "< 200 after" in loud.err
    assert token not in loud.err
    assert (done := run("set", job, "--ddl-trans", "-q")).code == exits.DONE
    assert (done.out, done.err) == ("", "")
    failed = run("set", job, "nope", "--ddl-trans", "--quiet")
    assert (failed.code, failed.err) == (exits.BROKEN, "")
    assert [line.split()[:3] for line in failed.out.splitlines()[1:]] == [["2", "nope", "failed"]]
    assert run("set", job, "--ddl-trans", "-v", "-q").code == exits.WRONG_USE


def test_a_retry_is_shown_and_the_timeout_ends_them(run: Run) -> None:
    """The request with all its retries takes no longer than it may."""
    with silent() as url:
        done = run("set", "j", "--ddl-trans", "--timeout", "0.3", "--verbose", DRS_URL=url)
    assert done.code == exits.UNREACHABLE
    assert "`total` timeout" in done.err
    assert run("set", "j", "--ddl-trans", "--timeout", "0").code == exits.WRONG_USE
    nobody = run("set", "j", "--ddl-trans", "--timeout", "2", "-v", DRS_URL="http://127.0.0.1:9")
    assert nobody.code == exits.UNREACHABLE
    assert "  retry in " in nobody.err


def test_a_rejection_has_one_line_of_what_to_do(run: Run) -> None:
    """`explain` has the rest."""
    done = run("set", "j", "--ddl-trans", DRS_TOKEN="wrong")
    assert done.code == exits.NOT_ALLOWED
    assert "What to do: drs-sync-policy explain APIGW.0301" in done.err
    assert "Send a token from IAM" not in done.err
