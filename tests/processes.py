"""Commands that a test runs in a process of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PROGRAM = str(Path(sys.executable).with_name("drs-sync-policy"))


def completed(
    command: Sequence[str | Path], *, check: bool = False, **options: Any
) -> subprocess.CompletedProcess[str]:
    """How the command ended, with what it wrote as text."""
    options = {"capture_output": True, **options}
    return subprocess.run(command, check=check, text=True, **options)
