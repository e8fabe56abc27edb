"""Whose turn it is to be sent: so many at once, the worst severity first, and nobody holds more than their share.

An address (a person by a channel) that took its last page may have several attempts under way; any other is tried
one page at a time until it takes one. What an attempt waits for is its far side: a webhook's URL, a gateway, a mail
server. One far side has at most `SHARE` of a channel's places; all that hung have at most `HANGING` together, and all
that are not known to be well leave `SHARE` free: however many are dead, there is room for the living.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from typing import NamedTuple

from watchtower.core.incidents import Address

PER_CHANNEL = 32
"""Attempts under way on one channel."""
SHARE, HANGING = 8, 8


class Way(NamedTuple):
    """Who is to get it by which channel, and the far side that is asked for it."""

    address: Address
    far_side: str

    @property
    def channel(self) -> str:
        return self.address[1]

    @property
    def server(self) -> str:
        return f"{self.channel} {self.far_side}"


_Waiter = tuple[int, int, "asyncio.Future[None]"]
"""Severity's rank, order of arrival, and what is set when the turn has come."""


class Turns:
    """Owned by one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[Way, list[_Waiter]] = {}
        self._held: list[Way] = []
        self._up: set[Address] = set()
        self._well: dict[str, bool] = {}
        self._arrivals = itertools.count()

    @asynccontextmanager
    async def turn(self, way: Way, rank: int) -> AsyncIterator[None]:
        """Wait for a turn, hold it for the length of the `async with`."""
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
        """The address did not take a page; `hung`: the far side kept us waiting."""
        self._up.discard(way.address)
        if hung:
            self._well[way.server] = False

    def worked(self, way: Way) -> bool:
        """The address took a page. Whether that is news."""
        was_up = way.address in self._up
        self._up.add(way.address)
        self._well[way.server] = True
        return not was_up

    def _give_back(self, way: Way) -> None:
        self._held.remove(way)
        self._hand_out()

    def _hand_out(self) -> None:
        while (way := self._next()) is not None:
            _, _, waiter = heappop(self._waiting[way])
            self._held.append(way)
            waiter.set_result(None)

    def _next(self) -> Way | None:
        """The way whose first waiter goes next. There are few ways, however many pages wait."""
        best: tuple[_Waiter, Way] | None = None
        for way, waiters in list(self._waiting.items()):
            while waiters and waiters[0][2].done():  # cancelled while it waited
                heappop(waiters)
            if not waiters:
                del self._waiting[way]
            elif (best is None or waiters[0] < best[0]) and self._may(way):
                best = waiters[0], way
        return best[1] if best else None

    def _may(self, way: Way) -> bool:
        if way.address not in self._up and any(held.address == way.address for held in self._held):
            return False
        mine = [held.server for held in self._held if held.channel == way.channel]
        if len(mine) >= PER_CHANNEL or mine.count(way.server) >= SHARE:
            return False
        states, well = [self._well.get(server) for server in mine], self._well.get(way.server)
        if well:
            return True
        room = len(mine) - states.count(True) < PER_CHANNEL - SHARE
        return room and (well is None or states.count(False) < HANGING)
