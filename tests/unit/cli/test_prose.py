"""Sentences in lines: as wide as they may be, and never broken within a word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drs_sync_policy.cli.output.prose import beside, cells, fold

WORDS = st.lists(
    st.text("abc-`.任务，", min_size=1, max_size=12).filter(lambda word: word[0] != "，"),
    min_size=1,
)


@given(WORDS, st.integers(40, 100))
def test_every_line_fits_and_nothing_is_lost(words: list[str], width: int) -> None:
    """Only blanks at the ends of lines go; each line after the first is indented."""
    text = " ".join(words)
    first, *others = fold(text, width, rest="  ").split("\n")
    assert all(cells(line) <= width for line in (first, *others))
    assert all(line.startswith("  ") and line != line.rstrip() + " " for line in others)
    assert "".join((first, *others)).replace(" ", "") == text.replace(" ", "")
    assert fold(text, None) == text


def test_words_of_latin_letters_stay_whole_and_chinese_ones_need_not() -> None:
    """What is longer than a line is left to the terminal, so that it can be copied."""
    long = "x" * 70
    assert fold(f"see {long} there", 40) == f"see\n{long}\nthere"
    assert fold("任" * 30, 40) == "任" * 20 + "\n" + "任" * 10
    assert fold("任" * 20 + "。" + "务", 40) == "任" * 19 + "\n任。务"


def test_blanks_within_a_line_stay_as_they_are() -> None:
    """They may be of a value that is quoted."""
    assert fold("it is 'a   b'", 40) == "it is 'a   b'"


def test_a_text_stands_below_a_head_that_leaves_it_no_room() -> None:
    """To its right there are at least thirty columns, or none."""
    assert beside("a" * 10 + "  ", "b " * 20, 45).splitlines()[1].startswith(" " * 12 + "b")
    assert beside("a" * 48 + "  ", "b", 50) == "a" * 48 + "\n    b"
    assert beside("a" * 48 + "  ", "b", None) == "a" * 48 + "  b"
