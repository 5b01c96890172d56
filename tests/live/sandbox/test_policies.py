"""What a request stores, and what it responses for each item."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .conftest import Caller

FULL = {
    "conflict_policy": "ignore",
    "filter_ddl_policy": "drop_database",
    "ddl_trans": True,
    "index_trans": False,
    "slot_name": "",
}


def test_every_field_is_stored_as_it_was_sent(first: Caller) -> None:
    """All fields of an item are there after the response, false and empty ones too."""
    job = first.new_job()
    response = first.set({"job_id": job, **FULL})
    assert response.json() == {"results": [{"id": job, "status": "success"}], "count": 1}
    assert first.stored(job) == FULL


@pytest.mark.parametrize("name", list(FULL))
def test_an_omitted_field_keeps_its_value(first: Caller, name: str) -> None:
    """A later request changes the fields that it names, and no other."""
    job = first.new_job()
    first.set({"job_id": job, **{key: value for key, value in FULL.items() if key != name}})
    first.set({"job_id": job, name: FULL[name]})
    assert first.stored(job) == FULL


def test_later_items_win_field_by_field(first: Caller) -> None:
    """Items of one job apply in order, and each has its own result."""
    job = first.new_job()
    response = first.set(
        {"job_id": job, "conflict_policy": "ignore", "ddl_trans": True},
        {"job_id": job, "conflict_policy": "stop"},
        {"job_id": job, "index_trans": True},
    )
    assert [result["id"] for result in response.json()["results"]] == [job] * 3
    assert first.stored(job) == {
        "conflict_policy": "stop",
        "ddl_trans": True,
        "index_trans": True,
    }


def test_later_calls_win(first: Caller) -> None:
    """A request replaces what an earlier one stored."""
    job = first.new_job()
    for value in ("ignore", "overwrite", "stop"):
        first.set({"job_id": job, "conflict_policy": value})
        assert first.stored(job) == {"conflict_policy": value}


def test_repeating_a_call_changes_nothing(first: Caller) -> None:
    """The same request gives the same response and leaves the same state."""
    job = first.new_job()
    jobs = [{"job_id": job, **FULL}, {"job_id": "unknown"}]
    assert first.set(*jobs).content == first.set(*jobs).content
    assert first.stored(job) == FULL


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_refused_batch_stores_nothing(first: Caller, position: int) -> None:
    """One invalid item, and the valid ones are not carried out either."""
    jobs = [first.new_job(), first.new_job()]
    items: list[dict[str, Any]] = [{"job_id": job, **FULL} for job in jobs]
    items.insert(position, {"job_id": "x", "ddl_trans": "yes"})
    assert first.set(*items).status_code == 400
    assert [first.stored(job) for job in jobs] == [{}, {}]


def test_results_are_in_request_order_duplicates_included(first: Caller) -> None:
    """Known, blocked and unknown jobs are answered in the order of the items."""
    known, blocked = first.new_job(), first.new_job("INCRE_TRANSFER_STARTED")
    ids = ["zz", known, "", "aa", blocked, known, "zz", blocked]
    ids[2] = "\0"
    response = first.set(*({"job_id": job} for job in ids)).json()
    assert response["count"] == len(ids)
    assert [result["id"] for result in response["results"]] == ids
    codes = [result.get("error_code") for result in response["results"]]
    unknown, state = "DRS.M05003", "DRS.M00304"
    assert codes == [unknown, None, unknown, unknown, state, None, unknown, state]


def test_failed_items_leave_the_others_alone(first: Caller) -> None:
    """An unknown and a blocked job fail, store nothing, and the rest is carried out."""
    known, blocked = first.new_job(), first.new_job("FULL_TRANSFER_STARTED")
    first.set(
        {"job_id": blocked, **FULL}, {"job_id": "no-such-job", **FULL}, {"job_id": known, **FULL}
    )
    assert (first.stored(known), first.stored(blocked)) == (FULL, {})


def test_failed_items_explain_themselves_in_the_language(first: Caller) -> None:
    """`X-Language` chooses the text of a failed result and nothing else."""
    jobs = [{"job_id": "nowhere"}, {"job_id": first.new_job("CREATING")}]
    english = first.set(*jobs, X_Language="en-us").json()["results"]
    translated = first.set(*jobs, X_Language="zh-cn").json()["results"]
    for one, other in zip(english, translated, strict=True):
        assert one["error_code"] == other["error_code"]
        assert one["error_msg"].isascii()
        assert not other["error_msg"].isascii()


def test_unknown_fields_are_ignored(first: Caller) -> None:
    """Fields that the contract does not describe change neither response nor state."""
    job = first.new_job()
    item = {"job_id": job, "conflict_policy": "stop"}
    odd = {"policy": 1, "Conflict_policy": "ignore", "is_fill_materialized_view": False, "": None}
    plain = first.set(item).content
    response = first.send(json.dumps({"jobs": [{**item, **odd}], **odd}))
    assert response.content == plain
    assert first.stored(job) == {"conflict_policy": "stop"}


@pytest.mark.parametrize(
    "extreme",
    [
        "[" * 300 + "]" * 300,
        "1" * 300,
        "1e308",
        "1e400",
        "-" + "9" * 400,
        '{"":' * 90 + "1" + "}" * 90,
    ],
)
def test_extremes_in_ignored_fields_are_survived(first: Caller, extreme: str) -> None:
    """Deep nesting and huge numbers where nobody looks get 200 or 400."""
    response = first.send(f'{{"jobs": [{{"job_id": "x", "y": {extreme}}}], "z": {extreme}}}')
    assert response.status_code in (200, 400)


@pytest.mark.parametrize(
    "job_id",
    [
        "x",
        "\0",
        "a\0b",
        "\\0",
        " ",
        "../../etc",
        "'; DROP TABLE job; --",
        "\U0001f600",
        "\ufeff",
        "\uffff",
        "e\u0301",
        "\u202e",
        "%00",
        "x" * 100_000,
        "A" * 36,
    ],
)
def test_any_text_is_a_job_id(first: Caller, job_id: str) -> None:
    """Whatever text is sent as id comes back code point for code point."""
    result = first.set({"job_id": job_id}).json()["results"][0]
    assert (result["id"], result["status"]) == (job_id, "failed")


@pytest.mark.parametrize("text", ["\0", "a\0b\\0", "\\", "\U0001f600\u0000", "'\"", "x" * 100_000])
def test_any_text_is_stored(first: Caller, text: str) -> None:
    """A field's text is stored code point for code point."""
    job = first.new_job()
    first.set({"job_id": job, "slot_name": text})
    assert first.stored(job) == {"slot_name": text}


