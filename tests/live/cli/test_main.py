"""The command as a whole: help, version, completion, and what they load."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from drs_sync_policy import contract
from drs_sync_policy.cli import exits, main
from drs_sync_policy.cli.examples import EXAMPLES
from tests.processes import PROGRAM, completed

from .conftest import Run

VERBS = main.list_commands(click.Context(main))


def test_help_loads_nothing_heavy() -> None:
    """Neither the HTTP library, nor the generated client, nor YAML, nor the contract."""
    code = (
        "import sys\nfrom drs_sync_policy.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "print([name for name in ('httpx', 'drs_sync_policy_api', 'yaml', 'rich', 'msgspec',"
        " 'jsonschema_rs', 'drs_sync_policy_contract') if name in sys.modules])"
    )
    done = completed([sys.executable, "-c", code], check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_version_names_the_contract(run: Run) -> None:
    """By version and hash, so that two installations can be compared."""
    loaded = contract.load()
    shown = run("--version").out
    assert f"(contract {loaded.version}, sha256 {loaded.sha256})" in shown


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_the_command(shell: str, run: Run) -> None:
    """The script is one that the shell understands, and completes verbs."""
    script = run("completion", shell).out
    assert "_DRS_SYNC_POLICY_COMPLETE" in script
    words = {"COMP_WORDS": "drs-sync-policy ex", "COMP_CWORD": "1"}
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        offered = run(_DRS_SYNC_POLICY_COMPLETE="bash_complete", **words).out
        assert offered.splitlines() == ["plain,explain"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("explain M00304 DRS.M0500", {"DRS.M05003", "DRS.M05004", "DRS.M05006"}),
        ("explain drs.m00304", {"DRS.M00304"}),
        ("explain M0500", {"DRS.M05003", "DRS.M05004", "DRS.M05006"}),
        ("explain 0101", {"APIGW.0101"}),
        ("apply --output = j", {"json"}),
        ("apply --output =", {"table", "json", "csv"}),
        ("explain accepted-", {"accepted-policy-is-stored"}),
        ("apply --profile w", {"work", "warm-standby"}),
        ("set --region eu-n", {"eu-nl"}),
        ("doctor --language z", {"zh-cn"}),
        ("apply --edition h", {"huawei-cloud"}),
        ("sandbox --fault loses-sl", {"loses-slot-name"}),
    ],
)
def test_names_are_completed(words: str, offered: set[str], run: Run, tmp_path: Path) -> None:
    """Codes, rules, profiles and whatever else is one of a few that are known."""
    file = tmp_path / "profiles.toml"
    file.write_text('[work]\ntoken = "t"\n[warm-standby]\n[home]\nurl = "http://x"\n')
    given = {"COMP_WORDS": f"drs-sync-policy {words}", "COMP_CWORD": str(len(words.split()))}
    done = run(_DRS_SYNC_POLICY_COMPLETE="bash_complete", DRS_PROFILES=str(file), **given)
    assert {line.removeprefix("plain,") for line in done.out.splitlines()} == offered
    assert done.err == ""


@pytest.mark.parametrize("content", [None, "no = toml =", "[x"])
def test_without_profiles_none_are_completed(content: str | None, run: Run, tmp_path: Path) -> None:
    """And there is no error, which a shell would show in the middle of the line."""
    file = tmp_path / "profiles.toml"
    if content is not None:
        file.write_text(content)
    given = {"COMP_WORDS": "drs-sync-policy apply --profile w", "COMP_CWORD": "3"}
    done = run(_DRS_SYNC_POLICY_COMPLETE="bash_complete", DRS_PROFILES=str(file), **given)
    assert (done.out.strip(), done.err) == ("", "")


@pytest.mark.parametrize("words", ["", "sandbox --fault x", "set --region ", "fuzz --", "apply "])
def test_completion_loads_no_verb_and_no_library(words: str) -> None:
    """A shell asks after each Tab; SQLAlchemy alone would take longer than anybody waits."""
    code = (
        "import sys\nfrom drs_sync_policy.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    assert not ended.code\n"
        "print([name for name in sys.modules if name.startswith('drs_sync_policy.cli.verbs')"
        " or name in ('sqlalchemy', 'httpx', 'attrs', 'rich', 'starlette', 'drs_sync_policy_api')])"
    )
    number = len(f"drs-sync-policy {words}|".split()) - 1
    asks = {"COMP_WORDS": f"drs-sync-policy {words}", "COMP_CWORD": str(number)}
    done = completed(
        [sys.executable, "-c", code],
        check=True,
        env={**os.environ, **asks, "_DRS_SYNC_POLICY_COMPLETE": "bash_complete"},
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert len(done.stdout.splitlines()) > 1 or "fault" in words


def test_ctrl_c_while_completing_prints_nothing() -> None:
    """It would be in the middle of the line that is typed."""
    code = (
        "import os, signal, sys\nfrom drs_sync_policy.__main__ import main\n"
        "class Interrupting(dict):\n"
        "    def get(self, *_):\n        os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.modules['drs_sync_policy.cli.completion'] = type(sys)('none')\n"
        "sys.modules['drs_sync_policy.cli.completion'].completions = Interrupting().get\n"
        "main()"
    )
    asks = {"COMP_WORDS": "drs-sync-policy ", "_DRS_SYNC_POLICY_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env={**os.environ, **asks}, check=False
    )
    assert done.returncode == -signal.SIGINT
    assert (done.stdout, done.stderr) == (b"", b"")


def test_ctrl_c_while_modules_load_prints_nothing(tmp_path: Path) -> None:
    """It comes before any verb is there that could report it."""
    (tmp_path / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    done = subprocess.run(
        [PROGRAM, "explain", "401"], capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == -signal.SIGINT
    assert (done.stdout, done.stderr) == (b"", b"")


def test_options_that_are_given_are_not_offered_again(run: Run) -> None:
    """Except those that may be given more than once; each has its help in zsh and fish."""
    words = "sandbox --fault x --port 1 --"
    for shell, number in (("bash", str(len(words.split()))), ("fish", "--")):
        given = {"COMP_WORDS": f"drs-sync-policy {words}", "COMP_CWORD": number}
        offered = run(**{"_DRS_SYNC_POLICY_COMPLETE": f"{shell}_complete", **given}).out
        names = [line.removeprefix("plain,").partition("\t")[0] for line in offered.splitlines()]
        assert "--fault" in names
        assert "--host" in names
        assert "--port" not in names


def test_a_wrong_verb_has_no_completions(run: Run) -> None:
    """And no error, which a shell would show in the middle of the line."""
    words = {"COMP_WORDS": "drs-sync-policy foo ", "COMP_CWORD": "2"}
    done = run(_DRS_SYNC_POLICY_COMPLETE="bash_complete", **words)
    assert done.err == ""


@pytest.mark.parametrize(
    ("missing", "verb", "said"),
    [
        ("schemathesis", "fuzz --sandbox", "pip install 'drs-sync-policy[fuzz]'"),
        ("hypothesis", "fuzz --target x.toml", "pip install 'drs-sync-policy[fuzz]'"),
        ("starlette", "sandbox --help", "pip install 'drs-sync-policy[sandbox]'"),
        ("yaml", "apply --help", ""),
        ("rich", "apply --help", "pip install 'drs-sync-policy[cli]'"),
        ("click", "apply --help", "pip install 'drs-sync-policy[cli]'"),
    ],
)
def test_what_is_not_installed_is_named(missing: str, verb: str, said: str) -> None:
    """With the command that installs it; what a verb does not need is not missed."""
    code = (
        f"import sys\nsys.modules[{missing!r}] = None\n"
        f"sys.argv = ['drs-sync-policy', *{verb!r}.split()]\n"
        "from drs_sync_policy.__main__ import main\nmain()"
    )
    done = completed([sys.executable, "-c", code])
    assert done.returncode == (exits.WRONG_USE if said else exits.DONE)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@click.command()
def _fails() -> None:
    raise LookupError("MYSECRET")


def test_an_unexpected_error_is_reported_in_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the error's text, which may hold a secret; with a traceback if it is asked for."""
    group = type(main)("program", commands={})
    # A method is replaced on purpose.
    group.get_command = lambda *_: _fails  # type: ignore[method-assign]
    monkeypatch.delenv("DRS_DEBUG", raising=False)
    for debug in (False, True):
        with pytest.raises(SystemExit) as ended:
            group.main(["fails"])
        assert ended.value.code == exits.NOT_CHECKED
        said = capsys.readouterr().err
        assert "Error: LookupError at drs_sync_policy/cli/__init__.py:" in said
        assert "DRS_DEBUG=1" in said
        assert ("MYSECRET" in said) is debug
        assert ("Traceback" in said) is debug
        assert "\n\n" not in said
        monkeypatch.setenv("DRS_DEBUG", "1")


def test_the_package_can_be_run_as_a_module(tmp_path: Path) -> None:
    """It is the command, and is called so."""
    asked = [sys.executable, "-m", "drs_sync_policy", "set", "--help"]
    done = completed(asked, check=True, cwd=tmp_path)
    assert "Usage: drs-sync-policy set" in done.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_help_has_examples_that_fit_its_options(verb: str, run: Run) -> None:
    """Each line is one that the verb's parser accepts."""
    shown = run(verb, "--help").out
    assert "Examples:" in shown
    command = main.get_command(click.Context(main), verb)
    assert command is not None
    for _, line in EXAMPLES[verb]:
        words = shlex.split(line.split(" > ")[0].split(" < ")[0])
        if words[0] != "eval":
            assert words[0] == verb
            parser = command.make_parser(click.Context(command, **main.context_settings))
            parser.parse_args(words[1:])
        assert line in shown
