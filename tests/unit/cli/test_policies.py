"""A file of policies, validated by the contract; tests/snapshots/messages.txt has the wording."""

from __future__ import annotations

import codecs
import itertools
import json
from typing import Any

import jsonschema_rs
import pytest

from drs_sync_policy import contract
from drs_sync_policy.cli.input.fields import fields, item_schema
from drs_sync_policy.cli.input.places import Place, Placed
from drs_sync_policy.cli.input.policies import InvalidFileError, read
from drs_sync_policy.cli.input.validation import Validator

EXAMPLE = contract.load().operations[0].request_examples["two_jobs"]


def _places(text: str, form: str = "yaml", **options: bool | str) -> list[tuple[int, int]]:
    with pytest.raises(InvalidFileError) as caught:
        # The options are of several types.
        read(text.encode(), form=form, **options)  # type: ignore[arg-type]
    return [(p.place.line, p.place.column) for p in caught.value.problems]


def test_a_body_and_a_list_of_items_are_the_same() -> None:
    """The body of a request as the contract shows it, or only what is in its `jobs`."""
    jobs = list(EXAMPLE["jobs"])
    for form in ("json", "yaml"):
        assert read(json.dumps(EXAMPLE).encode(), form=form) == jobs
        assert read(json.dumps(EXAMPLE["jobs"]).encode(), form=form) == jobs


def test_a_byte_order_mark_is_skipped() -> None:
    """Spreadsheets write one."""
    policies = read("\ufeffjob_id,ddl_trans\nj,TRUE\n".encode(), form="csv")
    assert list(policies) == [{"job_id": "j", "ddl_trans": True}]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_recognized(encoding: str) -> None:
    """Spreadsheets write it for "Unicode", in either byte order."""
    mark = b"" if encoding == "utf-16" else codecs.BOM_UTF16_BE
    with pytest.raises(InvalidFileError, match="1 problem") as caught:
        read(mark + "job_id\nj\n".encode(encoding), form="csv")
    assert "UTF-16" in caught.value.problems[0].message


def test_a_byte_that_is_not_utf_8_has_a_place() -> None:
    """The first one."""
    with pytest.raises(InvalidFileError) as caught:
        read(b"- job_id: ok\n- job_id: \xff\n", form="yaml")
    assert caught.value.problems[0].place == Place(2, 11)


def test_every_problem_is_reported_in_the_order_of_the_file() -> None:
    """Not only the first, each at its line and column."""
    text = """\
jobs:
  - job_id: 12
    conflict_policy: Ignore
  - ddl_trans: "yes"
  - job_id: ""
    index_trans: null
    conflct_policy: stop
"""
    assert _places(text) == [(2, 13), (3, 22), (4, 5), (4, 16), (5, 13), (6, 18), (7, 21)]


@pytest.mark.parametrize(
    ("text", "form", "place"),
    [
        ("", "yaml", (1, 1)),
        (" \n", "yaml", (1, 1)),
        ("jobs: []", "yaml", (1, 7)),
        ("jobs: 3", "yaml", (1, 7)),
        ("jobs: [{job_id: j}]\nmore: 1", "yaml", (2, 7)),
        ("[3]", "yaml", (1, 2)),
        ('[\n {"job_id": "j",\n  "conflict_policy": "x"}]', "json", (3, 22)),
        ("job_id,conflict_policy\nj,x\n", "csv", (2, 2)),
        ("job_id;conflict_policy\n" + "a;stop\n" * 9, "csv", (1, 1)),
        ("19557d51,stop\n", "csv", (1, 1)),
        # A wrong column is one problem, however many rows there are.
        ("job_id,conflict_polcy\n" + "j,stop\n" * 99, "csv", (1, 2)),
        ("ddl_trans,jobid\n" + "true,j\n" * 99, "csv", (1, 2)),
        ("ddl_trans\n" + "true\n" * 99, "csv", (1, 1)),
        ("job_id,topic\n" + "j,x\n" * 99, "csv", (1, 2)),
    ],
)
def test_one_problem_is_reported_once_at_its_place(
    text: str, form: str, place: tuple[int, int]
) -> None:
    """In each format."""
    assert _places(text, form) == [place]


@pytest.mark.parametrize(
    ("text", "form", "lines"),
    [
        ('{"a": 1, "jobs": [{"job_id": 1,\n"job_id": 2}]}', "json", [1, 2, 2]),
        ("a: 1\njobs:\n- job_id: 1\n  job_id: 2\n", "yaml", [1, 4, 4]),
        ("job_id,ddl_trans\na,true,x\nb,maybe\n", "csv", [2, 3]),
    ],
)
def test_a_problem_of_form_hides_no_other(text: str, form: str, lines: list[int]) -> None:
    """A repeated name, an extra name next to `jobs`, and an extra cell."""
    assert [line for line, _ in _places(text, form)] == lines


def test_unknown_fields_can_be_allowed() -> None:
    """Servers ignore them."""
    items = read(b"[{job_id: j, more: 1}]", form="yaml", allow_unknown=True)
    assert items == [{"job_id": "j", "more": 1}]


@pytest.mark.parametrize(
    ("text", "form", "place"),
    [
        ("- job_id: j\n  more: 2024-01-01", "yaml", (2, 9)),
        ("- job_id: j\n  more: [1, {a: !!binary aGk=}]", "yaml", (2, 17)),
        ("- job_id: j\n  more: .nan", "yaml", (2, 9)),
        ("- job_id: j\n  more: 0x" + "f" * 5000, "yaml", (2, 9)),
        ('[{"job_id": "j",\n "more": {"a": "\\ud800"}}]', "json", (2, 16)),
        ('[{"job_id": "j",\n "more": {"\\ud800": 1}}]', "json", (2, 21)),
        ('[{"job_id": "j",\n "more": 1e999}]', "json", (2, 10)),
        ('[{"job_id": "j",\n "more": ' + "9" * 5000 + "}]", "json", (2, 10)),
    ],
)
def test_what_no_request_can_hold_is_a_problem(
    text: str, form: str, place: tuple[int, int]
) -> None:
    """Rule body-must-be-i-json: also in unknown fields that are allowed, at any depth."""
    assert _places(text, form, allow_unknown=True) == [place]


@pytest.mark.parametrize("edition", contract.editions())
def test_an_item_is_accepted_exactly_if_the_contract_accepts_it(edition: str) -> None:
    """The validator of the client and jsonschema-rs agree, on each field and combinations."""
    schema = contract.load(edition).standalone(item_schema(edition))
    reference = jsonschema_rs.validator_for(schema, validate_formats=True)
    wrong = ["", "é", "Ignore", "a\n", "<", "x" * 3000, True, None, 0, 1.5, [], ["a"], {}]
    right = ["stop", "drop_database", "a", "0", "1", "4", "json", "mysql-bin.000019:197"]
    items: list[dict[str, Any]] = [{}, {"job_id": ""}, {"ddl_trans": True}]
    items += [{"job_id": "j", name: v} for name in fields(edition) for v in (*wrong, *right)]
    if "topic_policy" in fields(edition):
        pairs = itertools.product("01234", "0123459")
        items += [
            {"job_id": "j", "topic_policy": policy, "partition_policy": part, **more}
            for policy, part in pairs
            for more in ({}, {"topic": "t"})
        ]
    for item in items:
        validator = Validator(edition, Placed(item), (), allow_unknown=False)
        assert (not [*validator.problems([item])]) == reference.is_valid(item), item
