"""Which process checks for another one."""

from __future__ import annotations

from pathlib import Path


def checks_of(pid: int) -> int:
    """The process below `pid`, at any depth, that checks what it sees."""
    left = [pid]
    while left:
        for child in _children(left.pop()):
            left.append(child)
            if b"second import main" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
    raise AssertionError(f"{pid} has no process that checks")


def _children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for thread in threads for child in thread.read_text("ascii").split()]
