"""The target profile of a sandbox: what `drs-sync-policy fuzz --target FILE` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from drs_sync_policy.contract import load
from drs_sync_policy.sandbox.control import READ_BACK
from drs_sync_policy.sandbox.seed import TENANTS, Tenant


def target_profile(
    url: str,
    *,
    tenants: Sequence[Tenant] = TENANTS,
    max_body_bytes: int | None = None,
    control: bool = True,
) -> dict[str, dict[str, Any]]:
    """The profile of a sandbox at `url`: it tests the first tenant; the second is the other.

    Without control routes there is no read-back, and stored state cannot be checked.
    """
    first = tenants[0]
    target: dict[str, Any] = {
        "url": url,
        "token": first.token,
        "project_id": first.project_id,
        "job_ids": list(first.job_ids),
        "blocked_job_ids": list(first.blocked_job_ids),
        "expired_token": first.expired_token,
        "operations": [entry.id for entry in load().operations if entry.optional],
    }
    if max_body_bytes is not None:
        target["max_body_bytes"] = max_body_bytes
    profile: dict[str, dict[str, Any]] = {"target": target}
    if len(tenants) > 1:
        other = tenants[1]
        profile["other_tenant"] = {
            "token": other.token,
            "project_id": other.project_id,
            "job_ids": list(other.job_ids),
        }
    if control:
        profile["readback"] = {"method": "GET", "path": READ_BACK, "policy_pointer": "/policy"}
    return profile


def to_toml(profile: Mapping[str, Mapping[str, Any]]) -> str:
    """The profile as the text of a TOML file."""
    return "\n".join(
        f"[{table}]\n" + "".join(f"{key} = {_value(value)}\n" for key, value in entries.items())
        for table, entries in profile.items()
    )


def _value(value: Any) -> str:
    # JSON's strings, numbers, booleans and lists of them are valid TOML, too.
    return json.dumps(value, ensure_ascii=False)
