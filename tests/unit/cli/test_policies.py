"""A file of policies, held against the contract."""

from __future__ import annotations

import codecs
import json

import pytest

from drs_sync_policy import contract
from drs_sync_policy.cli.input.places import Place
from drs_sync_policy.cli.input.policies import MistakesError, fields, read

EXAMPLE = contract.load().operations[0].request_examples["two_jobs"]


def _mistakes(text: str, form: str = "yaml", **options: bool | str) -> list[tuple[int, int, str]]:
    with pytest.raises(MistakesError) as caught:
        read(text.encode(), form=form, **options)  # type: ignore[arg-type]
    return [(m.place.line, m.place.column, m.message) for m in caught.value.mistakes]


def test_a_body_and_a_list_of_items_are_the_same() -> None:
    """The body of a request as the contract shows it, or only what is in its `jobs`."""
    jobs = tuple(EXAMPLE["jobs"])
    for form in ("json", "yaml"):
        assert read(json.dumps(EXAMPLE).encode(), form=form) == jobs
        assert read(json.dumps(EXAMPLE["jobs"]).encode(), form=form) == jobs


def test_a_byte_order_mark_is_forgiven() -> None:
    """Spreadsheets write one."""
    policies = read("\ufeffjob_id,ddl_trans\nj,TRUE\n".encode(), form="csv")
    assert policies == ({"job_id": "j", "ddl_trans": True},)


def test_every_mistake_is_told_in_the_order_of_the_file() -> None:
    """Not only the first: each with line and column, and what may stand there instead."""
    text = """\
jobs:
  - job_id: 12
    conflict_policy: Ignore
  - ddl_trans: "yes"
  - job_id: ""
    index_trans: null
    conflct_policy: stop
"""
    assert _mistakes(text) == [
        (2, 13, "`job_id` is 12: it must be text; put it in quotes"),
        (
            3,
            22,
            (
                '`conflict_policy` is "Ignore": it must be one of ignore, overwrite, stop;'
                " did you mean ignore?"
            ),
        ),
        (4, 5, "the item lacks `job_id`"),
        (4, 16, '`ddl_trans` is "yes": it must be true or false'),
        (5, 13, '`job_id` is "": it must not be empty'),
        (6, 18, "`index_trans` is null: it must be true or false"),
        (
            7,
            21,
            (
                "`conflct_policy` is no field of the contract; did you mean `conflict_policy`?"
                " (--allow-unknown sends it all the same)"
            ),
        ),
    ]


def test_quotes_are_blamed_only_where_they_are_the_mistake() -> None:
    """What is no truth value without them, too, is told what one is; CSV has no quotes at all."""
    said = "it must be true or false"
    assert _mistakes('[{"job_id": "j", "ddl_trans": "true"}]', "json") == [
        (1, 31, f'`ddl_trans` is "true": {said}, without quotes')
    ]
    assert _mistakes("job_id,ddl_trans\nj,yes\n", "csv") == [
        (2, 2, f'`ddl_trans` is "yes": {said}')
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_file_of_utf_16_is_told_what_to_do(encoding: str) -> None:
    """Spreadsheets write it where one asks for Unicode; its order of bytes may be either."""
    mark = b"" if encoding == "utf-16" else codecs.BOM_UTF16_BE
    with pytest.raises(MistakesError) as caught:
        read(mark + "job_id\nj\n".encode(encoding), form="csv")
    (mistake,) = caught.value.mistakes
    assert mistake.message == "the file is UTF-16, save it as UTF-8"


def test_json_and_csv_tell_their_places_too() -> None:
    """The same mistake in each format."""
    assert _mistakes('[\n {"job_id": "j",\n  "conflict_policy": "x"}]', "json")[0][:2] == (3, 22)
    assert _mistakes("job_id,conflict_policy\nj,x\n", "csv")[0][:2] == (2, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jobs: []", "there is no policy in it"),
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("jobs: 3", "expected a list of policies"),
        ("jobs: [{job_id: j}]\nmore: 1", "`more` stands beside `jobs`"),
        ("[3]", "expected an item"),
        ("[{job_id: 2024-01-01}]", "`job_id` is 2024-01-01: it must be text; put it in quotes"),
        ("[{job_id: j, filter_ddl_policy: drop}]", "it must be drop_database"),
    ],
)
def test_other_documents_are_refused_with_what_is_expected(text: str, said: str) -> None:
    """A file that is something else is told so."""
    assert said in _mistakes(text)[0][2]


def test_bytes_that_are_no_text_are_told_with_their_place() -> None:
    """A file in another encoding names the first line that shows it."""
    with pytest.raises(MistakesError) as caught:
        read(b"- job_id: ok\n- job_id: \xff\n", form="yaml")
    assert caught.value.mistakes[0].place == Place(2, 11)


def test_unknown_fields_may_be_sent_on_purpose() -> None:
    """Servers ignore them, so that nothing is refused."""
    items = read(b"[{job_id: j, more: 1}]", form="yaml", allow_unknown=True)
    assert items == ({"job_id": "j", "more": 1},)


