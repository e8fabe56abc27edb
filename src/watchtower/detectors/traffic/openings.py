"""Open or closed: whether a flow has any traffic at these five minutes of this weekday, kept beside its rate.

A visit is empty only if nothing came in the whole bin, and that was no chance. Always-empty bins are closed. A closed stretch
may grow or shrink by three visits; an outage at the same hour is an island, and is never learnt. Two empty visits of most of
a weekday are a new day of rest. One request opens a bin again.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from zlib import compressobj, decompress

from watchtower.detectors.traffic.season import BIN, BINS, ROWS

_OPEN = 4
"""Bit of a weekday's bin: a request came in it. The two bits below count its empty visits in a row."""
_EVER, _EMPTY = 0x80, 0x40
"""Bits of a bin over all weekdays: a request came in it; a visit was empty. The nibble counts unexpected empty ones in a row."""
_HABIT = 3
_REST = 2
_MOST_OF_A_DAY = 2 * BINS // 3
_WINDOW, _MEMORY = -12, 4
"""Of deflate, without a header: tables for 4 KiB are made in a twentieth of the time that those for 32 take."""
GRAIN = 2.0
"""Seconds to which the edges within a bin are known."""


class Openings:
    """Bits and counts of the 288 bins of seven weekdays (rows)."""

    __slots__ = ("_bins", "_first", "_last", "_resting", "_week")

    def __init__(self) -> None:
        self._week = bytearray(ROWS * BINS // 2)
        """Two weekdays' bins a byte."""
        self._bins = bytearray(BINS)
        self._first = bytearray(BINS)
        """The latest first request within a bin, in grains; it forgets a grain a visit."""
        self._last = bytearray([int(BIN / GRAIN)]) * BINS
        self._resting = [0] * ROWS
        """Bins of each weekday whose last visits were all empty."""

    def closed(self, bin_: int, row: int) -> bool:
        """Whether nothing is expected by habit."""
        if self._never(bin_, row):
            return True
        if self._bins[bin_] & 0x0F >= _HABIT and self._joins_closed(bin_, row):
            return True
        return self._resting[row] > _MOST_OF_A_DAY and self._visits(bin_, row) & 3 >= _REST

    def edges(self, bin_: int) -> tuple[float, float]:
        """Seconds within a bin before which, and after which, nothing is expected if it lies beside a closed one."""
        return self._first[bin_] * GRAIN, self._last[bin_] * GRAIN

    def came(self, bin_: int, row: int, first: float, last: float) -> None:
        """A visit with requests, from `first` to `last` seconds within the bin."""
        self._count(bin_, row, _OPEN)
        if self._bins[bin_] & 0x0F >= _HABIT:  # a moved timetable has moved back
            for n in range(BINS):
                if self._bins[n] & 0x0F >= _HABIT:
                    self._bins[n] &= 0xF0
        self._bins[bin_] = self._bins[bin_] & _EMPTY | _EVER
        self._first[bin_] = max(int(first / GRAIN), self._first[bin_] - 1, 0)
        self._last[bin_] = min(int(last / GRAIN), self._last[bin_] + 1)

    def nothing(self, bin_: int, row: int, expected: bool) -> None:
        """An empty visit; `expected` where the bin was closed."""
        was = self._visits(bin_, row)
        self._count(bin_, row, was & _OPEN | min(3, (was & 3) + 1))
        marks = self._bins[bin_] | _EMPTY
        if not expected:
            marks = marks & 0xF0 | min(0x0F, (marks & 0x0F) + 1)
        self._bins[bin_] = marks

    def _visits(self, bin_: int, row: int) -> int:
        """The four bits of a weekday's bin."""
        here = row * BINS + bin_
        return self._week[here // 2] >> here % 2 * 4 & 0x0F

    def _count(self, bin_: int, row: int, now: int) -> None:
        here = row * BINS + bin_
        self._resting[row] += (now & 3 >= _REST) - (self._visits(bin_, row) & 3 >= _REST)
        self._week[here // 2] = now << here % 2 * 4 | self._week[here // 2] & (0x0F if here % 2 else 0xF0)

    def _never(self, bin_: int, row: int) -> bool:
        """Never open on this weekday and empty twice there, or empty once and never open on any."""
        week = self._visits(bin_, row)
        if week & _OPEN:
            return False
        return week & 3 >= 2 or self._bins[bin_] & (_EVER | _EMPTY) == _EMPTY

    def _joins_closed(self, bin_: int, row: int) -> bool:
        """Only a closed stretch that grows is learnt: walks through the empty bins to one that was never open."""
        for step in (-1, 1):
            at, day = bin_, row
            for _ in range(BINS):
                at += step
                if not 0 <= at < BINS:
                    at, day = at % BINS, (day + step) % ROWS
                if self._never(at, day):
                    return True
                if self._bins[at] & 0x0F < _HABIT:
                    break
        return False

    def state(self) -> list[str]:
        """The weekdays' bins, then the bytes of all weekdays, deflated: an hour is like the one before it."""
        small = compressobj(1, wbits=_WINDOW, memLevel=_MEMORY)
        parts = self._week, self._bins, self._first, self._last
        return [b64encode(small.compress(b"".join(parts)) + small.flush()).decode()]

    def restore(self, state: Sequence[str]) -> None:
        """The version before had a text for each part."""
        parts = [bytearray(b64decode(text)) for text in state]
        if len(parts) == 1:
            whole = bytearray(decompress(parts[0], _WINDOW))
            parts = [whole[: -3 * BINS], *(whole[end - BINS : end] for end in (-2 * BINS, -BINS, len(whole)))]
        self._week, self._bins, self._first, self._last = parts
        for row in range(ROWS):
            day = self._week[row * BINS // 2 : (row + 1) * BINS // 2]
            self._resting[row] = sum((one >> 1 & 1) + (one >> 5 & 1) for one in day)
