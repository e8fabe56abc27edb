"""The last minute and the last five: what came, what was expected, what failed. Bounded, whatever the pace."""

from __future__ import annotations

from array import array

from watchtower.detectors.packed import pack, unpack

MINUTE = 60.0
FIVE = 300.0
_GRAIN = 15.0
"""Polls that are closer together than this share an entry."""
_SIZE = 5


class Window:
    """Entries of seconds, requests, expected, errors, requests whose errors were measured; the newest last."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries = array("f")

    def add(self, seconds: float, requests: float, expected: float, errors: float | None) -> None:
        """One poll."""
        entries = self._entries
        if not entries or entries[-_SIZE] >= _GRAIN:
            entries.extend((seconds, requests, expected, 0.0, 0.0))
        else:
            entries[-5] += seconds
            entries[-4] += requests
            entries[-3] += expected
        if errors is not None:
            entries[-2] += errors
            entries[-1] += requests
        covered = sum(entries[_SIZE::_SIZE])
        while covered >= FIVE:
            del entries[:_SIZE]
            covered -= entries[0]

    def clear(self) -> None:
        """Begins anew, because the past no longer describes the present."""
        self._entries = array("f")

    def last_minute(self) -> tuple[float, float, float]:
        """Seconds, requests and expected of the newest entries that reach back a minute."""
        entries, covered, requests, expected = self._entries, 0.0, 0.0, 0.0
        for n in range(len(entries) - _SIZE, -1, -_SIZE):
            covered += entries[n]
            requests += entries[n + 1]
            expected += entries[n + 2]
            if covered >= MINUTE:
                break
        return covered, requests, expected

    def whole(self) -> tuple[float, float, float]:
        """Seconds, requests and expected of five minutes."""
        entries = self._entries
        return sum(entries[::_SIZE]), sum(entries[1::_SIZE]), sum(entries[2::_SIZE])

    def success(self) -> float | None:
        """The share of requests that did not fail, over five minutes; None where failures are not measured."""
        entries = self._entries
        requests = sum(entries[4::_SIZE])
        return max(0.0, 1.0 - sum(entries[3::_SIZE]) / requests) if requests > 0.0 else None

    def state(self) -> str:
        return pack(self._entries)

    def restore(self, state: str) -> None:
        self._entries = unpack("f", state)
