"""Who gets the public status updates by mail: each has asked for it and confirmed it.

Addresses are personal data: they are in the store and in answers to admins, and in no log, metric or page.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from hashlib import blake2b

import msgspec

from watchtower.access.lockout import network_of
from watchtower.channels.contract import Noticing
from watchtower.errors import StoreError
from watchtower.model import Instant, Language
from watchtower.store.store import Store
from watchtower.values import Frozen

MOST = 10_000
"""Subscribers."""
WITHIN = 600.0
OF_ONE_CLIENT, OF_ALL = 10, 600
"""What may be asked within that many seconds. An address gets one mail in this time."""
LONGEST = 254
"""Characters of an address (RFC 5321)."""
_KIND = "subscriber"


class StatusSubscriber(Frozen):
    address: str
    language: Language
    confirmed_at: Instant


class Rate:
    """At most so many of one key within WITHIN seconds."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most, self._clock = most, clock
        self._times: dict[str, deque[float]] = {}

    def takes(self, key: str) -> bool:
        """Whether this one is within the limit; then it counts."""
        now, times = self._clock(), self._times.pop(key, deque(maxlen=self._most))
        self._times[key] = times  # the last, so that the oldest go first
        if len(times) == self._most and times[0] > now - WITHIN:
            return False
        times.append(now)
        if len(self._times) > MOST:
            del self._times[next(iter(self._times))]
        return True


class StatusSubscribers:
    """Owned by the event loop. What changes is in the store before it counts."""

    def __init__(self, store: Store, clock: Callable[[], Instant] = time.time, most: int = MOST) -> None:
        self._store, self._clock, self._most = store, clock, most
        self._known: dict[str, StatusSubscriber] = {}
        self._clients, self._all, self._addresses = (
            Rate(OF_ONE_CLIENT, clock),
            Rate(OF_ALL, clock),
            Rate(1, clock),
        )
        self.asked: deque[tuple[str, Language, Instant]] = deque(maxlen=OF_ALL)
        """Who is to be asked for a confirmation, and when they asked."""
        self.wake = asyncio.Event()
        self.carrier: Callable[[], Noticing | None] = lambda: None
        """The channel that sends the mails; None: nobody can subscribe here."""

    @property
    def known(self) -> Mapping[str, StatusSubscriber]:
        """By `id_of` their address, which is also the order in which they get mail."""
        return self._known

    async def load(self) -> None:
        """Raises StoreError."""
        rows = [(id, data) for kind, id, data in await self._store.access() if kind == _KIND]
        try:
            self._known = {id: msgspec.json.decode(data, type=StatusSubscriber) for id, data in rows}
        except msgspec.MsgspecError as error:
            raise StoreError(f"a subscriber in the store cannot be read: {error}") from None

    def ask(self, address: str, language: Language, client: str) -> bool:
        """Sends this address a mail to confirm it, if it is one, and has not had one lately. Whether it is known makes no
        difference. False: this client, or everybody together, asks too often."""
        if not (self._clients.takes(network_of(client)) and self._all.takes("")):
            return False
        address = address.strip()
        if self._fits(address) and self._addresses.takes(id_of(address)):
            self.asked.append((address, language, self._clock()))
            self.wake.set()
        return True

    def _fits(self, address: str) -> bool:
        """Whether it is an address outside: no name of this network, and no IP address."""
        carrier, (_, dot, last) = self.carrier(), address.rpartition("@")[2].rpartition(".")
        if carrier is None or len(address) > LONGEST or not dot or last.isdigit():
            return False
        return carrier.problem_of_address(address) is None

    async def confirm(self, address: str, language: Language) -> bool:
        """Subscribes this address; False where there is no room for more. Raises StoreError."""
        id = id_of(address)
        since = self._known[id].confirmed_at if id in self._known else self._clock()
        if id not in self._known and len(self._known) >= self._most:
            return False
        made = StatusSubscriber(address, language, since)
        await self._store.save_access([(_KIND, id, msgspec.json.encode(made).decode())])
        self._known[id] = made
        return True

    async def remove(self, id: str) -> bool:
        """Whether there was one. Raises StoreError."""
        if id not in self._known:
            return False
        await self._store.save_access([], [(_KIND, id)])
        return self._known.pop(id, None) is not None


def id_of(address: str) -> str:
    """Its name in links and in the store, which does not tell the address. No two differ by case alone."""
    return blake2b(address.casefold().encode(), digest_size=10).hexdigest()
