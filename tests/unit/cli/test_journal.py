"""What a journal remembers, and what it does with files that are none."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from drs_sync_policy.cli.journal import BadJournalError, Journal

Items = Sequence[Mapping[str, str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def _open(path: Path) -> Journal:
    return Journal.open(path, url="http://h", project_id="p")


def _run(path: Path, items: Items, taken: Sequence[str]) -> list[int]:
    """A run of these items; the server took `taken`; the indices that were to be sent."""
    with _open(path) as journal:
        left = journal.begin(items)
        journal.note(taken)
    return left


def _item(job_id: str, value: str = "") -> dict[str, str]:
    return {"job_id": job_id, "slot_name": value}


def test_what_was_taken_is_not_sent_again(path: Path) -> None:
    """Only the rest is, as often as it takes."""
    items = [_item("a"), _item("b"), _item("c")]
    assert _run(path, items, ["a"]) == [0, 1, 2]
    assert _run(path, items, ["c"]) == [1, 2]
    assert _run(path, items, []) == [1]


def test_what_is_dropped_is_sent_again(path: Path) -> None:
    """And nothing else, whoever opens the journal next; without a job there is no journal."""
    items = [_item("a"), _item("b"), _item("c")]
    _run(path, items, ["a", "b"])
    with _open(path) as journal:
        assert journal.begin(items) == [2]
        journal.drop(["b", "c", "nobody"])
    assert _run(path, items, []) == [1, 2]
    with _open(path) as journal:
        journal.begin(items)
        journal.drop(["a"])
    assert not path.exists()


def test_a_journal_knows_when_it_was_written(path: Path) -> None:
    """The time of the earlier run, not that of its opening."""
    _run(path, [_item("a"), _item("b")], ["a"])
    os.utime(path, (86_400, 86_400))
    with _open(path) as journal:
        journal.begin([_item("a"), _item("b")])
        assert f"{journal.written:%Y-%m-%d %H:%M}" == "1970-01-02 00:00"


def test_an_item_that_is_edited_back_is_sent(path: Path) -> None:
    """The server has what it took last, not what it took once."""
    first, other = [_item("a", "1")], [_item("a", "2")]
    _run(path, first, ["a"])
    _run(path, other, ["a"])
    assert _run(path, first, []) == [0]


def test_what_was_sent_without_a_response_may_have_been_taken(path: Path) -> None:
    """From then on nothing is known of the job, whatever was taken before."""
    keep = [_item("keep")]
    _run(path, [*keep, _item("a", "1")], ["keep", "a"])
    _run(path, [*keep, _item("a", "2")], [])
    assert _run(path, [*keep, _item("a", "1")], []) == [1]


@pytest.mark.parametrize("after", [["2", "1"], ["1"], ["2"], ["1", "2", "1"], ["1", "1", "2"]])
def test_the_items_of_a_job_are_done_in_their_order_or_not_at_all(
    after: list[str], path: Path
) -> None:
    """Swapped, or with one removed or added, they leave another policy behind."""
    _run(path, [_item("a", "1"), _item("a", "2")], ["a", "a"])
    assert _run(path, [_item("a", value) for value in after], []) == list(range(len(after)))


def test_a_job_is_done_when_all_its_items_are(path: Path) -> None:
    """One of two taken is none taken: what the other left is not known."""
    items = [_item("a", "1"), _item("b"), _item("a", "2")]
    _run(path, items, ["a", "b"])
    assert _run(path, items, ["a", "a"]) == [0, 2]
    assert _run(path, items, []) == []


@pytest.mark.parametrize("torn", [1, 5, 30])
def test_a_line_that_was_not_written_whole_is_cut_off(torn: int, path: Path) -> None:
    """So that the next is a line of its own, and what it says is read again."""
    items = [_item("a"), _item("b")]
    _run(path, items, ["a", "b"])
    path.write_bytes(path.read_bytes()[:-torn])
    assert _run(path, items, ["b"]) == [1]
    assert _run(path, items, []) == []


def test_an_incomplete_head_is_written_again(path: Path) -> None:
    """A run that was killed in its first moment does not make the next one fail."""
    items = [_item("a")]
    _run(path, items, ["a"])
    path.write_bytes(path.read_bytes()[:9])
    assert _run(path, items, ["a"]) == [0]
    assert _run(path, items, []) == []


@pytest.mark.parametrize("content", ["notes", "notes\n", '{"server": "http://h q"}\n', "[1]\n"])
def test_a_file_that_is_another_is_left_alone(content: str, path: Path) -> None:
    """It may be something of value, also where it has no whole line."""
    path.write_text(content)
    with pytest.raises(BadJournalError, match="Delete it, or give another"):
        _open(path)
    assert path.read_text() == content


def test_a_line_that_cannot_be_read_makes_all_before_it_unknown(path: Path) -> None:
    """It may have said that a job was sent again; sending again is harmless."""
    items = [_item("a"), _item("b")]
    _run(path, items, ["a", "b"])
    first, a, b = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + a + b"{torn\n" + b)
    assert _run(path, items, []) == [0]


def test_a_journal_belongs_to_one_run_at_a_time(path: Path) -> None:
    """A second one is rejected, and the first loses nothing; afterwards it is free."""
    with _open(path) as journal:
        journal.begin([_item("a")])
        with pytest.raises(BadJournalError, match="in use by another run"):
            _open(path)
        journal.note(["a"])
    assert _run(path, [_item("a")], []) == []


# mypy knows no class that is computed; the class of Path() depends on the system.
class _Vanishing(type(Path())):  # type: ignore[misc]
    """A path whose file another run deletes when it has just been opened and locked, once."""

    deleted = False

    def stat(self, **options: Any) -> Any:
        if not self.deleted:
            _Vanishing.deleted = True
            self.unlink()
        return super().stat(**options)


def test_a_journal_that_is_deleted_while_it_is_opened_is_created_again(path: Path) -> None:
    """What is written goes into a file that the next run finds."""
    with Journal.open(_Vanishing(path), url="http://h", project_id="p") as journal:
        journal.begin([_item("a")])
        journal.note(["a"])
    assert _Vanishing.deleted
    assert _run(path, [_item("a")], []) == []


def test_a_run_without_success_leaves_no_journal(path: Path) -> None:
    """Nor does one that begins afresh and ends at once."""
    _run(path, [_item("a")], [])
    assert not path.exists()
    _run(path, [_item("a")], ["a"])
    with _open(path) as journal:
        journal.forget()
    assert not path.exists()


def test_a_path_that_is_not_a_file_is_rejected() -> None:
    """A journal in a device would remember nothing, and its deletion would hurt."""
    with pytest.raises(BadJournalError, match="is not a regular file"):
        _open(Path("/dev/null"))


def test_a_system_without_locks_has_journals_all_the_same(path: Path) -> None:
    """Windows has no `fcntl`."""
    code = (
        "import sys\nsys.modules['fcntl'] = None\nfrom pathlib import Path\n"
        "from drs_sync_policy.cli.journal import Journal\n"
        f"with Journal.open(Path({str(path)!r}), url='http://h', project_id='p') as journal:\n"
        "    journal.begin([{'job_id': 'a', 'slot_name': ''}])\n    journal.note(['a'])\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert _run(path, [_item("a")], []) == []


def test_a_journal_is_its_owners_and_never_behind_a_link(path: Path, tmp_path: Path) -> None:
    """In a shared folder somebody else may have made a link to a file of ours."""
    mask = os.umask(0)
    try:
        with _open(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(mask)
    target = tmp_path / "precious"
    path.symlink_to(target)
    for content in (None, ""):
        if content is not None:
            target.write_text(content)
        with pytest.raises(BadJournalError, match="it is a link"):
            _open(path)
    assert target.read_text() == ""
