"""Live traffic: this process relays it, a second one checks a copy of what was relayed.

If the second process is slower than the traffic, such an exchange is relayed as always, and counts
as not checked.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator

from attrs import define, field

from drs_sync_policy.fuzz.traffic.recorded import Recorded, size_of
from drs_sync_policy.fuzz.traffic.relay import Counts, Relay
from drs_sync_policy.fuzz.traffic.second import Arrivals, Second


def notes(arrivals: Arrivals) -> Iterator[str]:
    """What a reader of the verdict should know, after the end of what arrived."""
    if arrivals.dropped:
        yield (
            f"{arrivals.dropped} exchanges were relayed and not checked: they came faster than they"
            " could be checked"
        )
    if not arrivals.has_ended:
        yield "the process that relays the traffic has died; what came before was checked"
        return
    counts: Counts = arrivals.last
    if counts.broken:
        yield f"{counts.broken} connections were not checked to their end: no HTTP/1.1"
    if counts.unreachable:
        yield f"{counts.unreachable} connections found no server"


@define
class Proxy:
    """A relay whose exchanges a second process gets."""

    url: str
    verify: bool | str
    second: Second
    _relay: Relay = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._relay = Relay(self.url, self._seen, verify=self.verify)

    async def run(
        self, host: str, port: int, *, listening: Callable[[str, int], None]
    ) -> int | None:
        """Relay until SIGINT or SIGTERM; the exit code of the second process, None if it died.

        `OSError` if the address cannot be used.
        """
        server = await self._relay.listen(host, port)
        self.second.start()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        listening(host, server.sockets[0].getsockname()[1])
        await stop.wait()
        await self._relay.close(server)
        return await asyncio.to_thread(self.second.end, self._relay.counts)

    def _seen(self, recorded: Recorded) -> None:
        self.second.hand_over(recorded, size_of(recorded))
