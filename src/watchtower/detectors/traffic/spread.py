"""How far this flow strays from what is expected of it: from poll to poll, and over the time of a silence.

Two numbers, learnt from the flow itself. `burst` is the dispersion of counts (variance / mean; 1 is Poisson),
from differences of neighbouring polls, which no slow change can inflate. `drift` is the relative variance of
the rate itself around what was forecast, from blocks of requests: what bursts do not explain of their errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

_CLIP = 16.0
"""Squared deviations beyond so many variances count as so many: an incident is no habit."""


class Burst:
    """Dispersion of the counts of neighbouring polls. It is assumed to be 2 for the first hundred requests."""

    __slots__ = ("_last_count", "_last_covers", "_mean", "_square", "dispersion")

    def __init__(self) -> None:
        self._square = 200.0
        self._mean = 100.0
        self.dispersion = 2.0
        self._last_count = -1.0
        self._last_covers = 0.0

    def learn(self, count: float, covers: float) -> None:
        part = covers / self._last_covers if self._last_count >= 0.0 else 0.0
        if 0.5 < part < 2.0:
            mean = count + self._last_count * part * part
            difference = count - self._last_count * part
            self._square += min(difference * difference, _CLIP * self.dispersion * mean)
            self._mean += mean
            self.dispersion = max(1.0, self._square / self._mean)
        self._last_count, self._last_covers = count, covers

    def interrupt(self) -> None:
        """The next poll has no neighbour."""
        self._last_count = -1.0

    def forget(self, kept: float) -> None:
        if self._mean * kept >= 100.0:
            self._square *= kept
            self._mean *= kept
            self.dispersion = max(1.0, self._square / self._mean)

    def state(self) -> list[float]:
        return [self._square, self._mean, self._last_count, self._last_covers]

    def restore(self, state: Sequence[float]) -> None:
        self._square, self._mean, self._last_count, self._last_covers = state
        self.dispersion = max(1.0, self._square / self._mean)


class Drift:
    """Relative variance of the rate around its forecast, at one scale of time."""

    __slots__ = ("_expected", "_floor", "_square")

    def __init__(self, usual: float, weight: float) -> None:
        self._floor = weight
        self._square = usual * weight
        self._expected = weight

    @property
    def variance(self) -> float:
        return max(0.0, self._square / self._expected)

    def learn(self, count: float, expected: float, dispersion: float) -> None:
        noise = dispersion * expected
        error = count - expected
        square = expected * expected
        self._square += min(error * error, _CLIP * (noise + self.variance * square)) - noise
        self._expected += square

    def forget(self, kept: float) -> None:
        if self._expected * kept >= self._floor:
            self._square *= kept
            self._expected *= kept

    def state(self) -> list[float]:
        return [self._square, self._expected]

    def restore(self, state: Sequence[float]) -> None:
        self._square, self._expected = state


def anomaly_score_of_nothing(expected: float, dispersion: float, variance: float) -> float:
    """-ln of the probability that nothing comes where `expected` were expected.

    Zero of a negative binomial: bursts thin out the independent arrivals, and doubt about the rate (its
    relative `variance`) makes long silences likelier than any known rate would.
    """
    excess = dispersion - 1.0
    thinned = expected * (log(dispersion) / excess if excess > 1e-3 else 1.0 - excess / 2.0)
    return log(1.0 + thinned * variance) / variance if variance > 1e-6 else thinned


def anomaly_score_of(count: float, expected: float, dispersion: float, variance: float) -> float:
    """-ln of the probability (Chernoff's bound) of a count as far from `expected` as this, or farther."""
    count, expected, shape = count / dispersion, expected / dispersion, 1.0 / max(variance, 1e-6)
    own = count * log(count / expected) if count > 0.0 else 0.0
    return max(0.0, own - (count + shape) * log((count + shape) / (expected + shape)))
