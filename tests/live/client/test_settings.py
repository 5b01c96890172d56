"""Server, project and credentials from arguments, the environment and a profile, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from drs_sync_policy import AkSkAuth, PasswordAuth, SyncPolicyClient, TokenAuth, WrongUseError
from drs_sync_policy.client.settings import VARIABLES, Settings

PROFILES = """
[default]
region = "eu-de"
project_id = "from-default"
token = "default-token"

[nl]
region = "eu-nl"
project_id = "from-nl"
access_key = "AK"
secret_key = "SK-secret"
language = "zh-cn"

[broken]
tokn = "x"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A profile file that only its owner can read."""
    return written(tmp_path, PROFILES)


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    """A file of profiles, by default as private as it has to be with a secret in it."""
    path = folder / "profiles.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def load(
    file: Path, environment: Mapping[str, str] | None = None, profile: str | None = None
) -> Settings:
    return Settings.load(profile=profile, environment=environment or {}, file=file)


def test_the_default_profile_is_used_where_nothing_is_said(file: Path) -> None:
    """Without a profile's name, `default` counts, if the file has one."""
    settings = load(file)
    assert (settings.region, settings.project_id) == ("eu-de", "from-default")
    assert isinstance(settings.auth, TokenAuth)


@pytest.mark.parametrize("by_environment", [True, False])
def test_a_profile_is_chosen_by_name(file: Path, by_environment: bool) -> None:
    """The argument names a profile, or else `DRS_PROFILE` does."""
    if by_environment:
        settings = load(file, {"DRS_PROFILE": "nl"})
    else:
        settings = load(file, {"DRS_PROFILE": "default"}, "nl")
    assert (settings.region, settings.project_id) == ("eu-nl", "from-nl")
    assert settings.language == "zh-cn"
    assert isinstance(settings.auth, AkSkAuth)


def test_the_environment_wins_over_the_profile(file: Path) -> None:
    """Credentials of the environment replace all of the profile's, and so does the server."""
    settings = load(
        file,
        {
            "DRS_URL": "http://127.0.0.1:8080",
            "DRS_USERNAME": "u",
            "DRS_PASSWORD": "the-password",
            "DRS_DOMAIN": "d",
        },
        "nl",
    )
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.region is None
    assert settings.project_id == "from-nl"
    assert isinstance(settings.auth, PasswordAuth)
    assert "SK-secret" not in repr(load(file, profile="nl"))
    assert "the-password" not in repr(settings)


def test_arguments_win_over_all(file: Path) -> None:
    """What is given as an argument replaces what was found."""
    mine = TokenAuth("t")
    arguments = load(file).arguments(base_url="http://x", project_id="mine", auth=mine)
    assert arguments["base_url"] == "http://x"
    assert "region" not in arguments
    assert arguments["project_id"] == "mine"
    assert arguments["auth"] is mine


