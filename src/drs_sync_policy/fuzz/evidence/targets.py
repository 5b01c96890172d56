"""The target of a run as its report has it: the profile, with names where the secrets were.

A reader who has no secret makes a target of it whose secrets are stand-ins of the same length. Then
requests can be decoded, grouped and shown again, and each stand-in is replaced by its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from drs_sync_policy.fuzz.target import profile
from drs_sync_policy.fuzz.target.profile import Target, Tenant

Json = Mapping[str, Any]
_LETTERS: Final = "aZ-bY_cX.dW:eV fU0gT1hS2iR3jQ4"


def described(target: Target) -> dict[str, Any]:
    """The parts of the profile that reports need, and the length of each secret."""
    names = {value: name.removeprefix("$") for value, name in target.secrets}
    table = {"url": target.url, **_tenant(target.tenant, names)}
    if target.expired_token:
        table["expired_token_env"] = names[target.expired_token]
    if target.headers:
        table["headers"] = {name: names[value] for name, value in target.headers.items() if value}
    optional = {
        "blocked_job_ids": list(target.blocked_job_ids),
        "max_body_bytes": target.max_body_bytes,
        "operations": list(target.operations),
    }
    table |= {name: value for name, value in optional.items() if value}
    document: dict[str, Any] = {"target": table}
    if target.other:
        document["other_tenant"] = _tenant(target.other, names)
    if target.readback:
        readback = target.readback
        document["readback"] = {
            "method": readback.method,
            "path": readback.path,
            "policy_pointer": readback.policy_pointer,
        }
    lengths = {name: len(value) for value, name in names.items()}
    return {"document": document, "secrets": lengths}


def without_secrets(entry: Json) -> Target:
    """The target that `described` wrote, with stand-ins for its secrets."""
    secrets = {name: _stand_in(name, length) for name, length in entry["secrets"].items()}
    document = dict(entry["document"])
    table = dict(document["target"])
    headers = table.get("headers", {})
    if headers:
        table["headers"] = {name: secrets[variable] for name, variable in headers.items()}
    return profile.parse({**document, "target": table}, origin="of a report", environment=secrets)


def _tenant(tenant: Tenant, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "token_env": names[tenant.token],
        "project_id": tenant.project_id,
        "job_ids": list(tenant.job_ids),
    }


def _stand_in(name: str, length: int) -> str:
    """A text that no message contains, with all that a form of a secret may change."""
    seed = name.encode()
    digits = ""
    while len(digits) < length:
        seed = hashlib.sha256(seed).digest()
        digits += "".join(_LETTERS[byte % len(_LETTERS)] for byte in seed)
    return digits[:length].strip().ljust(length, "x")
