"""Whose turn it is to be sent: so many at once, the worst severity first.

An address that failed is tried one page at a time until it takes one: a dead webhook on which every attempt
hangs does not keep the others of its channel waiting.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush

from watchtower.core.incidents import Address

_Waiter = tuple[int, int, "asyncio.Future[None]"]
"""Severity's rank, order of arrival, and what is set when the turn has come."""


class Turns:
    """At most `per_channel` at once on one channel, and `overall` on all of them."""

    def __init__(self, per_channel: int, overall: int) -> None:
        self._per_channel, self._overall = per_channel, overall
        self._waiting: dict[Address, list[_Waiter]] = {}
        self._busy: Counter[Address] = Counter()
        self._channels: Counter[str] = Counter()
        self._down: set[Address] = set()
        self._arrivals = itertools.count()

    @asynccontextmanager
    async def turn(self, address: Address, rank: int) -> AsyncIterator[None]:
        """Wait for a turn, hold it for the length of the `async with`."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting.setdefault(address, []), (rank, next(self._arrivals), mine))
        self._hand_out()
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # it had just been given
                self._give_back(address)
            raise
        try:
            yield
        finally:
            self._give_back(address)

    def failed(self, address: Address) -> None:
        """One at a time from now on."""
        self._down.add(address)

    def worked(self, address: Address) -> bool:
        """Whether it had failed before."""
        was_down = address in self._down
        self._down.discard(address)
        return was_down

    def _give_back(self, address: Address) -> None:
        self._busy[address] -= 1
        self._channels[address[1]] -= 1
        if not self._busy[address]:
            del self._busy[address]
        self._hand_out()

    def _hand_out(self) -> None:
        while self._busy.total() < self._overall and (address := self._next()) is not None:
            _, _, waiter = heappop(self._waiting[address])
            self._busy[address] += 1
            self._channels[address[1]] += 1
            waiter.set_result(None)

    def _next(self) -> Address | None:
        """The address whose first waiter goes next. There are few addresses, however many pages wait."""
        best: tuple[_Waiter, Address] | None = None
        for address, waiters in list(self._waiting.items()):
            while waiters and waiters[0][2].done():  # cancelled while it waited
                heappop(waiters)
            if not waiters:
                del self._waiting[address]
            elif self._may(address) and (best is None or waiters[0] < best[0]):
                best = waiters[0], address
        return best[1] if best else None

    def _may(self, address: Address) -> bool:
        if address in self._down and self._busy[address]:
            return False
        return self._channels[address[1]] < self._per_channel
