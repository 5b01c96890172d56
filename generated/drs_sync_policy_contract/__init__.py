"""The contract as data; see `openapi.yaml`."""

from typing import Final

VERSION: Final = "1.0.0"
"""`info.version` of every edition."""

SHA256: Final = {
    "base": "476226b0e12888082404eeaf30b9ef905fbebcb4a45695ff92f56d9e51315b0f",
    "huawei-cloud": "a5898c3c0e8828da0c5caf21ddc4b7289f6e5729aac2d8132dbb5201e8c39673",
}
"""The hash of each edition, as `drs_sync_policy.contract.Contract.sha256` computes it."""
