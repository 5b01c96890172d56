"""What the process that runs Locust has to know."""

from __future__ import annotations

from typing import Literal

import msgspec
from attrs import frozen

Role = Literal["alone", "master", "worker"]
PORT = 5557
"""The port on which a master of Locust listens, if no other is chosen."""


@frozen
class Settings:
    """One load. A worker gets the number of users and the rate from its master."""

    profile: str
    """The path of the target profile."""
    edition: str
    users: int = 10
    seconds: float = 60.0
    rate: float | None = None
    """The most requests a second of all users, None for no limit."""
    role: Role = "alone"
    host: str = "127.0.0.1"
    """Where the master listens."""
    port: int = PORT
    expect_workers: int = 1
    checks: bool = True
    """Whether responses are checked; without, only latencies are measured."""

    def as_text(self) -> str:
        """The settings as one argument of a command."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_text(cls, text: str) -> Settings:
        """What `as_text` wrote."""
        return msgspec.json.decode(text, type=cls)
