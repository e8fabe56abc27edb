"""A queue of due work, earliest first, so that the engine need not scan thousands of incidents each second."""

from __future__ import annotations

from collections.abc import Hashable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

from watchtower.model import Instant

K = TypeVar("K", bound=Hashable)


class Agenda(Generic[K]):
    """One time for each key. A time may be too early, never too late; whoever takes it checks again."""

    def __init__(self) -> None:
        self._at: dict[K, Instant] = {}
        self._heap: list[tuple[Instant, int, K]] = []
        self._number = 0

    def __len__(self) -> int:
        return len(self._at)

    def put(self, key: K, at: Instant) -> None:
        """Makes the key due at this time, unless it is due earlier."""
        known = self._at.get(key)
        if known is None or at < known:
            self._at[key] = at
            self._number += 1  # of two at one moment the first that was put
            heappush(self._heap, (at, self._number, key))

    def take(self, at: Instant) -> K | None:
        """Removes and returns the next due key; None when there is none."""
        while self._heap and self._heap[0][0] <= at:
            due, _, key = heappop(self._heap)
            if self._at.get(key) == due:
                del self._at[key]
                return key
        return None

    def drop(self, key: K) -> None:
        """Removes the key."""
        self._at.pop(key, None)

    @property
    def first(self) -> Instant | None:
        """The earliest time; None when there is none."""
        while self._heap and self._at.get(self._heap[0][2]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def shift(self, by: float) -> None:
        """Moves all times, because the clock was set."""
        self._at = {key: at + by for key, at in self._at.items()}
        self._heap = [(at + by, number, key) for at, number, key in self._heap]
        heapify(self._heap)
