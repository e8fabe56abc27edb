"""Gaps that repeat at the same minute of every hour or day: a deploy, a batch job, a lunch break of the gateway.

A silence of ten minutes at most that comes back three times, always with a stretch in common, is a habit: nothing is expected
in that stretch. One request in it, and it is forgotten. A longer outage at the same hour is never one.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

LONGEST = 600.0
_HOUR, _DAY = 3600.0, 86400.0
_KEPT = ((_HOUR, 8), (_DAY, 16))
"""Periods, and how many gaps of each are remembered."""
_HABIT = 3
_RHYTHM = 1.0 / 3.0
"""Share of the time that gaps may fill."""
_IN_COMMON = 0.6
"""A stretch that shrinks faster than this is another one."""


class RepeatedGap:
    """`start` is seconds into its period, `visits` how often in a row it was seen."""

    __slots__ = ("period", "seconds", "start", "visits")

    def __init__(self, start: float, seconds: float, visits: float, period: float) -> None:
        self.start, self.seconds, self.visits, self.period = start, seconds, visits, period

    @property
    def habit(self) -> bool:
        return self.visits >= _HABIT

    def holds(self, local: float) -> bool:
        """Whether this moment (local epoch seconds) lies in it."""
        return (local - self.start) % self.period < self.seconds


class Gaps:
    """At most 24 gaps."""

    __slots__ = ("_ended", "_filled", "_gaps", "near")

    def __init__(self) -> None:
        self._gaps: tuple[RepeatedGap, ...] = ()
        self._filled, self._ended = 0.0, 0.0
        """Seconds of the last hour's gaps, when the last of them ended."""
        self.near: tuple[RepeatedGap, ...] = ()
        """Those that touch the bin in force."""

    @property
    def rhythm(self) -> bool:
        """Whether so much of the time is a gap that batches come in a rhythm: there, no gap is a habit."""
        return self._filled > _HOUR * _RHYTHM

    @property
    def habits(self) -> list[RepeatedGap]:
        return [gap for gap in self._gaps if gap.habit and not self.rhythm]

    def turn(self, start: float, seconds: float) -> None:
        """A bin of so many seconds begins at this local time."""
        self.near = tuple(
            gap
            for gap in self._gaps
            if (start - gap.start) % gap.period < gap.seconds or (gap.start - start) % gap.period < seconds
        )

    def expected(self, local: float, came: bool) -> bool:
        """Whether traffic is expected at this moment; a request in a gap ends the habit."""
        out = True
        for gap in self.near:
            if gap.holds(local):
                if came:
                    self._forget(gap)
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
            for gap in self._gaps:
                if gap.period != period:
                    continue
                later = ((start % period) - gap.start + period / 2.0) % period - period / 2.0
                low, high = max(0.0, later), min(gap.seconds, later + end - start)
                if high - low >= max(_IN_COMMON * gap.seconds, every * 0.99):
                    gap.start, gap.seconds, gap.visits = (
                        (gap.start + low) % period,
                        high - low,
                        gap.visits + 1,
                    )
                    break
            else:
                self._gaps += (RepeatedGap(start % period, end - start, 1, period),)
                mine = [gap for gap in self._gaps if gap.period == period]
                if len(mine) > most:
                    self._forget(min(mine, key=lambda gap: gap.visits))

    def _forget(self, gap: RepeatedGap) -> None:
        self._gaps = tuple(one for one in self._gaps if one is not gap)
        self.near = tuple(one for one in self.near if one is not gap)

    def state(self) -> list[list[float]]:
        return [
            [self._filled, self._ended],
            *([gap.start, gap.seconds, gap.visits, gap.period] for gap in self._gaps),
        ]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        (self._filled, self._ended), *gaps = state
        self._gaps = tuple(RepeatedGap(*one) for one in gaps)
