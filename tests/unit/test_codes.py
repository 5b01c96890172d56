"""The error codes that the package ships."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from drs_sync_policy import codes, contract

ROWS = codes.all_codes()
CHINESE = re.compile(r"[\u4e00-\u9fff]")
by_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.code}-{row.status}")


@by_row
def test_a_row_is_complete(row: codes.ErrorCode) -> None:
    """Every code has both texts, a meaning and a remedy, and a code of the vendor's form."""
    assert re.fullmatch(r"DRS\.[A-Z]{1,2}\d{4,5}|APIGW\.\d{4}", row.code)
    assert (row.issuer == "gateway") == row.code.startswith("APIGW.")
    assert 200 <= row.status < 600
    assert row.en
    assert not CHINESE.search(row.en)
    assert CHINESE.search(row.zh)
    for prose in (row.meaning, row.remedy):
        assert len(prose) > 30
        assert prose == " ".join(prose.split())
        assert prose.endswith((".", "`."))


@by_row
def test_both_texts_take_the_same_details(row: codes.ErrorCode) -> None:
    """A server fills in the same details in whichever language it responds."""
    assert row.en.count("%s") == row.zh.count("%s")
    detail = ["<detail>"] * row.en.count("%s")
    for language in ("en-us", "zh-cn"):
        assert "%s" not in row.text(language, *detail)
        assert row.text(language, *detail).count("<detail>") == len(detail)


def test_no_row_stands_twice() -> None:
    """A row is one code with one status and one text."""
    keys = [(row.code, row.status, row.en) for row in ROWS]
    assert len(keys) == len(set(keys))


def test_the_authors_of_the_texts_are_stated() -> None:
    """The vendor wrote 31 of the Chinese texts; every English text in a table is the vendor's."""
    assert sum(row.zh_by == "vendor" for row in ROWS) == 31
    assert {row.code: row.en_by for row in ROWS if row.en_by == "ours"} == {"DRS.M00289": "ours"}
    assert {row.code: row.seen for row in ROWS if row.seen != "table"} == {
        "APIGW.0308": "wild",
        "DRS.M00289": "clients",
    }


def test_details_fill_the_placeholders_in_order() -> None:
    """A detail is never taken for a placeholder, whatever it contains."""
    row = codes.ErrorCode("X", 400, "service", "%s is not %s", "%s 不是 %s", "ours", "m", "r")
    assert row.text("en-us", "%s", "b") == "%s is not b"
    assert row.text("zh-cn", "a", "b", "c") == "a 不是 b"
    assert row.text("en-us", "a") == "a is not %s"


def test_find_prefers_the_row_of_the_status() -> None:
    """A code with several statuses is found by both, and by code alone as its first row."""
    assert [getattr(codes.find("APIGW.0201", s), "status", None) for s in (413, 494)] == [413, 494]
    first = codes.find("APIGW.0201")
    assert first is not None
    assert first.status == 400
    assert codes.find("APIGW.0201", 499) == first
    assert codes.find("DRS.M99999") is None


def _errors_in(node: object) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if isinstance(node.get("error_code"), str) and isinstance(node.get("error_msg"), str):
            yield node["error_code"], node["error_msg"]
        node = list(node.values())
    if isinstance(node, list):
        for entry in node:
            yield from _errors_in(entry)


def test_the_contract_shows_codes_with_their_texts() -> None:
    """Every error in the contract's examples is one of the codes, in a text of that code."""
    shown = list(_errors_in(contract.load().document))
    assert len(shown) > 10
    for code, message in shown:
        texts = [re.escape(t) for row in ROWS if row.code == code for t in (row.en, row.zh)]
        assert any(re.fullmatch(text.replace("%s", ".+"), message) for text in texts), message


def test_every_code_that_the_contract_names_is_known() -> None:
    """A code that the contract's prose names can be looked up."""
    named = set(re.findall(r"\b(?:DRS\.[A-Z]+\d+|APIGW\.\d+)", contract.source()))
    assert {name for name in named if codes.find(name) is None} == set()
