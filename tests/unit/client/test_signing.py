"""The AK/SK signature, against one that the vendor's own SDK made."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from drs_sync_policy.client.credentials import signing

PROJECT = "054ba152d480d55b2f5dc0069e7ddef0"
HEADERS = {
    "Content-Type": "application/json",
    "X-Project-Id": PROJECT,
    "X-Language": "en-us",
    "X-Sdk-Date": "20260131T235959Z",
    "Host": "drs.eu-de.otc.t-systems.com",
}
BODY = b'{"jobs":[{"job_id":"a"}]}'
# Made by huaweicloudsdkcore 3.1.219, `Signer.sign`, from the same request.
BY_THE_VENDOR = (
    "SDK-HMAC-SHA256 Access=AKEXAMPLE,"
    " SignedHeaders=content-type;host;x-language;x-project-id;x-sdk-date,"
    " Signature=0f8752fdd53c6a46c9d5d4256057c349cc04d295a0480cad459ae26e049f63b5"
)


def sign(headers: dict[str, str], body: bytes = BODY, secret_key: str = "SKEXAMPLEsecret") -> str:
    return signing.authorization(
        "AKEXAMPLE",
        secret_key,
        method="post",
        path=f"/v3/{PROJECT}/jobs/batch-sync-policy",
        headers=headers,
        body=body,
    )


def test_the_signature_is_the_vendors() -> None:
    """The same request gets the signature that the official SDK gives it."""
    assert sign(HEADERS) == BY_THE_VENDOR


def test_the_order_and_case_of_headers_do_not_matter() -> None:
    """Headers are sorted and lowered, and their values trimmed, before they are signed."""
    shuffled = {name.upper(): f" {value} " for name, value in reversed(HEADERS.items())}
    shuffled["X-SDK-DATE"] = HEADERS["X-Sdk-Date"]
    assert sign(shuffled) == BY_THE_VENDOR


@pytest.mark.parametrize("changed", [*HEADERS, "body", "key"])
def test_a_change_of_anything_signed_changes_the_signature(changed: str) -> None:
    """Body, key and each header count."""
    headers = {k: v + "x" if k == changed else v for k, v in HEADERS.items()}
    body = BODY + b" " if changed == "body" else BODY
    key = "another" if changed == "key" else "SKEXAMPLEsecret"
    assert sign(headers, body, key) != BY_THE_VENDOR


def test_headers_with_an_underscore_are_not_signed() -> None:
    """The vendor leaves out names with an underscore, which servers may drop."""
    assert sign({**HEADERS, "X-Odd_Name": "1"}) == BY_THE_VENDOR


def test_the_canonical_form_has_the_vendors_traps() -> None:
    """The path ends in a slash, segments are quoted once, an empty line follows the headers."""
    text, names = signing.canonical_request(
        "POST", "/v3/a%20b/~x", "b=2&a=1&c", {"Host": "h", "X-Sdk-Date": "d"}, b""
    )
    hashed = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert text == (
        "POST\n/v3/a%20b/~x/\na=1&b=2&c=\nhost:h\nx-sdk-date:d\n\nhost;x-sdk-date\n" + hashed
    )
    assert names == "host;x-sdk-date"


def test_the_date_is_in_the_vendors_form() -> None:
    """`X-Sdk-Date` is basic ISO 8601 in UTC."""
    assert signing.sdk_date(datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)) == "20260131T235959Z"
