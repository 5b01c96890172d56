"""A terminal that a command runs in."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping
from pathlib import Path

Process = subprocess.Popen[bytes]


def in_terminal(
    *command: str,
    env: Mapping[str, str],
    cwd: Path | None = None,
    columns: int = 0,
    replies: Mapping[str, str] | None = None,
    meanwhile: Callable[[Process], None] | None = None,
) -> tuple[int, str]:
    """How the command ended, and everything that was shown until then.

    `columns` is the width of the terminal. Each of `replies` is typed when its question appears.
    """
    master, slave = pty.openpty()
    if columns:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    running = subprocess.Popen(
        command, cwd=cwd, env=env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    if meanwhile:
        meanwhile(running)
    shown, waiting = "", dict(replies or {})
    decoder = codecs.getincrementaldecoder("utf-8")()
    while True:
        try:
            shown += decoder.decode(os.read(master, 65536))
        except OSError:  # what a terminal says at its end
            break
        for question in [q for q in waiting if q in shown]:
            os.write(master, (waiting.pop(question) + "\n").encode())
    os.close(master)
    return running.wait(60), shown
