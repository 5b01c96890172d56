"""The verb `login`: a profile is written and used."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drs_sync_policy import sandbox
from drs_sync_policy.cli import exits
from drs_sync_policy.cli.profiles import write
from tests.processes import PROGRAM

from .conftest import Run
from .terminal import in_terminal

UNSET = {"DRS_URL": None, "DRS_PROJECT_ID": None, "DRS_TOKEN": None}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "drs-sync-policy" / "profiles.toml"


def _login(run: Run, server: sandbox.Running, name: str = "default", token: str = "") -> None:
    tenant = server.tenants[0]
    arguments = ("--url", server.url, "--project-id", tenant.project_id, "--kind", "token")
    done = run("login", name, *arguments, DRS_TOKEN=token or tenant.token)
    assert done.code == exits.DONE
    assert tenant.token not in done.out + done.err


def test_a_profile_is_written_and_used(run: Run, server: sandbox.Running, file: Path) -> None:
    """Afterwards no variable is needed; only the owner can read the file."""
    _login(run, server)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert run("set", server.tenants[0].job_ids[0], "--ddl-trans", **UNSET).code == exits.DONE


def test_other_profiles_stay_as_they_are(tmp_path: Path) -> None:
    """Also their comments; a profile of the same name is replaced."""
    file = tmp_path / "profiles.toml"
    file.write_text('# mine\n[a]\nurl = "x" # here\n\n[b]\nurl = "y"\n\n[c]\nurl = "z"\n')
    write(file, "b", {"url": "new", "token": 'q"\\\n'})
    text = file.read_text("utf-8")
    assert '# mine\n[a]\nurl = "x" # here\n' in text
    assert tomllib.loads(text) == {
        "a": {"url": "x"},
        "c": {"url": "z"},
        "b": {"url": "new", "token": 'q"\\\n'},
    }


@pytest.mark.parametrize("head", ['["b"]', "[ b ]  # mine", "[b]"])
def test_a_table_is_found_however_its_name_is_written(head: str, tmp_path: Path) -> None:
    """It is replaced; what stands above the next table is of that one, and stays."""
    file = tmp_path / "profiles.toml"
    file.write_text(f'{head}\nurl = "x"\n\n# careful: production\n[c]\nurl = "z"\n')
    write(file, "b", {"url": "new"})
    text = file.read_text("utf-8")
    assert "# careful: production\n[c]" in text
    assert tomllib.loads(text) == {"b": {"url": "new"}, "c": {"url": "z"}}


def test_a_line_within_a_text_is_not_a_table(tmp_path: Path) -> None:
    """What looks like one in a text of several lines is left alone."""
    file = tmp_path / "profiles.toml"
    file.write_text('[a]\ntoken = """\nx\n[b]\n"""\n')
    write(file, "b", {"url": "new"})
    assert tomllib.loads(file.read_text("utf-8")) == {
        "a": {"token": "x\n[b]\n"},
        "b": {"url": "new"},
    }


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """The file that it leads to is replaced."""
    (tmp_path / "kept").mkdir()
    file = tmp_path / "profiles.toml"
    file.symlink_to(tmp_path / "kept" / "real.toml")
    write(file, "b", {"url": "new"})
    assert file.is_symlink()
    assert tomllib.loads((tmp_path / "kept" / "real.toml").read_text()) == {"b": {"url": "new"}}


@pytest.mark.parametrize(
    "before",
    ["[b.extra]\nx = 1\n", 'b = {url = "x"}\n', 'b.url = "x"\n', "b = 3\n", "[[b]]\nurl = 'x'\n"],
)
def test_whatever_has_the_name_is_replaced(before: str, tmp_path: Path) -> None:
    """In any notation of TOML."""
    file = tmp_path / "profiles.toml"
    file.write_text(f'{before}\n[c]\nurl = "z"\n')
    write(file, "b", {"url": "new"})
    assert tomllib.loads(file.read_text()) == {"b": {"url": "new"}, "c": {"url": "z"}}


def test_parallel_logins_keep_every_profile(tmp_path: Path) -> None:
    """Each waits for the lock of the other."""
    file = tmp_path / "profiles.toml"
    with ThreadPoolExecutor(16) as pool:
        for number in range(64):
            pool.submit(write, file, f"p{number}", {"url": "x"})
    assert len(tomllib.loads(file.read_text())) == 64


@pytest.mark.parametrize("token", ["a\x7f", 'q"\\'])
def test_every_text_that_toml_can_hold_is_held(token: str, run: Run, file: Path) -> None:
    """With TOML's escapes, which are not all of JSON's."""
    arguments = ("login", "--url", "http://h", "--project-id", "p", "--kind", "token")
    done = run(*arguments, "--no-verify", DRS_TOKEN=token)
    assert done.code == exits.DONE
    assert tomllib.loads(file.read_text("utf-8"))["default"]["token"] == token


def test_a_text_that_is_none_is_told(run: Run, file: Path) -> None:
    """Bytes that are not UTF-8 fit into no profile, and nothing is left behind."""
    arguments = ("login", "--url", "http://h", "--project-id", "p", "--kind", "token")
    done = run(*arguments, DRS_TOKEN="a\udcff")
    assert done.code == exits.WRONG_USE
    assert "`token` is not UTF-8" in done.err
    assert not file.parent.exists()


def test_a_file_in_another_encoding_is_left_alone(run: Run, file: Path) -> None:
    """It is not TOML."""
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xff\n")
    done = run("login", "--url", "http://h", "--project-id", "p", "--kind", "token")
    assert done.code == exits.WRONG_USE
    assert "is not TOML" in done.err
    assert file.read_bytes() == b"\xff\n"


def test_what_credentials_need_besides_is_kept(
    run: Run, server: sandbox.Running, file: Path
) -> None:
    """The token of a temporary pair of keys, and the IAM server of a password: they work."""
    tenant = server.tenants[0]
    arguments = ("--url", server.url, "--project-id", tenant.project_id, "--kind")
    password = {
        "DRS_USERNAME": tenant.user, "DRS_PASSWORD": tenant.password, "DRS_DOMAIN": tenant.domain
    }  # fmt: skip
    lacking = run("login", "pw", *arguments, "password", **password)
    assert lacking.code == exits.WRONG_USE
    assert "DRS_IAM_URL" in lacking.err
    assert run("login", "pw", *arguments, "password", **password, DRS_IAM_URL=server.url).code == 0
    assert run("doctor", "--profile", "pw", **UNSET).code == exits.DONE

    keys = {"DRS_ACCESS_KEY": "a", "DRS_SECRET_KEY": "b", "DRS_SECURITY_TOKEN": "temporary"}
    assert run("login", "keys", *arguments, "keys", "--no-verify", **keys).code == exits.DONE
    stored = tomllib.loads(file.read_text("utf-8"))["keys"]
    assert stored["security_token"] == "temporary"


def test_a_secret_may_stay_in_the_environment(
    run: Run, server: sandbox.Running, file: Path
) -> None:
    """The profile says who logs in and how, and holds no secret; the variable is still needed."""
    tenant = server.tenants[0]
    arguments = ("--url", server.url, "--project-id", tenant.project_id, "--kind", "password")
    who = {"DRS_USERNAME": tenant.user, "DRS_DOMAIN": tenant.domain, "DRS_IAM_URL": server.url}
    done = run("login", *arguments, "--no-secret", **who, DRS_TOKEN=None)
    assert done.code == exits.DONE
    stored = tomllib.loads(file.read_text("utf-8"))["default"]
    assert stored["auth"] == "password"
    assert "password" not in stored
    lacking = run("doctor", **UNSET)
    assert lacking.code == exits.WRONG_USE
    assert "DRS_PASSWORD" in lacking.out
    assert run("doctor", **UNSET, DRS_PASSWORD=tenant.password).code == exits.DONE


def test_a_file_that_others_may_read_is_refused(
    run: Run, server: sandbox.Running, file: Path
) -> None:
    """Where it holds a secret, with the command that mends it."""
    _login(run, server)
    file.chmod(0o644)
    done = run("set", "j", "--ddl-trans", **UNSET)
    assert done.code == exits.WRONG_USE
    assert f"chmod 600 {file}" in done.err


def test_a_secret_is_asked_for_without_being_shown(
    server: sandbox.Running, environment: Mapping[str, str], file: Path
) -> None:
    """On a terminal, what is not given is asked for, and a typed token does not appear."""
    tenant = server.tenants[0]
    variables = {k: v for k, v in environment.items() if not k.startswith("DRS_")}
    replies = {
        "Project id:": tenant.project_id, "Kind of credentials": "token", "Token:": tenant.token
    }  # fmt: skip
    command = (PROGRAM, "login", "typed", "--url", server.url)
    code, shown = in_terminal(*command, env=variables, replies=replies)
    assert code == exits.DONE
    assert tenant.token not in shown
    assert tenant.project_id in shown
    stored = tomllib.loads(file.read_text("utf-8"))["typed"]
    assert stored["token"] == tenant.token
    assert stored["project_id"] == tenant.project_id


def test_on_a_terminal_a_region_or_a_url_is_asked_for(
    server: sandbox.Running, environment: Mapping[str, str], file: Path
) -> None:
    """Either is taken; what is neither is an error with the choices, and asked for again."""
    variables = {k: v for k, v in environment.items() if k != "DRS_URL"}
    question = "Region (eu-de, eu-nl, ...) or URL of another server:"
    mistakes = {
        "drs.example": "missing before 'drs.example'",
        "eu-dee": "did you mean `eu-de`?",
        "127.0.0.1:1": "http:// or https:// is missing",
    }
    for typed, stored in (
        ("\n".join([*mistakes, "eu-nl"]), {"region": "eu-nl"}),
        (server.url, {"url": server.url}),
    ):
        command = (PROGRAM, "login", "--replace", "--kind", "token", "--no-verify")
        code, shown = in_terminal(*command, env=variables, replies={question: typed})
        assert code == exits.DONE
        assert shown.count(question) == 1 + typed.count("\n")
        assert {said in shown for said in mistakes.values()} == {"\n" in typed}
        found = tomllib.loads(file.read_text("utf-8"))["default"]
        assert {key: found[key] for key in found if key in ("region", "url")} == stored


def test_without_a_terminal_a_missing_secret_is_named(run: Run) -> None:
    """A script gets the name of the variable instead of a question."""
    done = run("login", "--region", "eu-de", "--project-id", "p", "--kind", "keys", **UNSET)
    assert done.code == exits.WRONG_USE
    assert "DRS_ACCESS_KEY" in done.err


def test_a_region_of_another_edition_is_a_region(run: Run, file: Path) -> None:
    """`login --region` accepts what `set --region` accepts: a region of any edition."""
    done = run(
        "login", "--region", "af-north-1", "--project-id", "p", "--kind", "token", "--no-verify"
    )
    assert done.code == exits.DONE, done.err
    assert tomllib.loads(file.read_text("utf-8"))["default"]["region"] == "af-north-1"


@pytest.mark.parametrize("kind", ["token", "password", "keys"])
def test_credentials_that_the_server_rejects_are_not_saved(
    kind: str, run: Run, server: sandbox.Running, file: Path
) -> None:
    """They are tried first, with the exit code of the doctor; --no-verify skips it."""
    tenant = server.tenants[0]
    arguments = ("login", "--url", server.url, "--project-id", tenant.project_id, "--kind", kind)
    wrong = {
        "DRS_TOKEN": "wrong", "DRS_ACCESS_KEY": "a", "DRS_SECRET_KEY": "WRONGKEY",
        "DRS_USERNAME": tenant.user, "DRS_PASSWORD": "WRONGKEY", "DRS_DOMAIN": tenant.domain,
        "DRS_IAM_URL": server.url,
    }  # fmt: skip
    done = run(*arguments, **wrong)
    assert done.code == exits.NOT_ALLOWED
    assert done.err.startswith("FAIL credentials:")
    assert "--no-verify" in done.err
    assert "WRONGKEY" not in done.err
    assert not file.exists()
    assert run(*arguments, "--no-verify", **wrong).code == exits.DONE
    assert file.exists()


def test_what_is_accepted_is_saved(run: Run, server: sandbox.Running, file: Path) -> None:
    """And it is said so; a server that is not there is not one that accepts."""
    tenant = server.tenants[0]
    where = ("--project-id", tenant.project_id, "--kind", "token")
    away = run("login", "--url", "http://127.0.0.1:9", *where)
    assert (away.code, file.exists()) == (exits.UNREACHABLE, False)
    done = run("login", "--url", server.url, *where)
    assert (done.code, file.exists()) == (exits.DONE, True)
    assert "accepts its credentials" in done.out
    secret = run("login", "--replace", "--no-secret", "--url", server.url, *where, DRS_TOKEN="bad")
    assert secret.code == exits.NOT_ALLOWED
