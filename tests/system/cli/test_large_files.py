"""Files of policies that are large: they are read in bounded memory, and it shows how far it is."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.system.memory import peak

BYTES = 100_000_000
MOST_MEMORY = 600_000_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A CSV file of 100 MB, about two million jobs, with an error in its last line."""
    file = tmp_path / "large.csv"
    line = "19557d51-1ee6-4507-97a6-{:08d}jb,ignore,true\n"
    with file.open("w") as stream:
        stream.write("job_id,conflict_policy,ddl_trans\n")
        stream.writelines(line.format(n) for n in range(BYTES // len(line.format(0)) + 1))
        stream.write("j,nonsense,\n")
    assert file.stat().st_size > BYTES
    return file


def test_a_csv_file_of_100_mb_is_read_in_less_than_600_mb(large: Path) -> None:
    """All of it is validated, in a terminal with a bar that moves."""
    program = str(Path(sys.executable).with_name("drs-sync-policy"))
    master, slave = pty.openpty()
    running = subprocess.Popen(
        [program, "apply", str(large)], env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    shown = b""
    most = 0
    with suppress(OSError):  # what a terminal says at its end
        while part := os.read(master, 65536):
            shown += part
            most = max(most, peak(running.pid))
    os.close(master)
    assert running.wait(60) == 2
    assert 0 < most < MOST_MEMORY
    text = shown.decode()
    assert '"nonsense": it must be' in text
    assert "Reading" in text
    percents = {int(found) for found in re.findall(r"(\d+)%", text)}
    assert len(percents - {0, 100}) > 5, text[-2000:]
