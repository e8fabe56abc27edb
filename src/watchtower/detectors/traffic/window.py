"""The last minute and the last five: what came, what is usual, what failed. Bounded, whatever the pace."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from watchtower.detectors.packed import pack, unpack

MINUTE = 60.0
FIVE = 300.0
_GRAIN = 15.0
"""Polls that are closer together than this share an entry."""
_SIZE = 5
_FAILED, _CAME = 5.0, 100.0
"""So many failures, or so many requests, tell a share that is no chance: one failure of one at night tells nothing."""


class Window:
    """Entries of seconds, requests, usual by season, errors, requests whose errors were measured; the newest last."""

    __slots__ = ("_entries", "five", "minute")

    def __init__(self) -> None:
        self._entries = array("f")
        self.minute = self.five = (0.0, 0.0, 0.0)
        """Seconds, requests and usual of the newest entries that reach back a minute, and of all."""

    def add(self, seconds: float, requests: float, usual: float, errors: float | None) -> None:
        """One poll."""
        entries = self._entries
        if not entries or entries[-_SIZE] >= _GRAIN:
            entries.extend((seconds, requests, usual, 0.0, 0.0))
        else:
            entries[-5] += seconds
            entries[-4] += requests
            entries[-3] += usual
        if errors is not None:
            entries[-2] += errors
            entries[-1] += requests
        covered = sum(entries[_SIZE::_SIZE])
        while covered >= FIVE:
            del entries[:_SIZE]
            covered -= entries[0]
        self._sum(covered + entries[0])

    def _sum(self, seconds: float) -> None:
        """`seconds`: of all entries."""
        entries, covered, requests, usual = self._entries, 0.0, 0.0, 0.0
        for n in range(len(entries) - _SIZE, -1, -_SIZE):
            covered += entries[n]
            requests += entries[n + 1]
            usual += entries[n + 2]
            if covered >= MINUTE:
                break
        self.minute = (covered, requests, usual)
        self.five = (seconds, sum(entries[1::_SIZE]), sum(entries[2::_SIZE]))

    def newest(self) -> Iterator[tuple[float, float, float]]:
        """Seconds, requests and usual of each entry, the newest first."""
        entries = self._entries
        for n in range(len(entries) - _SIZE, -1, -_SIZE):
            yield entries[n], entries[n + 1], entries[n + 2]

    def success(self) -> float | None:
        """The share of requests that did not fail, over five minutes; None where failures are not measured, or are too few to
        tell it."""
        requests = sum(self._entries[4::_SIZE])
        if requests <= 0.0:
            return None
        failed = sum(self._entries[3::_SIZE])
        if 0.0 < failed < _FAILED and requests < _CAME:
            return None
        return max(0.0, 1.0 - failed / requests)

    def state(self) -> str:
        return pack(self._entries)

    def restore(self, state: str) -> None:
        self._entries = unpack("f", state)
        self._sum(sum(self._entries[::_SIZE]))
