"""The contract as data; see `openapi.yaml`."""

from typing import Final

VERSION: Final = "1.0.0"
"""`info.version` of every edition."""

SHA256: Final = {
    "base": "c27e9d3c095781ff027bad6d69b094b7e778973453adc940931f4bb84b7a714d",
    "huawei-cloud": "6d5650ec8c3f3215f0a1678638ef102337a9fd9ebcc0c4dfd5b43a6b5cb63b57",
}
"""The hash of each edition, as `drs_sync_policy.contract.Contract.sha256` computes it."""
