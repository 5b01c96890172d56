"""The two demo tenants that a sandbox starts with: credentials, projects and jobs."""

# ruff: noqa: S106 - tokens and keys of made-up tenants, not secrets
from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from drs_sync_policy.sandbox.states import ALLOWED_STATES


@frozen
class Tenant:
    """One project, its credentials, and its jobs with their states.

    Every secret is invented and is valid in a sandbox only.
    """

    name: str
    project_id: str
    token: str = field(repr=False)
    expired_token: str = field(repr=False)
    access_key: str
    secret_key: str = field(repr=False)
    domain: str
    user: str
    password: str = field(repr=False)
    states: Mapping[str, str]

    @property
    def project(self) -> str:
        """The name of the project, as IAM knows it."""
        return f"eu-de_{self.name}"

    @property
    def job_ids(self) -> tuple[str, ...]:
        """The jobs whose state accepts a policy."""
        return tuple(job for job, state in self.states.items() if state in ALLOWED_STATES)

    @property
    def blocked_job_ids(self) -> tuple[str, ...]:
        """The jobs whose state does not accept a policy."""
        return tuple(job for job, state in self.states.items() if state not in ALLOWED_STATES)


FIRST: Final = Tenant(
    name="tenant-one",
    project_id="054ba152d480d55b2f5dc0069e7ddef0",
    token="sandbox-One-token-d41f9b27c06e4a83",
    expired_token="sandbox-One-expired-7c20e5a9b1f84d36",
    access_key="SANDBOXONEACCESSKEY1",
    secret_key="sandbox-one-secret-key-5f0c9d2e7a4b",
    domain="sandbox",
    user="one",
    password="sandbox-one-password",
    states={
        "19557d51-1ee6-4507-97a6-8f69164jb201": "CONFIGURATION",
        "2c0f7a86-93d1-4b6e-8f25-d04e71b9jb11": "CONFIGURATION",
        "7be41c09-5a28-4f73-b1d6-3e90c85fjb15": "CONFIGURATION",
        "a63d9f52-0e74-4c18-95bb-61f2d83ajb21": "CONFIGURATION",
        "d5180e6b-c7f9-4a32-8e04-9b7c2f1jb502": "CONFIGURATION",
        "e92b47d3-6f15-4d80-a3c9-0c58e7b4jb11": "INCRE_TRANSFER_STARTED",
        "f407c1a8-2b9e-4e67-bd12-85a3096djb21": "FULL_TRANSFER_STARTED",
    },
)
SECOND: Final = Tenant(
    name="tenant-two",
    project_id="b7c3e98f10d2465aa8e4f1c0297d5b36",
    token="sandbox-Two-token-83e6c05b9f1d472a",
    expired_token="sandbox-Two-expired-1a9d4e7f60b8c253",
    access_key="SANDBOXTWOACCESSKEY2",
    secret_key="sandbox-two-secret-key-b83e61d70c9f",
    domain="sandbox",
    user="two",
    password="sandbox-two-password",
    states={
        "0d72b5e4-8c31-4f90-a6e7-42f1b09cjb11": "CONFIGURATION",
        "31e8f6a7-d04b-4c59-92f3-b75d80e1jb15": "CONFIGURATION",
        "58c9a0d2-17fe-4b64-8d3a-e06f92c7jb21": "CONFIGURATION",
        "94f13b7d-a5c2-4e08-b7f9-1d8e0a6jb201": "CONFIGURATION",
        "c6a70e91-3d58-4f2b-80c4-7f95b2e3jb11": "STARTJOBING",
    },
)

TENANTS: Final = (FIRST, SECOND)
"""Both tenants; the first owns the project and the job of the contract's examples."""
