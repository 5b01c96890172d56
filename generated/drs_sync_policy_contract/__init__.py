"""The contract as data; see `openapi.yaml`."""

from typing import Final

VERSION: Final = "1.0.0"
"""`info.version` of every edition."""

SHA256: Final = {
    "base": "cc5626d7d06b47bc466ac15d0bfd69291ec430816525387b03a572f8b94a8764",
    "huawei-cloud": "c7807ab3e074fdf9bf8641884ebd1156dc97c822b4a148231dc51addf517935b",
}
"""The hash of each edition, as `drs_sync_policy.contract.Contract.sha256` computes it."""
