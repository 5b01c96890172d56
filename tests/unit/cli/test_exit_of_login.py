"""The exit code of a login that failed is that of its reason."""

from __future__ import annotations

import pytest

from drs_sync_policy import (
    ConnectFailedError,
    InternalServerError,
    LoginError,
    OutsideContractError,
    RefusedError,
    ResponseInfo,
    UnauthorizedError,
    UnreachableError,
)
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.connection import exit_code


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (ConnectFailedError("no connection"), exits.UNREACHABLE),
        (UnauthorizedError(response=ResponseInfo(401, {}, b"")), exits.NOT_ALLOWED),
        (InternalServerError(response=ResponseInfo(500, {}, b"")), exits.NOT_ALLOWED),
        (OutsideContractError("no token", response=ResponseInfo(200, {}, b"")), 4),
    ],
    ids=["no-connection", "rejected", "failed", "no-token"],
)
def test_a_failed_login_exits_as_its_reason(
    reason: UnreachableError | RefusedError | OutsideContractError, code: int
) -> None:
    """IAM away is 5, a rejected login 3, a response outside the contract 4."""
    assert exit_code(LoginError("iam.example", reason)) == code
