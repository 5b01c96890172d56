"""The contract as data; see `openapi.yaml`."""

from typing import Final

VERSION: Final = "1.0.0"
"""`info.version` of every edition."""

SHA256: Final = {
    "base": "fd9c1c625794ae1edd48d490cd2be35d027991345a90f0773c78f7c2dce6e8c9",
    "huawei-cloud": "3bd834c712901b4ec1576290b2a1187bcaf6eaf06cbfe99b3c0f96bd788018a8",
}
"""The hash of each edition, as `drs_sync_policy.contract.Contract.sha256` computes it."""
