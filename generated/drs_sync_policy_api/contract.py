"""What the client needs to know of the contract."""

from typing import Final

SERVERS: Final = (
    "https://drs.eu-de.otc.t-systems.com",
    "https://drs.eu-nl.otc.t-systems.com",
    "http://127.0.0.1:8080",
)
"""The servers that the contract names."""

AUTH_HEADER: Final = "X-Auth-Token"
"""The header that carries the token."""

USER_AGENT: Final = "drs-sync-policy/0.1.0 (contract 1.0.0)"
"""The header `User-Agent`, with the version of this client and of the contract."""
