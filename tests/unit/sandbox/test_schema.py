"""Text in the database, NUL included."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from drs_sync_policy.sandbox.store.schema import escape, unescape


@given(st.text(st.sampled_from("\0\\0a")))
@example("\\\0")
@example("\\0")
@example("\0\\\\\0")
def test_escaping_loses_nothing(text: str) -> None:
    """Escaped text has no NUL and comes back as it was."""
    assert "\0" not in escape(text)
    assert unescape(escape(text)) == text


@given(st.text(), st.text())
def test_different_texts_stay_different(one: str, other: str) -> None:
    """Two ids are never stored as one."""
    assert (escape(one) == escape(other)) == (one == other)
