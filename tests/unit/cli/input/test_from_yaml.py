"""YAML whose values know where they stand."""

from __future__ import annotations

import gc
from typing import Any

import pytest
import yaml
from hypothesis import given

from drs_sync_policy.cli.input.places import Place, UnreadableError
from drs_sync_policy.cli.input.yaml import read_yaml
from tests.unit.cli.input.documents import VALUES, leads_to


@given(VALUES)
def test_yaml_is_read_as_yaml_reads_it(value: Any) -> None:
    """Whatever PyYAML writes and reads comes back, with a place for each value."""
    text = yaml.safe_dump(value, allow_unicode=True)
    placed = read_yaml(text)
    assert placed.value == yaml.safe_load(text)
    assert () in placed.places
    assert leads_to(placed)


def test_a_value_of_yaml_knows_its_line() -> None:
    """Also where an alias or a merge brings it from elsewhere."""
    placed = read_yaml("base: &b\n  x: 1\njobs:\n  - <<: *b\n    y: [2,\n        3]\n")
    assert placed.value["jobs"] == [{"x": 1, "y": [2, 3]}]
    assert placed.places["jobs", 0, "y", 1] == Place(6, 9)
    assert placed.place(("jobs", 0, "nowhere")) == placed.places["jobs", 0]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: [1\nb: 2\n", 1, "invalid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "invalid YAML"),
        ("a: &x [*x]\n", 1, "endless because"),
        ("a: !!python/object:os.system x\n", 1, "invalid YAML"),
        ("\ta: 1\n", 1, "invalid YAML"),
        ("a: 1\nb: 2024-13-45\n", 2, "YAML reads 2024-13-45 as a date or a number"),
        ("a: 1\nb: " + "1" * 5000, 2, "as a date or a number"),
        ("a: 1\nb: 'x\x07'\n", 2, "the character '\\x07'"),
        ("[" * 500, 1, "nested too deeply"),
        ("a: 1\n? {b: c}\n: d\n", 2, "a key must be a text"),
        ("a: 1\n<<: [x]\n", 2, "the key `<<` needs a mapping"),
        ("- 1\n- &a {<<: *a, x: 1}\n", 2, "endless because"),
    ],
)
def test_an_error_in_yaml_has_its_place(text: str, line: int, said: str) -> None:
    """The line, and what YAML says about it; never code that runs, never a loop without end."""
    gc.disable()  # what a test before this one left cannot be cleaned up at such a depth
    try:
        with pytest.raises(UnreadableError, match=r".") as caught:
            read_yaml(text)
    finally:
        gc.enable()
    assert caught.value.problem.place.line == line
    assert said in caught.value.problem.message


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("- job_id: x\n\tddl_trans: true\n", Place(2, 1), "a tab is not allowed here: use spaces"),
        ("- job_id: 'x\n- job_id: y\n", Place(1, 11), "the quote that opens here is not closed"),
        ('- job_id: "x\n- job_id: y\n', Place(1, 11), "the quote that opens here is not closed"),
        ("- a: [1, 2\n", Place(1, 6), "the bracket that opens here is not closed ("),
        ("- a: 1\n- a: [1,\n", Place(2, 6), "the bracket that opens here is not closed ("),
        ("- {a: 1\n- {a: 2}\n", Place(1, 3), "or a comma is missing before line 2, column 3"),
        ("- a: 1\n b: 2\n", Place(2, 2), "does not fit the lines around it"),
        ("- a: 1\n   b: 2\n", Place(2, 5), "does not fit the lines around it"),
        ("jobs:\n  - a: 1\n  b: 2\n", Place(3, 3), 'or "- " is missing at its beginning'),
        ("- a: 1\n  b\n  c: 2\n", Place(2, 3), 'neither the ": " of a name'),
        ("- a\n  b: 2\n", Place(1, 3), '": " is missing after this name'),
        ("jobs\n  - a: 1\n", Place(1, 1), '": " is missing after this name'),
        ("- a: b: c\n", Place(1, 7), 'a text with ": " in it must be in quotes'),
        ("- a: @x\n", Place(1, 6), "invalid YAML: found character '@'"),
        ("- a: 'x' y\n", Place(1, 10), "invalid YAML: expected <block end>"),
    ],
)
def test_the_most_common_errors_are_in_plain_words(text: str, place: Place, said: str) -> None:
    """Where a quote or a bracket opens, not where the file ends; PyYAML's words for the rest."""
    with pytest.raises(UnreadableError) as caught:
        read_yaml(text)
    assert caught.value.problem.place == place
    assert said in caught.value.problem.message


def test_a_small_file_of_yaml_does_not_grow_without_bound() -> None:
    """Aliases of aliases are rejected before memory runs out."""
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 40)}]" for n in range(1, 8)]
    with pytest.raises(UnreadableError, match="endless because"):
        read_yaml("\n".join(["l0: &l0 [x]", *levels]))


def test_a_mapping_wins_over_what_it_merges() -> None:
    """As YAML says: its own values first, then those of the first that is merged."""
    text = "- &a {x: 1, y: 1}\n- &b {x: 2, z: 2}\n- {<<: [*a, *b], y: 3}\n"
    assert read_yaml(text).value[2] == yaml.safe_load(text)[2] == {"x": 1, "y": 3, "z": 2}
    (problem,) = read_yaml("- &a {x: 1}\n- {<<: *a, x: 2, x: 3}\n").problems
    assert "twice" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "? " + "[" * 3 + "x" + "]" * 3 + "\n: x\n",
        "- &m0 {a: 1}\n" + "".join(f"- &m{n} {{<<: *m{n - 1}, k{n}: 1}}\n" for n in range(1, 2000)),
    ],
    ids=["key", "chain"],
)
def test_keys_and_merges_do_not_grow_without_bound(text: str) -> None:
    """A small file ends soon, whatever it refers to: each mapping is put together once."""
    with pytest.raises(UnreadableError, match=r"a key must be|endless"):
        read_yaml(text)


def test_what_is_merged_many_times_is_put_together_once() -> None:
    """Forty merges of forty merges, and so on, are one value."""
    lines = [f"- &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 40)}]}}\n" for n in range(1, 50)]
    assert read_yaml("- &m0 {a: 1}\n" + "".join(lines)).value == [{"a": 1}] * 50
