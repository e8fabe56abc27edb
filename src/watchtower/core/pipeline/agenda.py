"""What is to be looked at later, the earliest first: thousands of things are not walked each second to find the one."""

from __future__ import annotations

from collections.abc import Hashable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

from watchtower.model import Instant

K = TypeVar("K", bound=Hashable)


class Agenda(Generic[K]):
    """One moment for each key. What it says may be too early, and whoever takes it looks again; never too late."""

    def __init__(self) -> None:
        self._at: dict[K, Instant] = {}
        self._heap: list[tuple[Instant, int, K]] = []
        self._number = 0

    def __len__(self) -> int:
        return len(self._at)

    def put(self, key: K, at: Instant) -> None:
        """Look at it then, if not before."""
        known = self._at.get(key)
        if known is None or at < known:
            self._at[key] = at
            self._number += 1  # of two at one moment the first that was put
            heappush(self._heap, (at, self._number, key))

    def take(self, at: Instant) -> K | None:
        """The next one that is due, which is then no longer on the agenda; None when there is none."""
        while self._heap and self._heap[0][0] <= at:
            due, _, key = heappop(self._heap)
            if self._at.get(key) == due:
                del self._at[key]
                return key
        return None

    def drop(self, key: K) -> None:
        """Not to be looked at any more."""
        self._at.pop(key, None)

    @property
    def first(self) -> Instant | None:
        """When the first one is due; None when there is none."""
        while self._heap and self._at.get(self._heap[0][2]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def shift(self, by: float) -> None:
        """The clock was set."""
        self._at = {key: at + by for key, at in self._at.items()}
        self._heap = [(at + by, number, key) for at, number, key in self._heap]
        heapify(self._heap)