@pytest.mark.parametrize("edition", [e for e in contract.editions() if e != "base"])
def test_a_field_of_another_edition_is_told_by_the_edition(edition: str) -> None:
    """It is known there, and here it is a mistake that names the way out."""
    name = next(name for name in fields(edition) if name not in fields("base"))
    (mistake,) = _mistakes(f"[{{job_id: j, {name}: x}}]")
    assert f"--edition {edition}" in mistake[2]


def test_what_is_wrong_is_quoted_as_it_was_written() -> None:
    """YAML takes 0123 for 83 and `no` for false; who wrote it looks for what was written."""
    text = "- {job_id: 0123}\n- {job_id: j, conflict_policy: no}\n- {job_id: 2024-01-01}\n"
    assert [mistake[2].split(":")[0] for mistake in _mistakes(text)] == [
        "`job_id` is 0123",
        "`conflict_policy` is no",
        "`job_id` is 2024-01-01",
    ]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("gtid_set", "a" * 100_000, "at most 2048 characters, not 100000"),
        ("gtid_set", "<" * 100, "it does not match ^[^<>&"),
        ("topic", ["a"] * 1000, "it must be text; put it in quotes"),
    ],
)
def test_a_long_value_is_shown_once_and_cut(field: str, value: object, said: str) -> None:
    """With the quote that ends it, in the words that the Python client has for it."""
    text = json.dumps([{"job_id": "j", field: value}])
    first = _mistakes(text, "json", edition="huawei-cloud")[0][2]
    shown = json.dumps(value)
    assert first.startswith(f"`{field}` is {shown[:56]}...{shown[-1]}: {said}")
    assert len(first) < 200


@pytest.mark.parametrize(
    ("text", "form", "place", "said"),
    [
        ("- job_id: j\n  more: 2024-01-01", "yaml", (2, 9), "nothing for 2024-01-01"),
        ("- job_id: j\n  more: [1, {a: !!binary aGk=}]", "yaml", (2, 17), "JSON has nothing"),
        ("- job_id: j\n  more: .nan", "yaml", (2, 9), ".nan is no number that JSON has"),
        ("- job_id: j\n  more: 0x" + "f" * 5000, "yaml", (2, 9), "is no number that JSON has"),
        ('[{"job_id": "j",\n "more": {"a": "\\ud800"}}]', "json", (2, 16), "half a character"),
        ('[{"job_id": "j",\n "more": {"\\ud800": 1}}]', "json", (2, 21), "half a character"),
        ('[{"job_id": "j",\n "more": 1e999}]', "json", (2, 10), "too large"),
        ('[{"job_id": "j",\n "more": ' + "9" * 5000 + "}]", "json", (2, 10), "too large"),
    ],
)
def test_what_no_request_can_have_is_told_with_its_place(
    text: str, form: str, place: tuple[int, int], said: str
) -> None:
    """Also where unknown fields are allowed, and at whatever depth it stands."""
    (mistake,) = _mistakes(text, form, allow_unknown=True)
    assert mistake[:2] == place
    assert said in mistake[2]


def test_another_separator_is_one_mistake() -> None:
    """And not two in each line."""
    (mistake,) = _mistakes("job_id;conflict_policy\n" + "a;stop\n" * 9, "csv")
    assert mistake == (1, 1, "the names are separated by ';': CSV has commas")


def test_rows_without_a_head_are_told_that_names_are_missing() -> None:
    """And not that there is no policy."""
    (mistake,) = _mistakes("19557d51,stop\n", "csv")
    assert mistake[:2] == (1, 1)
    assert mistake[2].startswith("the first line must name the fields, such as job_id, ")


@pytest.mark.parametrize(
    ("head", "row", "place", "said"),
    [
        ("job_id,conflict_polcy", "j,stop", (1, 2), "did you mean `conflict_policy`?"),
        ("ddl_trans,jobid", "true,j", (1, 2), "did you mean `job_id`?"),
        ("ddl_trans", "true", (1, 1), "no column is named `job_id`"),
        ("job_id,topic", "j,x", (1, 2), "--edition huawei-cloud"),
    ],
)
def test_a_wrong_column_is_one_mistake_at_its_name(
    head: str, row: str, place: tuple[int, int], said: str
) -> None:
    """It stands in the first line, however many rows there are, and not in each of them."""
    (mistake,) = _mistakes(f"{head}\n" + f"{row}\n" * 3000, "csv")
    assert mistake[:2] == place
    assert said in mistake[2]


@pytest.mark.parametrize(
    ("text", "form", "places", "said"),
    [
        ('{"a": 1, "jobs": [{"job_id": 1,\n"job_id": 2}]}', "json", [1, 2, 2], "twice"),
        ("a: 1\njobs:\n- job_id: 1\n  job_id: 2\n", "yaml", [1, 4, 4], "twice"),
        ("job_id,ddl_trans\na,true,x\nb,maybe\n", "csv", [2, 3], "3 cells"),
    ],
)
def test_one_mistake_of_form_hides_no_other(
    text: str, form: str, places: list[int], said: str
) -> None:
    """A key twice, one beside `jobs` and a cell too many stand among what else is wrong."""
    found = _mistakes(text, form)
    assert [line for line, _, _ in found] == places
    assert any(said in message for _, _, message in found)
