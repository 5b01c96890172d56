"""How much memory another process has had."""

from __future__ import annotations

from pathlib import Path


def peak(pid: int) -> int:
    """The most memory of a process since its program began, in bytes; 0 once it has ended.

    What `wait4` and `getrusage` report begins with the memory of the process that started it:
    a test process that is large itself would be measured instead.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # A process that has ended and was not waited for has no line for its memory.
    _, found, rest = status.partition("VmHWM:")
    return int(rest.split()[0]) * 1024 if found else 0
