"""Ctrl-C and SIGTERM end a run at once: nothing under way is waited for."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from drs_sync_policy.fuzz.target.http import Wire

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping(wire: Wire) -> Generator[None]:
    """Until the block ends, a signal stops the wire and raises `KeyboardInterrupt`.

    Only the main thread receives signals. A signal that is ignored stays ignored.
    """

    def stop(_number: int, _frame: object) -> None:
        wire.stop()
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    ours = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in ours:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number] or signal.SIG_DFL)
