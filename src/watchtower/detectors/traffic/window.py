"""The last minute and the last five: what came, what was expected, what failed. Bounded, whatever the pace."""

from __future__ import annotations

from typing import Any

MINUTE = 60.0
FIVE = 300.0
_GRAIN = 15.0
"""Polls that are closer together than this share an entry."""


class Window:
    """Entries `[seconds, requests, expected, errors, requests with errors measured]`, the newest last."""

    __slots__ = ("_entries", "_seconds")

    def __init__(self) -> None:
        self._entries: list[list[float]] = []
        self._seconds = 0.0

    def add(self, seconds: float, requests: float, expected: float, errors: float | None) -> None:
        entries = self._entries
        if not entries or entries[-1][0] >= _GRAIN:
            entries.append([0.0] * 5)
        last = entries[-1]
        last[0] += seconds
        last[1] += requests
        last[2] += expected
        if errors is not None:
            last[3] += errors
            last[4] += requests
        self._seconds += seconds
        while len(entries) > 1 and self._seconds - entries[0][0] >= FIVE:
            self._seconds -= entries.pop(0)[0]

    def clear(self) -> None:
        self._entries = []
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        return self._seconds

    def last(self, seconds: float) -> tuple[float, float, float]:
        """Seconds, requests and expected of the newest entries that reach back so far."""
        covered = requests = expected = 0.0
        for entry in reversed(self._entries):
            covered += entry[0]
            requests += entry[1]
            expected += entry[2]
            if covered >= seconds:
                break
        return covered, requests, expected

    def success(self) -> float | None:
        """The share of requests that did not fail, over five minutes; None where failures are not measured."""
        errors = requests = 0.0
        for entry in self._entries:
            errors += entry[3]
            requests += entry[4]
        return max(0.0, 1.0 - errors / requests) if requests > 0.0 else None

    def state(self) -> list[list[float]]:
        return [entry[:] for entry in self._entries] + [[self._seconds]]

    def restore(self, state: Any) -> None:
        *entries, (self._seconds,) = ([float(x) for x in entry] for entry in state)
        self._entries = entries
