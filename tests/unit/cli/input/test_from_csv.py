"""CSV whose cells know where they stand."""

from __future__ import annotations

import pytest

from drs_sync_policy.cli.input.csv import read_csv
from drs_sync_policy.cli.input.places import Place, UnreadableError


def test_csv_leaves_empty_cells_out_and_knows_types() -> None:
    """Booleans and integers by their name's type, whatever else is text; lines are counted."""
    text = 'id,on,n,text\n1,TRUE,7,\n\n"2\n",no,x,"a,b"\n3,false,,true\n'
    placed = read_csv(text, {"on": {"type": "boolean"}, "n": {"type": "integer"}})
    assert list(placed.value) == [
        {"id": "1", "on": True, "n": 7},
        {"id": "2\n", "on": "no", "n": "x", "text": "a,b"},
        {"id": "3", "on": False, "text": "true"},
    ]
    assert placed.place((1, "text")) == Place(4, 4)
    assert placed.place((2,)) == placed.place((2, "more")) == Place(6, 1)
    assert placed.place(()) == Place(1, 1)
    assert (placed.value[-1], placed.value[1:2]) == (placed.value[2], [placed.value[1]])


def test_cells_may_be_missing_at_the_end_of_a_row() -> None:
    """Spreadsheets leave out empty ones there; a cell too many belongs to no name."""
    placed = read_csv("a,b,c\n1\n2,x\n3,,y\n", {})
    assert list(placed.value) == [{"a": "1"}, {"a": "2", "b": "x"}, {"a": "3", "c": "y"}]
    assert placed.problems == []
    (problem,) = read_csv("a,b\n1,2,3\n", {}).problems
    assert problem.place == Place(2, 3)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("a,a\n", Place(1, 2), "twice"),
        ("a,\n", Place(1, 2), "has no name"),
        ('a\n"x', Place(2, 1), "invalid CSV"),
    ],
)
def test_an_error_in_csv_has_its_place(text: str, place: Place, said: str) -> None:
    """The line and the number of the cell."""
    with pytest.raises(UnreadableError, match=said) as caught:
        read_csv(text, {})
    assert caught.value.problem.place == place


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(end: str) -> None:
    """Also within quotes, and in the last line or not."""
    text = end.join(("a,b", '"1', '2",x', "", "3,y"))
    placed = read_csv(text, {})
    assert list(placed.value) == [{"a": f"1{end}2", "b": "x"}, {"a": "3", "b": "y"}]
    assert placed.place((1, "b")) == Place(5, 2)
