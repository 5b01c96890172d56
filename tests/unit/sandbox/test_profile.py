"""The target profile that a sandbox hands to the fuzzer."""

from __future__ import annotations

import tomllib

from drs_sync_policy.sandbox import target_profile, to_toml
from drs_sync_policy.sandbox.seed import FIRST, SECOND


def test_the_profile_is_toml() -> None:
    """What is written is what is read."""
    profile = target_profile("http://127.0.0.1:1", max_body_bytes=7)
    assert tomllib.loads(to_toml(profile)) == profile
    assert profile["target"]["max_body_bytes"] == 7
    assert profile["target"]["job_ids"] == list(FIRST.job_ids)
    assert profile["other_tenant"]["project_id"] == SECOND.project_id
    assert profile["readback"]["policy_pointer"] == "/policy"


def test_without_control_there_is_no_read_back() -> None:
    """A sandbox without control routes cannot be read back."""
    assert "readback" not in target_profile("http://127.0.0.1:1", control=False)


def test_the_tenants_have_what_the_fuzzer_needs() -> None:
    """Each tenant has four own jobs, a blocked one, and ids in the vendor's shape."""
    for tenant in (FIRST, SECOND):
        assert len(tenant.job_ids) >= 4
        assert tenant.blocked_job_ids
        assert len(tenant.project_id) == 32
        assert all(len(job) == 36 and "jb" in job[-5:] for job in tenant.states)
    assert not set(FIRST.states) & set(SECOND.states)


def test_secrets_are_not_shown() -> None:
    """The representation of a tenant has no token, password or key in it."""
    shown = repr(FIRST)
    for secret in (FIRST.token, FIRST.expired_token, FIRST.secret_key, FIRST.password):
        assert secret not in shown
