"""What a person sees while a run goes on: phase, speed, and each finding as it comes."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.text import Text

from drs_sync_policy.fuzz.active import Progress
from drs_sync_policy.fuzz.findings.grouping import Finding
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.report.describe import Describer
from drs_sync_policy.fuzz.report.terminal import show_finding
from drs_sync_policy.fuzz.target.profile import Target
from drs_sync_policy.text import counted


class Live:
    """Shows a run on a console; the line with phase and speed only on a terminal."""

    def __init__(self, console: Console, target: Target, *, folder: Path | None = None) -> None:
        self._console = console
        self._target = target
        self._folder = folder
        self._describer: Describer | None = None
        self._lock = threading.Lock()
        self._phase = "starting"
        self._started = time.monotonic()
        self._findings = 0
        self._status = Status(self, console=console) if console.is_terminal else None

    @property
    def progress(self) -> Progress:
        """What `run` calls."""
        return Progress(begin=self.begin, phase=self.phase, finding=self.finding)

    def begin(self, ledger: Ledger) -> None:
        """The run begins, with this record."""
        self._describer = Describer(self._target, ledger, folder=self._folder)

    def phase(self, name: str) -> None:
        """The run begins a phase; `done` is the last."""
        self._phase = name
        if self._status is None:
            return
        if name == "done":
            self._status.stop()
        else:
            self._status.start()

    def finding(self, finding: Finding) -> None:
        """The first example of a finding."""
        if self._describer is None:
            return
        with self._lock:
            self._findings += 1
            show_finding(self._describer.finding(finding), self._console)

    def __rich__(self) -> Text:
        return Text(self.line)

    @property
    def line(self) -> str:
        """The line at the bottom, made again at each refresh."""
        seconds = time.monotonic() - self._started
        sent = self._describer.ledger.requests if self._describer else 0
        rate = f"{sent / seconds:,.0f} a second" if seconds > 1 else "..."
        found = f", {counted(self._findings, 'finding')}" if self._findings else ""
        return f"{self._phase}: {counted(sent, 'checked request')}, {rate}{found}"
