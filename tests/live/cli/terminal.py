"""A terminal that a command asks its questions on."""

from __future__ import annotations

import os


def converse(terminal: int, replies: dict[str, str]) -> str:
    """Types each reply when its question appears; everything that was shown, until the end."""
    shown, waiting = "", dict(replies)
    while True:
        try:
            shown += os.read(terminal, 4096).decode()
        except OSError:
            return shown
        for question in [q for q in waiting if q in shown]:
            os.write(terminal, (waiting.pop(question) + "\n").encode())
