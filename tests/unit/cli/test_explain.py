"""The verbs `explain` and `contract`: what is known about codes, rules and the contract."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from drs_sync_policy import codes, contract
from drs_sync_policy.cli import exits, main


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("name", ["DRS.M00304", "drs.m00304", "M00304"])
def test_a_code_is_explained_however_it_is_written(name: str) -> None:
    """Prefix and case may be left to the command; both texts, meaning and remedy are said."""
    row = codes.find("DRS.M00304")
    assert row is not None
    done = _run("explain", name)
    assert done.exit_code == exits.DONE
    words = " ".join(done.output.split())
    for text in (row.code, str(row.status), row.en, row.zh, row.meaning, row.remedy):
        assert text in words


def test_a_code_with_several_statuses_is_explained_for_each() -> None:
    """Each row of the tables is shown on its own."""
    done = _run("explain", "APIGW.0201")
    assert [f": status {status}\n" in done.output for status in (400, 413, 414, 494, 502, 504)] == (
        [True] * 6
    )


def test_a_text_that_is_ours_is_marked() -> None:
    """Nobody takes our translation for the vendor's."""
    assert "(written by this project" in _run("explain", "DRS.M00304").output
    assert "written by" not in _run("explain", "DRS.M00202").output
    assert _run("explain", "DRS.M00289").output.count("(written by") == 2


def test_a_rule_is_explained_by_its_id() -> None:
    """A failure of the fuzzer names a rule; here is what it says and where it comes from."""
    rule = contract.load().operations[0].rule("count-equals-results")
    words = " ".join(_run("explain", rule.id).output.split())
    assert rule.statement in words
    assert rule.source in words


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("304", "DRS.M00304"),
        ("M304", "DRS.M00304"),
        ("00304", "DRS.M00304"),
        ("drs.304", "DRS.M00304"),
        ("302", "DRS.M00302, APIGW.0302"),
    ],
)
def test_a_number_is_answered_with_the_codes_that_have_it(name: str, offered: str) -> None:
    """People remember the number; the codes that only look alike are not offered then."""
    done = _run("explain", name)
    assert done.exit_code == exits.WRONG_USE
    assert f"did you mean {offered}?" in " ".join(done.output.split())


def test_json_is_for_programs() -> None:
    """The rows as data, with every field."""
    (row,) = json.loads(_run("explain", "DRS.M00304", "--output", "json").output)
    assert row["code"] == "DRS.M00304"
    assert row["zh_by"] == "ours"


def test_the_contract_is_printed_as_it_was_written() -> None:
    """To the byte as text, and as the document that is shipped as JSON."""
    assert _run("contract").output == contract.source()
    assert json.loads(_run("contract", "--output", "json").output) == contract.load().document


@pytest.mark.parametrize("edition", contract.editions())
def test_every_edition_can_be_printed(edition: str) -> None:
    """The document of an edition is the one that ships."""
    done = _run("contract", "--edition", edition, "--output", "json")
    assert json.loads(done.output) == contract.load(edition).document


def test_rules_and_codes_are_listed() -> None:
    """One line each as text, every field as JSON."""
    rules = contract.load().rules
    assert len(_run("contract", "rules").output.splitlines()) == len(rules)
    assert [r["id"] for r in json.loads(_run("contract", "rules", "--output", "json").output)] == [
        rule.id for rule in rules
    ]
    assert len(_run("contract", "codes").output.splitlines()) == len(codes.all_codes())
    assert len(json.loads(_run("contract", "codes", "--output", "json").output)) == len(
        codes.all_codes()
    )


def test_an_unknown_edition_is_answered_with_the_known() -> None:
    """A usage error with the editions."""
    done = _run("contract", "--edition", "nowhere")
    assert done.exit_code == exits.WRONG_USE
    assert "'base', 'huawei-cloud'" in done.output


@pytest.mark.parametrize("status", [401, 422])
def test_a_status_lists_its_codes(status: int) -> None:
    """Each in a line; as JSON with everything."""
    wanted = [row for row in codes.all_codes() if row.status == status]
    lines = _run("explain", str(status)).output.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [row.code for row in wanted]
    found = json.loads(_run("explain", str(status), "--output", "json").output)
    assert [row["code"] for row in found] == [row.code for row in wanted]
    assert _run("explain", "999").exit_code == exits.WRONG_USE
