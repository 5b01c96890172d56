"""The target profile: a public format; all errors of a profile are reported at once."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from drs_sync_policy import contract
from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.profile import ProfileError
from drs_sync_policy.fuzz.target.real_service import require_permission

LEAST: dict[str, Any] = {
    "target": {
        "url": "http://127.0.0.1:8080/",
        "token": "secret-token",
        "project_id": "p",
        "job_ids": ["a"],
    }
}


def _problems(document: dict[str, Any], **options: Any) -> tuple[str, ...]:
    with pytest.raises(ProfileError) as caught:
        profile.parse(document, environment={}, **options)
    return caught.value.problems


def test_the_least_profile_has_url_token_project_and_jobs() -> None:
    """Everything else is optional and has a default."""
    target = profile.parse(LEAST)
    assert (target.url, target.tenant.token) == ("http://127.0.0.1:8080", "secret-token")
    assert (target.other, target.readback, target.waivers) == (None, None, ())


def test_a_file_with_every_part_is_read(tmp_path: Path) -> None:
    """The documented example, all tables and keys, gives the values that it shows."""
    path = tmp_path / "target.toml"
    path.write_text(
        """
[target]
url = "https://drs.example"
token = "t1"
project_id = "p1"
job_ids = ["a", "b"]
blocked_job_ids = ["c"]
expired_token = "old"
max_body_bytes = 12582912
verify = false
headers = {X-Gateway = "g"}
max_rps = 20
require = ["count-equals-results"]
allow_real_service = true
start = "node server.js"
ready = ["sh", "-c", "true"]
reset = "true"

[other_tenant]
token = "t2"
project_id = "p2"
job_ids = ["d"]

[readback]
method = "GET"
path = "/v3/{project_id}/jobs/{job_id}/sync-policy"
policy_pointer = "/policy"

[[waivers]]
rule = "count-equals-results"
reason = "fixed in the next release"
expires = 2027-01-31
""",
        encoding="utf-8",
    )
    target = profile.load(path, against=contract.load())
    assert target.start == ("node", "server.js")
    assert target.ready == ("sh", "-c", "true")
    assert (target.require, target.allow_real_service) == (("count-equals-results",), True)
    assert target.other is not None
    assert target.other.job_ids == ("d",)
    assert target.readback is not None
    assert target.waivers[0].expires == datetime.date(2027, 1, 31)


def test_a_token_may_come_from_the_environment() -> None:
    """`token_env` names the variable, and the file holds no secret."""
    document = {"target": {**LEAST["target"], "token_env": "T"}}
    del document["target"]["token"]
    assert profile.parse(document, environment={"T": "from-env"}).tenant.token == "from-env"
    assert any("`T`, which is not set" in problem for problem in _problems(document))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"tokn": "x"}, "did you mean `token`?"),
        ({"url": "127.0.0.1"}, "`target.url`"),
        ({"job_ids": []}, "`target.job_ids`"),
        ({"job_ids": "a"}, "`target.job_ids`"),
        ({"max_rps": 0}, "`target.max_rps`"),
        ({"token_env": "T"}, "both `token` and `token_env`"),
        ({"require": ["count-equal-results"]}, "did you mean `count-equals-results`?"),
        ({"operations": ["showJobsList"]}, "did you mean `showJobList`?"),
        ({"operations": ["batchSetPolicy"]}, "`target.operations[0]` is not an optional operation"),
        ({"allow_real_service": 1}, "`target.allow_real_service`"),
        ({"verify": "/nowhere.pem"}, "`target.verify`"),
    ],
)
def test_an_error_is_reported_with_its_place(change: dict[str, Any], named: str) -> None:
    """The dotted name of the entry, and the nearest valid name."""
    problems = _problems({"target": {**LEAST["target"], **change}}, against=contract.load())
    assert any(named in problem for problem in problems)


@pytest.mark.parametrize(
    ("readback", "named"),
    [
        ({"path": "/read", "body": {"jobs": ["x"]}}, "`{job_id}`"),
        ({"method": "POST", "body": {"jobs": ["{job_id}"]}}, "`path`"),
        ({"path": "/{job_id}", "fields": {}}, "`readback.fields`"),
        ({"path": "/{job_id}", "fields": {"x": "y"}}, "`readback.fields.x`"),
        ({"path": "/{job_id}", "absent": [[]]}, "`readback.absent[0]`"),
    ],
)
def test_an_error_of_a_readback_is_reported_with_its_place(
    readback: dict[str, Any], named: str
) -> None:
    """The job has to be in the path or in the body."""
    assert any(named in problem for problem in _problems({**LEAST, "readback": readback}))


def test_every_error_is_reported_at_once() -> None:
    """Nobody has to run it once for each error."""
    problems = _problems({"target": {"url": 1}, "radback": {}}, against=contract.load())
    assert len(problems) >= 5


def test_a_waiver_names_a_rule_of_the_contract() -> None:
    """A waiver for a rule that does not exist would never apply."""
    waiver = {"rule": "count-equal-results", "reason": "x", "expires": "2027-01-31"}
    problems = _problems({**LEAST, "waivers": [waiver]}, against=contract.load())
    assert any("did you mean `count-equals-results`?" in problem for problem in problems)


def test_no_message_and_no_repr_holds_a_token() -> None:
    """A token of the wrong type is not quoted, a target's representation shows none."""
    problems = _problems({"target": {**LEAST["target"], "token": ["secret-token"]}})
    assert not any("secret-token" in problem for problem in problems)
    assert "secret-token" not in repr(profile.parse(LEAST))


def test_the_shipped_schema_is_a_schema_and_knows_every_field() -> None:
    """Editors may validate a profile with the schema: it accepts what the loader accepts."""
    import jsonschema_rs

    jsonschema_rs.meta.validate(profile.schema())
    jsonschema_rs.validate(profile.schema(), LEAST)


def test_each_secret_has_the_variable_that_the_profile_names() -> None:
    """One that it does not name has one of ours, and no two share one."""
    tenants = {"project_id": "p", "job_ids": ["a"], "token_env": "DRS_OTHER_TOKEN"}
    other = {"project_id": "q", "job_ids": ["b"], "token": "two"}
    document = {"target": {"url": "http://127.0.0.1:9", **tenants}, "other_tenant": other}
    target = profile.parse(document, environment={"DRS_OTHER_TOKEN": "one"})
    assert dict(target.secrets)["one"] == "$DRS_OTHER_TOKEN"
    assert dict(target.secrets)["two"] != "$DRS_OTHER_TOKEN"
    assert list(target.variables) == [name.removeprefix("$") for _, name in target.secrets]


@pytest.mark.parametrize(
    ("host", "real"),
    [
        ("drs.eu-de.otc.t-systems.com", True),
        ("DRS.eu-de.otc.t-systems.com.:443", True),
        ("drs.cn-north-99.myhuaweicloud.com", True),
        ("drs.eu-de.otc.t-systems.com.example", False),
        ("drs.eu.de.myhuaweicloud.com", False),
        ("127.0.0.1:8080", False),
        ("localhost", False),
    ],
)
def test_a_real_service_needs_permission(host: str, real: bool) -> None:
    """The hosts in the `servers` of every edition, but not this machine."""
    document = {"target": {**LEAST["target"], "url": f"https://{host}/gateway"}}
    require_permission(
        profile.parse({"target": {**document["target"], "allow_real_service": True}})
    )
    if not real:
        require_permission(profile.parse(document))
        return
    with pytest.raises(ProfileError, match="allow_real_service = true"):
        require_permission(profile.parse(document))
