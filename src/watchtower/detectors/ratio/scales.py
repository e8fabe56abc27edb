"""Counts of the last hour, and how far the ratio strays by itself over one, five, fifteen and sixty minutes. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import sqrt

SPANS = (60.0, 300.0, 900.0, 3600.0)
"""Seconds over which the ratio is evaluated."""
GRAIN = 30.0
"""Polls that are closer together than this share an entry."""
_SIZE = 4
_MEMORY = 0.98
"""Of what was learnt of a span is kept at each of its visits."""
_PRIOR = 5.0
"""Visits' worth of the assumption that each is counted by itself."""
_CLIP = 9.0
"""Squared deviations beyond so many variances count as so many: an incident is no habit."""
_NINE_IN_TEN = 1.645


class RecentCounts:
    """Entries of seconds, part, whole and the expected part; the newest last, an hour at most."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries = array("d")

    def add(self, seconds: float, part: float, whole: float, expected: float) -> None:
        """One poll."""
        entries = self.entries
        if not entries or entries[-_SIZE] >= GRAIN:
            entries.extend((seconds, part, whole, expected))
        else:
            for n, value in enumerate((seconds, part, whole, expected), -_SIZE):
                entries[n] += value
        covered = sum(entries[_SIZE::_SIZE])
        while covered >= SPANS[-1]:
            del entries[:_SIZE]
            covered -= entries[0]

    def last(self, span: float) -> tuple[float, float, float, float]:
        """Seconds, part, whole and expected part of the newest entries that reach back so far."""
        entries, seconds, part, whole, expected = self.entries, 0.0, 0.0, 0.0, 0.0
        for n in range(len(entries) - _SIZE, -1, -_SIZE):
            seconds += entries[n]
            part += entries[n + 1]
            whole += entries[n + 2]
            expected += entries[n + 3]
            if seconds >= span:
                break
        return seconds, part, whole, expected

    def began(self, span: float, way: int) -> float:
        """Seconds ago at which the part began to be off, within the newest entries that reach back so far.

        The beginning is where the sum of what is off, less half of the span's mean, is greatest (CUSUM; Page 1954).
        """
        _, part, _, expected = self.last(span)
        slack = (part - expected) * way / 2.0 / expected if expected > 0.0 else 0.0
        entries, seconds, off, most, began = self.entries, 0.0, 0.0, 0.0, 0.0
        for n in range(len(entries) - _SIZE, -1, -_SIZE):
            seconds += entries[n]
            off += (entries[n + 1] - entries[n + 3]) * way - slack * entries[n + 3]
            if off > most:
                most, began = off, seconds
            if seconds >= span:
                break
        return began


class RatioVariance:
    """The variance of the part around usual x whole, per unit of the whole, over each of `SPANS`.

    It begins as that of independent counts, is never less, and is learnt from the flow itself: crowds, slow changes, a
    part that comes later than its whole.
    """

    __slots__ = ("_due", "_squares", "_visits")

    def __init__(self) -> None:
        self._squares, self._visits, self._due = (array("d", (0.0,) * len(SPANS)) for _ in range(3))

    def variance(self, n: int, usual: float, whole: float) -> float:
        """Of the part, over the span of this index."""
        chance = independent(usual)
        learnt = (self._squares[n] + _PRIOR * chance) / (self._visits[n] + _PRIOR)
        return whole * max(chance, learnt)

    def learn(self, at: float, n: int, error: float, whole: float, usual: float) -> None:
        """One stretch of the span of this index, whose part is off by `error`; each stretch is taken once."""
        if at < self._due[n] or whole <= 0.0:
            return
        self._due[n] = at + SPANS[n]
        clipped = min(error * error, _CLIP * self.variance(n, usual, whole))
        self._squares[n] = self._squares[n] * _MEMORY + clipped / whole
        self._visits[n] = self._visits[n] * _MEMORY + 1.0

    def state(self) -> list[float]:
        return [*self._squares, *self._visits, *self._due]

    def restore(self, state: Sequence[float]) -> None:
        size = len(SPANS)
        self._squares, self._visits, self._due = (
            array("d", state[n * size : (n + 1) * size]) for n in range(3)
        )


def independent(usual: float) -> float:
    """The variance per unit of the whole where each is part or not by itself; 0.01 at least, for nothing is certain."""
    return max(0.01, usual * (1.0 - usual) if usual < 1.0 else usual)


def score(part: float, expected: float, variance: float) -> float:
    """-ln of the probability (Bernstein's bound) that chance takes the part so far from what is expected, or farther."""
    away = abs(part - expected)
    return away * away / (2.0 * (variance + away / 3.0)) if away > 0.0 else 0.0


def bounds(part: float, whole: float, dispersion: float) -> tuple[float, float]:
    """Between which the true ratio lies nine times in ten. Up to a ratio of 1: Wilson's score interval (1927).

    `dispersion`: the variance in units of that of independent counts; counts that come in crowds say less.
    """
    whole, part = whole / dispersion, part / dispersion
    z = _NINE_IN_TEN
    if part <= whole:
        middle = (part + z * z / 2.0) / (whole + z * z)
        half = z / (whole + z * z) * sqrt(part * (whole - part) / whole + z * z / 4.0)
        return max(0.0, middle - half), min(1.0, middle + half)
    middle, half = (part + z * z / 2.0) / whole, z / whole * sqrt(part + z * z / 4.0)
    return max(0.0, middle - half), middle + half