def test_a_client_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`from_environment` needs nothing but variables."""
    for name in (*VARIABLES.values(), "DRS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DRS_PROFILES", str(tmp_path / "none.toml"))
    monkeypatch.setenv("DRS_URL", "http://127.0.0.1:8080")
    monkeypatch.setenv("DRS_PROJECT_ID", "p")
    monkeypatch.setenv("DRS_TOKEN", "t")
    with SyncPolicyClient.from_environment() as drs:
        assert (drs.base_url, drs.project_id) == ("http://127.0.0.1:8080", "p")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """The error lists every variable that would help."""
    settings = load(tmp_path / "none.toml")
    with pytest.raises(WrongUseError, match="DRS_PROJECT_ID; DRS_REGION or DRS_URL; DRS_TOKEN"):
        settings.arguments()


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({"DRS_ACCESS_KEY": "a"}, "DRS_SECRET_KEY"),
        ({"DRS_USERNAME": "u"}, "DRS_PASSWORD and DRS_DOMAIN"),
        ({"DRS_PASSWORD": "x"}, "DRS_USERNAME and DRS_DOMAIN"),
        ({"DRS_SECURITY_TOKEN": "x"}, "DRS_ACCESS_KEY and DRS_SECRET_KEY"),
    ],
)
def test_incomplete_credentials_are_refused(
    tmp_path: Path, environment: dict[str, str], missing: str
) -> None:
    """Half of a pair is not a credential."""
    with pytest.raises(WrongUseError, match=missing):
        load(tmp_path / "none.toml", environment).arguments(project_id="p", region="eu-de")


def test_credentials_that_are_not_used_may_be_incomplete(tmp_path: Path) -> None:
    """Half of a pair in the environment does not stand in the way of an argument."""
    settings = load(tmp_path / "none.toml", {"DRS_ACCESS_KEY": "a"})
    arguments = settings.arguments(project_id="p", region="eu-de", auth="t")
    assert isinstance(arguments["auth"], TokenAuth)


def test_whole_credentials_go_before_a_part_of_others(tmp_path: Path) -> None:
    """A stray key does not hide a login that has all it needs."""
    login = {"DRS_USERNAME": "u", "DRS_PASSWORD": "x", "DRS_DOMAIN": "d"}
    settings = load(tmp_path / "none.toml", {"DRS_ACCESS_KEY": "a", **login})
    assert isinstance(settings.auth, PasswordAuth)


def test_nothing_of_the_profiles_credentials_is_mixed_with_others(tmp_path: Path) -> None:
    """A security token belongs to its keys and an IAM server to its user, on the wire, too."""
    file = written(
        tmp_path,
        '[default]\naccess_key="AK"\nsecret_key="SK"\nsecurity_token="old"\n'
        'iam_url="http://127.0.0.1:9/profile"\n',
    )
    server = {"DRS_URL": "http://127.0.0.1:9", "DRS_PROJECT_ID": "p"}
    keys = load(file, {**server, "DRS_ACCESS_KEY": "AK2", "DRS_SECRET_KEY": "SK2"}).auth
    assert keys is not None
    request = next(keys.sync_auth_flow(httpx.Request("POST", "http://127.0.0.1:9")))
    assert "Access=AK2" in request.headers["authorization"]
    assert "x-security-token" not in request.headers
    user = {"DRS_USERNAME": "u", "DRS_PASSWORD": "x", "DRS_DOMAIN": "d"}
    login = load(file, {**server, **user}).auth
    assert login is not None
    with pytest.raises(WrongUseError, match="IAM server is not known"):
        next(login.sync_auth_flow(httpx.Request("POST", "http://127.0.0.1:9")))


KINDS_OF_PROFILES = """
[password]
auth = "password"
username = "profile-user"
domain = "d"
iam_url = "http://127.0.0.1:9"

[keys]
auth = "keys"
access_key = "profile-AK"

[token]
auth = "token"

[lacking]
auth = "password"

[plain]
username = "profile-user"
domain = "d"

[odd]
auth = "pasword"
"""


@pytest.fixture
def kinds(tmp_path: Path) -> Path:
    """Profiles without a secret, so that anyone may read them."""
    return written(tmp_path, KINDS_OF_PROFILES, 0o644)


@pytest.mark.parametrize(
    ("profile", "secrets", "shown"),
    [
        ("password", {"DRS_PASSWORD": "x"}, "PasswordAuth(username='profile-user'"),
        ("keys", {"DRS_SECRET_KEY": "x"}, "AkSkAuth(access_key='profile-AK'"),
        ("keys", {"DRS_SECRET_KEY": "x", "DRS_SECURITY_TOKEN": "y"}, "AkSkAuth(access_key="),
        ("token", {"DRS_TOKEN": "x"}, "TokenAuth("),
        ("password", {"DRS_TOKEN": "x"}, "TokenAuth("),
    ],
)
def test_a_profile_may_leave_its_secret_to_the_environment(
    kinds: Path, profile: str, secrets: dict[str, str], shown: str
) -> None:
    """Where `auth` of a profile names the kind, only the secret comes from the environment."""
    assert repr(load(kinds, secrets, profile).auth).startswith(shown)


@pytest.mark.parametrize(
    ("profile", "environment", "missing"),
    [
        (
            "password",
            {},
            r'DRS_PASSWORD is missing, which the profile \(auth = "password"\) leaves',
        ),
        ("keys", {}, "DRS_SECRET_KEY is missing, which the profile"),
        ("token", {}, "DRS_TOKEN is missing, which the profile"),
        ("lacking", {"DRS_PASSWORD": "x"}, "the profile does not have `username` and `domain`$"),
        ("password", {"DRS_PASSWORD": "x", "DRS_USERNAME": "other"}, "DRS_DOMAIN is missing"),
        ("plain", {"DRS_PASSWORD": "x"}, 'DRS_USERNAME and DRS_DOMAIN.*auth = "password"'),
        ("keys", {"DRS_PASSWORD": "x"}, "DRS_USERNAME and DRS_DOMAIN"),
        ("odd", {}, "did you mean `password`"),
    ],
)
def test_other_mixtures_are_refused(
    kinds: Path, profile: str, environment: dict[str, str], missing: str
) -> None:
    """Any other part of the environment's credentials leaves the profile's out."""
    with pytest.raises(WrongUseError, match=missing):
        _ = load(kinds, environment, profile).auth


def test_a_profile_that_says_its_kind_is_not_told_to(kinds: Path) -> None:
    """Only the secret is missing; the advice is for a profile that does not say it."""
    with pytest.raises(WrongUseError) as caught:
        _ = load(kinds, {}, "password").auth
    assert "says so" not in str(caught.value)


def test_a_lone_iam_server_is_that_of_the_profiles_user(kinds: Path) -> None:
    """It is an address and no credential: like a URL it replaces the profile's, and no more."""
    settings = load(kinds, {"DRS_IAM_URL": "http://127.0.0.1:8", "DRS_PASSWORD": "x"}, "password")
    assert settings.auth is not None
    request = next(settings.auth.sync_auth_flow(httpx.Request("POST", "http://127.0.0.1:9")))
    assert str(request.url) == "http://127.0.0.1:8/v3/auth/tokens"
    assert b"profile-user" in request.content


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_with_secrets_that_others_may_read_is_refused(file: Path, mode: int) -> None:
    """The error says how to mend it."""
    file.chmod(mode)
    with pytest.raises(WrongUseError, match="chmod 600"):
        load(file)


