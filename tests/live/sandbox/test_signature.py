"""AK/SK instead of a token: the scheme as the vendor's documents describe it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drs_sync_policy.sandbox.seed import FIRST, SECOND

from .conftest import Caller

BODY = json.dumps({"jobs": [{"job_id": FIRST.job_ids[0]}]}).encode()
PATH = f"/v3/{FIRST.project_id}/jobs/batch-sync-policy"


def signed(
    body: bytes = BODY,
    *,
    path: str = PATH,
    method: str = "POST",
    query: str = "",
    access_key: str = FIRST.access_key,
    secret_key: str = FIRST.secret_key,
    off: timedelta = timedelta(),
    payload: str = "",
    **headers: str,
) -> dict[str, str | None]:
    """The headers of a signed request: a second implementation, from the vendor's documents."""
    date = (datetime.now(UTC) + off).strftime("%Y%m%dT%H%M%SZ")
    to_sign = {"X-Sdk-Date": date, **{name.replace("_", "-"): headers[name] for name in headers}}
    names = sorted(name.lower() for name in to_sign)
    lines = {name.lower(): value for name, value in to_sign.items()}
    canonical = "\n".join(
        (
            method,
            f"{path}/",
            query,
            *(f"{name}:{lines[name].strip()}" for name in names),
            "",
            ";".join(names),
            payload or hashlib.sha256(body).hexdigest(),
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"SDK-HMAC-SHA256\n{date}\n{digest}"
    made = hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    authorization = (
        f"SDK-HMAC-SHA256 Access={access_key}, SignedHeaders={';'.join(names)}, Signature={made}"
    )
    sent: dict[str, str | None] = {"X_Auth_Token": None, "Authorization": authorization}
    return {**sent, **{name.replace("-", "_"): value for name, value in to_sign.items()}}


def status(first: Caller, headers: dict[str, str | None], body: bytes = BODY, **how: Any) -> int:
    asked = {"method": "POST", "path": None, **how}
    return first.send(body, method=asked["method"], path=asked["path"], **headers).status_code


def test_a_signed_call_is_carried_out(first: Caller) -> None:
    """A signature over nothing but the date, as little as it takes, opens the key's project."""
    assert status(first, signed()) == 200


def test_signed_headers_are_the_callers_choice(first: Caller) -> None:
    """Whatever headers were signed are checked, and no other."""
    headers = signed(Content_Type="application/json", X_Language="zh-cn", User_Agent="x  y")
    assert status(first, headers) == 200
    assert status(first, {**headers, "X_Project_Id": "unsigned"}) == 200
    assert status(first, {**headers, "X_Language": "en-us"}) == 401


def test_the_query_is_signed(first: Caller) -> None:
    """The query is part of what is signed, sorted and encoded."""
    headers = signed(query="a=%20&b=2&b=3")
    assert status(first, headers, path=f"{PATH}?b=3&a=+&b=2") == 200
    assert status(first, headers, path=f"{PATH}?b=3&a=+") == 401


def test_a_changed_body_is_refused(first: Caller) -> None:
    """The body is part of what is signed."""
    assert status(first, signed(), BODY + b" ") == 401


def test_an_unsigned_payload_must_be_said_in_a_signed_header(first: Caller) -> None:
    """`UNSIGNED-PAYLOAD` counts where its header is signed."""
    headers = signed(payload="UNSIGNED-PAYLOAD", X_Sdk_Content_Sha256="UNSIGNED-PAYLOAD")
    assert status(first, headers, BODY + b" ") == 200
    unsaid = {**signed(payload="UNSIGNED-PAYLOAD"), "X_Sdk_Content_Sha256": "UNSIGNED-PAYLOAD"}
    assert status(first, unsaid) == 401


@pytest.mark.parametrize("minutes", [-14, 14])
def test_clocks_may_differ_a_little(first: Caller, minutes: int) -> None:
    """A date less than 15 minutes off is good."""
    assert status(first, signed(off=timedelta(minutes=minutes))) == 200


@pytest.mark.parametrize("minutes", [-16, 16, 60 * 24 * 365])
def test_clocks_may_not_differ_more(first: Caller, minutes: int) -> None:
    """A date more than 15 minutes off is rejected."""
    assert status(first, signed(off=timedelta(minutes=minutes))) == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"access_key": "NOBODYSKEY"},
        {"access_key": SECOND.access_key},
        {"secret_key": "wrong"},
        {"secret_key": SECOND.secret_key},
        {"method": "PUT"},
        {"path": PATH + "x"},
    ],
)
def test_a_wrong_signature_gets_401(first: Caller, changes: dict[str, str]) -> None:
    """Another key, another secret, another request than the one that was signed: 401."""
    # The changes are of several types.
    assert status(first, signed(**changes)) == 401  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "authorization",
    [
        "SDK-HMAC-SHA256",
        "SDK-HMAC-SHA256 Access=, SignedHeaders=, Signature=",
        "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=zz",
        f"SDK-HMAC-SHA256 Access={FIRST.access_key}, SignedHeaders=host, Signature={'0' * 64}",
        f"SDK-HMAC-SHA256 Access={FIRST.access_key}, SignedHeaders=x-gone, Signature={'0' * 64}",
        f"SDK-HMAC-SHA256 Access=\xff, SignedHeaders=x-sdk-date, Signature={'0' * 64}",
        f"V11-HMAC-SHA256 Credential={FIRST.access_key}",
        "Bearer x",
    ],
)
def test_a_malformed_signature_gets_401(first: Caller, authorization: str) -> None:
    """Without a signature of this scheme, credentials are missing or wrong."""
    headers = {
        b"Authorization": authorization.encode("latin-1"),
        b"X-Sdk-Date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ").encode(),
        b"Content-Type": b"application/json",
    }
    assert first.http.post(PATH, content=BODY, headers=headers).status_code == 401


def test_a_key_opens_its_own_project_only(first: Caller) -> None:
    """A good signature on a project that is not the key's gets 403."""
    path = f"/v3/{SECOND.project_id}/jobs/batch-sync-policy"
    assert status(first, signed(path=path), path=path) == 403


def test_a_token_is_looked_at_first(first: Caller) -> None:
    """With a token that is wrong, a good signature does not help."""
    assert status(first, {**signed(), "X_Auth_Token": "wrong"}) == 401
    assert status(first, {**signed(), "X_Auth_Token": ""}) == 401


def test_signatures_can_be_switched_off(serve: Callable[..., Caller]) -> None:
    """With `aksk=False` a signed request is one without a token."""
    assert status(serve(aksk=False), signed()) == 401


def test_the_projects_are_listed_to_a_signed_call(first: Caller) -> None:
    """The SDKs ask IAM for the project of a key; the response names it."""
    path = "/v3/projects"
    headers = {
        name.replace("_", "-"): value
        for name, value in signed(b"", path=path, method="GET").items()
        if value is not None
    }
    response = first.http.get(path, headers=headers)
    assert [project["id"] for project in response.json()["projects"]] == [FIRST.project_id]
    assert first.http.get(path).status_code == 401
