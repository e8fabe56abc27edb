"""Wrong passwords are counted by account and address: who guesses is locked out, and the owner elsewhere is not.

An address from which the account signed in before keeps its own count when guesses come from everywhere. Times are UTC
seconds since the epoch.
"""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Collection

from watchtower.model import Instant

WITHIN = 900.0
"""Seconds for which a wrong password counts."""
FROM_ONE, FROM_ALL = 5, 50
"""Wrong ones within that: for an account from one address, and from all, before a further one is not even looked at."""
_KEPT = 10_000


class Lockout:
    """Owned by the event loop."""

    def __init__(self) -> None:
        self._wrong: dict[tuple[str, str], deque[Instant]] = {}

    def waits(self, account: str, address: str, known: Collection[str], now: Instant) -> float:
        """Seconds until this address may try this account again; 0 where it may now. `known` are the account's addresses."""
        account, network = account.casefold(), network_of(address)
        mine = self._recent((account, network), FROM_ONE, now)
        if mine or network in map(network_of, known):
            return mine
        return self._recent((account, ""), FROM_ALL, now)

    def wrong(self, account: str, address: str, now: Instant) -> None:
        account = account.casefold()
        for key, most in (((account, network_of(address)), FROM_ONE), ((account, ""), FROM_ALL)):
            self._wrong.setdefault(key, deque(maxlen=most)).append(now)
        while len(self._wrong) > _KEPT:
            del self._wrong[next(iter(self._wrong))]

    def right(self, account: str, address: str) -> None:
        self._wrong.pop((account.casefold(), network_of(address)), None)

    def _recent(self, key: tuple[str, str], most: int, now: Instant) -> float:
        times = self._wrong.get(key)
        return max(0.0, times[0] + WITHIN - now) if times and len(times) >= most else 0.0


def network_of(address: str) -> str:
    """The address; of IPv6 the /64, which one customer has whole."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    return str(known.ipv4_mapped or ipaddress.ip_network((known, 64), strict=False))
