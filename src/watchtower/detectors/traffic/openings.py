"""Open or closed: whether a flow has any traffic at these five minutes of this weekday, kept beside its rate.

A visit is empty only if nothing came in the whole bin, and that was no chance. Always-empty bins are closed. A closed stretch
may grow or shrink by three visits; an outage at the same hour is an island, and is never learnt. Two empty visits of most of
a weekday are a new day of rest. One request opens a bin again.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import NamedTuple
from zlib import compressobj, decompress

from watchtower.detectors.traffic.season import BIN, BINS, ROWS

_OPEN = 4
"""Bit of a weekday's bin: a request came in it. The two bits below count its empty visits in a row."""
_EVER, _EMPTY = 0x80, 0x40
"""Bits of a bin over all weekdays: a request came in it; a visit was empty. The nibble counts unexpected empty ones in a row."""
_HABIT = 3
_REST = 2
_MOST_OF_A_DAY = 2 * BINS // 3
_WHOLE = ROWS * BINS // 2 + 3 * BINS
_WINDOW, _MEMORY = -12, 4
"""Of deflate, without a header: tables for 4 KiB are made in a twentieth of the time that those for 32 take."""
GRAIN = 2.0
"""Seconds to which the edges within a bin are known."""


class _Marks(NamedTuple):
    """`week` has two weekdays' bins a byte, the others a byte for each bin over all weekdays. `first` is the latest first
    request within a bin, in grains; it forgets a grain a visit. `last` likewise."""

    week: bytearray
    bins: bytearray
    first: bytearray
    last: bytearray


class Openings:
    """Bits and counts of the 288 bins of seven weekdays (rows). They are looked at once in five minutes, and an hour is like
    the one before it: between two looks they are deflated, which takes three microseconds."""

    __slots__ = ("_deflated", "_resting")

    def __init__(self) -> None:
        self._deflated = _FRESH
        self._resting = _NONE
        """Bins of each weekday whose last visits were all empty."""

    @property
    def _marks(self) -> _Marks:
        global _inflated
        owner, deflated, marks = _inflated
        if owner is not self or deflated is not self._deflated:
            marks = _inflate(self._deflated)
            _inflated = self, self._deflated, marks
        return marks

    def _keep(self, marks: _Marks) -> None:
        global _inflated
        self._deflated = _deflate(marks)
        _inflated = self, self._deflated, marks

    def closed(self, bin_: int, row: int) -> bool:
        """Whether nothing is expected by habit."""
        if self._never(bin_, row):
            return True
        if self._marks.bins[bin_] & 0x0F >= _HABIT and self._joins_closed(bin_, row):
            return True
        return self._resting[row] > _MOST_OF_A_DAY and self._visits(bin_, row) & 3 >= _REST

    def edges(self, bin_: int) -> tuple[float, float]:
        """Seconds within a bin before which, and after which, nothing is expected if it lies beside a closed one."""
        marks = self._marks
        return marks.first[bin_] * GRAIN, marks.last[bin_] * GRAIN

    def came(self, bin_: int, row: int, first: float, last: float) -> None:
        """A visit with requests, from `first` to `last` seconds within the bin."""
        marks = self._marks
        bins = marks.bins
        self._count(marks.week, bin_, row, _OPEN)
        if bins[bin_] & 0x0F >= _HABIT:  # a moved timetable has moved back
            for n in range(BINS):
                if bins[n] & 0x0F >= _HABIT:
                    bins[n] &= 0xF0
        bins[bin_] = bins[bin_] & _EMPTY | _EVER
        marks.first[bin_] = max(int(first / GRAIN), marks.first[bin_] - 1, 0)
        marks.last[bin_] = min(int(last / GRAIN), marks.last[bin_] + 1)
        self._keep(marks)

    def nothing(self, bin_: int, row: int, expected: bool) -> None:
        """An empty visit; `expected` where the bin was closed."""
        marks, was = self._marks, self._visits(bin_, row)
        self._count(marks.week, bin_, row, was & _OPEN | min(3, (was & 3) + 1))
        bits = marks.bins[bin_] | _EMPTY
        if not expected:
            bits = bits & 0xF0 | min(0x0F, (bits & 0x0F) + 1)
        marks.bins[bin_] = bits
        self._keep(marks)

    def _visits(self, bin_: int, row: int) -> int:
        """The four bits of a weekday's bin."""
        here = row * BINS + bin_
        return self._marks.week[here // 2] >> here % 2 * 4 & 0x0F

    def _count(self, week: bytearray, bin_: int, row: int, now: int) -> None:
        here = row * BINS + bin_
        if more := (now & 3 >= _REST) - (self._visits(bin_, row) & 3 >= _REST):
            self._resting = tuple(rests + more * (n == row) for n, rests in enumerate(self._resting))
        week[here // 2] = now << here % 2 * 4 | week[here // 2] & (0x0F if here % 2 else 0xF0)

    def _never(self, bin_: int, row: int) -> bool:
        """Never open on this weekday and empty twice there, or empty once and never open on any."""
        week = self._visits(bin_, row)
        if week & _OPEN:
            return False
        return week & 3 >= 2 or self._marks.bins[bin_] & (_EVER | _EMPTY) == _EMPTY

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
                if self._marks.bins[at] & 0x0F < _HABIT:
                    break
        return False

    def state(self) -> list[str]:
        return [b64encode(self._deflated).decode()]

    def restore(self, state: Sequence[str]) -> None:
        """The version before had a text for each part."""
        parts = [b64decode(text) for text in state]
        self._deflated = parts[0] if len(parts) == 1 else _deflate(_Marks(*map(bytearray, parts)))
        days = (self._marks.week[row * BINS // 2 : (row + 1) * BINS // 2] for row in range(ROWS))
        resting = tuple(sum((one >> 1 & 1) + (one >> 5 & 1) for one in day) for day in days)
        self._resting = resting if any(resting) else _NONE


def _deflate(marks: _Marks) -> bytes:
    small = compressobj(1, wbits=_WINDOW, memLevel=_MEMORY)
    return small.compress(b"".join(marks)) + small.flush()


def _inflate(deflated: bytes) -> _Marks:
    whole = bytearray(decompress(deflated, _WINDOW, _WHOLE))
    ends = (_WHOLE - 3 * BINS, _WHOLE - 2 * BINS, _WHOLE - BINS, _WHOLE)
    return _Marks(whole[: ends[0]], *(whole[end - BINS : end] for end in ends[1:]))


_EMPTY_WEEK = _Marks(
    bytearray(ROWS * BINS // 2), bytearray(BINS), bytearray(BINS), bytearray([int(BIN / GRAIN)]) * BINS
)
_FRESH = _deflate(_EMPTY_WEEK)
_NONE = (0,) * ROWS
"""Most flows never rest: they share it."""
_inflated: tuple[object, bytes, _Marks] = None, _FRESH, _EMPTY_WEEK
"""Of whom, from what: the last that was looked at is looked at again, several times for each bin."""