@pytest.mark.parametrize(
    ("profile", "text"),
    [("nll", "did you mean `nl`"), ("broken", "`tokn` of profile `broken` is unknown")],
)
def test_a_misspelt_profile_or_key_is_named(file: Path, profile: str, text: str) -> None:
    """The nearest name is offered."""
    with pytest.raises(WrongUseError, match=text):
        load(file, profile=profile)


def test_a_profile_without_a_file_is_refused(tmp_path: Path) -> None:
    """A profile that was asked for must be there."""
    with pytest.raises(WrongUseError, match=r"the file .* does not exist"):
        load(tmp_path / "none.toml", profile="nl")


@pytest.mark.parametrize("text", [b"[a", b"\xff", b"a = b"])
def test_an_invalid_file_is_reported_without_its_contents(tmp_path: Path, text: bytes) -> None:
    """A file that is not TOML raises `WrongUseError`, and nothing of it is quoted."""
    path = tmp_path / "profiles.toml"
    path.write_bytes(text)
    with pytest.raises(WrongUseError, match="is not TOML"):
        load(path).arguments()


@pytest.mark.parametrize("variable", ["DRS_PROFILES", "XDG_CONFIG_HOME", "HOME"])
def test_the_file_is_found(variable: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`DRS_PROFILES`, else the configuration folder, else that of the home folder."""
    folder = file.parent
    environment: dict[str, Any] = {}
    if variable == "DRS_PROFILES":
        environment = {variable: str(file)}
    else:
        below = folder / ".config" if variable == "HOME" else folder
        (below / "drs-sync-policy").mkdir(parents=True)
        file.rename(below / "drs-sync-policy" / "profiles.toml")
        environment = {} if variable == "HOME" else {variable: str(folder)}
        monkeypatch.setenv("HOME", str(folder))
    settings = Settings.load(environment=environment)
    assert settings.project_id == "from-default"


@pytest.mark.parametrize(
    ("environment", "profile", "said"),
    [
        ({"DRS_URL": "h:8080"}, "", "`DRS_URL` must be a URL"),
        ({"DRS_URL": "h:8080"}, "", "http:// or https:// is missing before 'h:8080'"),
        ({"DRS_REGION": "eu-dee"}, "", "`DRS_REGION` is 'eu-dee': choose one of"),
        ({}, 'url = "ftp://h"', "`url` of profile `p` must be a URL such as"),
        ({}, 'url = "ftp://h"', "'ftp://h' does not begin with"),
        ({}, 'region = "eu-dee"', "`region` of profile `p` is 'eu-dee'"),
        ({"DRS_URL": "http://u:HUSH@h"}, "", "`DRS_URL` contains credentials: 'http://***@h'"),
        ({"DRS_URL": "u:HUSH@h"}, "", "missing before '***@h'"),
        ({"DRS_URL": "http://h/?token=HUSH"}, "", "has a query or a fragment: 'http://h/'"),
    ],
)
def test_an_invalid_server_url_is_named_with_its_origin(
    environment: dict[str, str], profile: str, said: str, tmp_path: Path
) -> None:
    """The variable or the profile, with the value, but never with contains credentials."""
    file = tmp_path / "profiles.toml"
    file.write_text(f"[p]\nproject_id = 'p'\n{profile}\n")
    settings = load(file, {"DRS_TOKEN": "t", **environment}, "p")
    with pytest.raises(WrongUseError) as caught:
        settings.arguments()
    assert said in str(caught.value)
    assert "HUSH" not in str(caught.value)
    assert settings.arguments(base_url="http://mine")["base_url"] == "http://mine"
