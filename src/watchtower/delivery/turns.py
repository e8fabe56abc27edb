"""Whose turn it is to be sent: so many at once, the worst severity first, and nobody holds more than their share.

An address (a person by a channel) that took its last page may have several attempts under way; any other is tried
one page at a time until it takes one. What an attempt waits for is its far side: a webhook's URL, a gateway, a mail
server. One far side has at most `SHARE` of a channel's places; all that hung have at most `HANGING` together, and all
that are not known to be well leave `SHARE` free: however many are dead, there is room for the living. A new far side
waits only where more than a hundred others, never heard of either, hang at that moment.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from typing import NamedTuple

from watchtower.core.incident.incidents import Address

PER_CHANNEL = 128
"""Attempts under way on one channel, a thread each where it is called by HTTP."""
SHARE, HANGING = 8, 32


class Way(NamedTuple):
    """The responder, the channel, and the receiver that carries it."""

    address: Address
    receiver: str
    name: str = ""
    """The configured channel, as "sms.cn"; empty when there is none."""
    share: int = SHARE
    """Attempts that its far side is given at once."""
    idempotent: bool = False
    """Its far side tells a repetition."""

    @property
    def channel(self) -> str:
        return self.name or self.address[1]

    @property
    def server(self) -> str:
        return f"{self.channel} {self.receiver}"


_Waiter = tuple[int, int, "asyncio.Future[None]"]
"""Severity's rank, order of arrival, and what is set when the turn has come."""


class Turns:
    """Owned by one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[Way, list[_Waiter]] = {}
        self._under_way = Counter[Address]()
        self._asked: defaultdict[str, Counter[str]] = defaultdict(Counter)  # by channel, by server
        self._up: set[Address] = set()
        self._well: dict[str, bool] = {}
        self._arrivals = itertools.count()

    @asynccontextmanager
    async def turn(self, way: Way, rank: int) -> AsyncIterator[None]:
        """Waits for a turn and holds it for the length of the `async with`."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting.setdefault(way, []), (rank, next(self._arrivals), mine))
        self._hand_out()
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # it had just been given
                self._give_back(way)
            raise
        try:
            yield
        finally:
            self._give_back(way)

    def failed(self, way: Way, *, hung: bool) -> None:
        """The address did not accept a page; `hung`: its receiver did not answer in time."""
        self._up.discard(way.address)
        if hung:
            self._well[way.server] = False

    def worked(self, way: Way) -> bool:
        """The address accepted a page. Returns whether it had failed before."""
        was_up = way.address in self._up
        self._up.add(way.address)
        self._well[way.server] = True
        return not was_up

    def _give_back(self, way: Way) -> None:
        self._hold(way, -1)
        self._hand_out()

    def _hold(self, way: Way, more: int) -> None:
        servers = self._asked[way.channel]
        self._under_way[way.address] += more
        servers[way.server] += more
        if not self._under_way[way.address]:
            del self._under_way[way.address]
        if not servers[way.server]:
            del servers[way.server]

    def _hand_out(self) -> None:
        while (way := self._next()) is not None:
            _, _, waiter = heappop(self._waiting[way])
            self._hold(way, 1)
            waiter.set_result(None)

    def _next(self) -> Way | None:
        """The way whose first waiter is next. There are few ways, however many pages wait."""
        best: tuple[_Waiter, Way] | None = None
        room = {channel: self._room(servers) for channel, servers in self._asked.items()}
        for way, waiters in list(self._waiting.items()):
            while waiters and waiters[0][2].done():  # cancelled while it waited
                heappop(waiters)
            if not waiters:
                del self._waiting[way]
            elif (best is None or waiters[0] < best[0]) and self._may(way, room):
                best = waiters[0], way
        return best[1] if best else None

    def _room(self, servers: Counter[str]) -> dict[bool | None, bool]:
        """Whether one more attempt may begin at a healthy (True), an unknown (None) or a hung (False)
        receiver."""
        count = Counter[bool | None]()
        for server, asked in servers.items():
            count[self._well.get(server)] += asked
        well = count.total() < PER_CHANNEL
        new = well and count[None] + count[False] < PER_CHANNEL - SHARE
        return {True: well, None: new, False: new and count[False] < HANGING}

    def _may(self, way: Way, room: dict[str, dict[bool | None, bool]]) -> bool:
        if way.address not in self._up and way.address in self._under_way:
            return False
        if way.channel not in room:
            return True
        return (
            self._asked[way.channel][way.server] < way.share and room[way.channel][self._well.get(way.server)]
        )