def test_ids_are_compared_exactly(first: Caller) -> None:
    """Another case, a blank or another normal form is another job."""
    job = first.new_job()
    variants = [job.upper(), f" {job}", f"{job} ", f"{job}\0", job[:-1], f"{job}\n"]
    results = first.set(*({"job_id": variant} for variant in variants)).json()["results"]
    assert {result["status"] for result in results} == {"failed"}


def test_many_items_are_one_batch(first: Caller) -> None:
    """Thousands of items, a megabyte of them, are answered one by one and in order."""
    job = first.new_job()
    items = [{"job_id": f"unknown-{number:06}"} for number in range(30_000)]
    items.append({"job_id": job, "slot_name": "last"})
    response = first.set(*items)
    assert response.json()["count"] == len(items)
    assert [result["id"] for result in response.json()["results"]] == [
        item["job_id"] for item in items
    ]
    assert first.stored(job) == {"slot_name": "last"}


def test_concurrent_calls_take_turns(first: Caller) -> None:
    """Calls at the same time lose nothing: every field that one of them set is there."""
    jobs = [first.new_job() for _ in range(4)]
    fields = [{name: value} for name, value in FULL.items()] * 4

    def request(field: dict[str, Any]) -> int:
        return first.set(*({"job_id": job, **field} for job in jobs)).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(request, fields)) == {200}
    assert [first.stored(job) for job in jobs] == [FULL] * len(jobs)


@pytest.mark.parametrize("split", [1, 2, 4])
def test_splitting_a_batch_changes_no_result(first: Caller, split: int) -> None:
    """The result of an item does not depend on which batch it is in."""
    ids = [first.new_job(), "nowhere", first.new_job("PAUSING"), first.new_job()]
    whole = first.set(*({"job_id": job} for job in ids)).json()["results"]
    parts = [
        result
        for start in range(0, len(ids), split)
        for result in first.set(*({"job_id": job} for job in ids[start : start + split])).json()[
            "results"
        ]
    ]
    assert parts == whole
