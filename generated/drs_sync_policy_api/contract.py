"""What the client needs to know of the contract."""

from typing import Final

SERVERS: Final = (
    "https://drs.eu-de.otc.t-systems.com",
    "https://drs.eu-nl.otc.t-systems.com",
    "http://127.0.0.1:8080",
)
"""The servers that the contract names."""

EDITIONS: Final[dict[str, tuple[str, ...]]] = {
    "base": (
        "https://drs.eu-de.otc.t-systems.com",
        "https://drs.eu-nl.otc.t-systems.com",
        "http://127.0.0.1:8080",
    ),
    "huawei-cloud": (
        "http://127.0.0.1:8080",
        "https://drs.af-north-1.myhuaweicloud.com",
        "https://drs.af-south-1.myhuaweicloud.com",
        "https://drs.ae-ad-1.myhuaweicloud.com",
        "https://drs.ap-southeast-1.myhuaweicloud.com",
        "https://drs.ap-southeast-2.myhuaweicloud.com",
        "https://drs.ap-southeast-3.myhuaweicloud.com",
        "https://drs.ap-southeast-4.myhuaweicloud.com",
        "https://drs.ap-southeast-5.myhuaweicloud.com",
        "https://drs.cn-east-2.myhuaweicloud.com",
        "https://drs.cn-east-3.myhuaweicloud.com",
        "https://drs.cn-east-4.myhuaweicloud.com",
        "https://drs.cn-east-5.myhuaweicloud.com",
        "https://drs.cn-north-1.myhuaweicloud.com",
        "https://drs.cn-north-2.myhuaweicloud.com",
        "https://drs.cn-north-4.myhuaweicloud.com",
        "https://drs.cn-north-9.myhuaweicloud.com",
        "https://drs.cn-north-11.myhuaweicloud.com",
        "https://drs.cn-north-12.myhuaweicloud.com",
        "https://drs.cn-south-1.myhuaweicloud.com",
        "https://drs.cn-south-2.myhuaweicloud.com",
        "https://drs.cn-south-4.myhuaweicloud.com",
        "https://drs.cn-southwest-2.myhuaweicloud.com",
        "https://drs.cn-southwest-3.myhuaweicloud.com",
        "https://drs.eu-west-0.myhuaweicloud.com",
        "https://drs.la-north-2.myhuaweicloud.com",
        "https://drs.la-south-2.myhuaweicloud.com",
        "https://drs.me-east-1.myhuaweicloud.com",
        "https://drs.my-kualalumpur-1.myhuaweicloud.com",
        "https://drs.na-mexico-1.myhuaweicloud.com",
        "https://drs.ru-moscow-1.myhuaweicloud.com",
        "https://drs.ru-northwest-2.myhuaweicloud.com",
        "https://drs.sa-brazil-1.myhuaweicloud.com",
        "https://drs.tr-west-1.myhuaweicloud.com",
        "https://drs.eu-west-101.myhuaweicloud.eu",
    ),
}
"""The editions of the contract, the base first, each with its servers."""

AUTH_HEADER: Final = "X-Auth-Token"
"""The header that carries the token."""

USER_AGENT: Final = "drs-sync-policy/0.1.0 (contract 1.0.0)"
"""The header `User-Agent`, with the version of this client and of the contract."""
