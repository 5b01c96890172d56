"""The contract as data; see `openapi.yaml`."""

from typing import Final

VERSION: Final = "1.0.0"
"""`info.version` of every edition."""

SHA256: Final = {
    "base": "e1e1d8b92f5c06ebdcfadd41606fda5f3f34f84914f3ccdc2995707603ff6941",
    "huawei-cloud": "c2f861c64c515be917bb08256ef5b26fb3984deb72c2a54317b531d2731469fa",
}
"""The hash of each edition, as `drs_sync_policy.contract.Contract.sha256` computes it."""
