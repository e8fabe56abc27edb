"""Gaps that repeat at the same minute of every hour or day: a deploy, a batch job, a lunch break of the gateway.

A silence of ten minutes at most that comes back three times, always with a stretch in common, is a habit: nothing is expected
in that stretch. One request in it, and it is forgotten. A longer outage at the same hour is never one.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain
from math import exp
from typing import Any, NamedTuple

from watchtower.detectors.packed import pack, unpack

LONGEST = 600.0
_HOUR, _DAY = 3600.0, 86400.0
_KEPT = ((_HOUR, 8), (_DAY, 16))
"""Periods, and how many gaps of each are remembered."""
_HABIT = 3
_RHYTHM = 1.0 / 3.0
"""Share of the time that gaps may fill."""
_IN_COMMON = 0.6
"""A stretch that shrinks faster than this is another one."""


class RepeatedGap(NamedTuple):
    """`start` is seconds into its period, `visits` how often in a row it was seen."""

    start: float
    seconds: float
    visits: float
    period: float

    @property
    def habit(self) -> bool:
        return self.visits >= _HABIT

    def holds(self, local: float) -> bool:
        """Whether this moment (local epoch seconds) lies in it."""
        return (local - self.start) % self.period < self.seconds


_FIELDS = len(RepeatedGap._fields)


class Gaps:
    """At most 24 gaps."""

    __slots__ = ("_ended", "_filled", "_numbers", "near")

    def __init__(self) -> None:
        self._numbers = array("d")
        """Those of each gap."""
        self._filled, self._ended = 0.0, 0.0
        """Seconds of the last hour's gaps, when the last of them ended."""
        self.near: tuple[int, ...] = ()
        """Which of them touch the bin in force."""

    @property
    def rhythm(self) -> bool:
        """Whether so much of the time is a gap that batches come in a rhythm: there, no gap is a habit."""
        return self._filled > _HOUR * _RHYTHM

    @property
    def habits(self) -> list[RepeatedGap]:
        return [gap for gap in map(self._gap, self._all) if gap.habit and not self.rhythm]

    @property
    def _all(self) -> range:
        return range(len(self._numbers) // _FIELDS)

    def _gap(self, n: int) -> RepeatedGap:
        return RepeatedGap(*self._numbers[n * _FIELDS : (n + 1) * _FIELDS])

    def turn(self, start: float, seconds: float) -> None:
        """A bin of so many seconds begins at this local time."""
        self.near = tuple(
            n
            for n in self._all
            if (gap := self._gap(n)).holds(start) or (gap.start - start) % gap.period < seconds
        )

    def expected(self, local: float, came: bool) -> bool:
        """Whether traffic is expected at this moment; a request in a gap ends the habit."""
        out = True
        for n in reversed(self.near):
            gap = self._gap(n)
            if gap.holds(local):
                if came:
                    self._forget(n)
                elif gap.habit and not self.rhythm:
                    out = False
        return out

    def learn(self, start: float, end: float, every: float) -> None:
        """A silence (local epoch seconds) that was no chance has ended."""
        if end - start > LONGEST:
            return
        self._filled = self._filled * exp((self._ended - end) / _HOUR) + end - start
        self._ended = end
        for period, most in _KEPT:
            mine = [(n, gap) for n in self._all if (gap := self._gap(n)).period == period]
            for n, gap in mine:
                later = ((start % period) - gap.start + period / 2.0) % period - period / 2.0
                low, high = max(0.0, later), min(gap.seconds, later + end - start)
                if high - low >= max(_IN_COMMON * gap.seconds, every * 0.99):
                    seen = ((gap.start + low) % period, high - low, gap.visits + 1.0, period)
                    self._numbers[n * _FIELDS : (n + 1) * _FIELDS] = array("d", seen)
                    break
            else:
                if len(mine) == most:
                    self._forget(min(mine, key=lambda one: one[1].visits)[0])
                self._numbers.extend((start % period, end - start, 1.0, period))

    def _forget(self, gap: int) -> None:
        del self._numbers[gap * _FIELDS : (gap + 1) * _FIELDS]
        self.near = tuple(n - (n > gap) for n in self.near if n != gap)

    def state(self) -> list[float | str]:
        return [self._filled, self._ended, pack(self._numbers)]

    def restore(self, state: Sequence[Any]) -> None:
        """The version before had a list for each gap."""
        if isinstance(state[0], list):
            (self._filled, self._ended), *gaps = state
            self._numbers = array("d", chain.from_iterable(gaps))
        else:
            self._filled, self._ended = state[:2]
            self._numbers = unpack("d", state[2])
