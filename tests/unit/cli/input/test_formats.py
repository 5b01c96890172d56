"""Which format a file of policies has."""

from __future__ import annotations

from drs_sync_policy.cli.input.formats import format_of


def test_the_name_decides_the_format() -> None:
    """By its ending, in any case."""
    names = ("a.yaml", "a.YML", "b.json", "c.csv", "d.txt", "-")
    assert [format_of(n) for n in names] == ["yaml", "yaml", "json", "csv", None, None]
