"""A curve out of slots of several levels: one step for all, with the least and the greatest of each."""

from __future__ import annotations

from math import inf, nan

from watchtower.history.chunk import Floats
from watchtower.model import Instant
from watchtower.values import Mutable, field


class Curve(Mutable):
    """The slots of one value from `since` on. NaN: no sample."""

    since: Instant
    step: float
    count: int
    sums: list[float] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sums, self.weights = [0.0] * self.count, [0.0] * self.count
        self.low, self.high = [inf] * self.count, [-inf] * self.count

    def add(self, start: Instant, step: float, mean: Floats, low: Floats, high: Floats) -> None:
        """Adds slots of another step; a finer one weighs less."""
        first = (start - self.since) / self.step
        ratio = step / self.step
        for place, value in enumerate(mean):
            if value == value:
                slot = int(first + place * ratio + 1e-9)
                if 0 <= slot < self.count and first + place * ratio > -1e-9:
                    self.sums[slot] += value * step
                    self.weights[slot] += step
                    if low[place] < self.low[slot]:
                        self.low[slot] = low[place]
                    if high[place] > self.high[slot]:
                        self.high[slot] = high[place]

    @property
    def mean(self) -> list[float]:
        return [
            total / weight if weight else nan for total, weight in zip(self.sums, self.weights, strict=True)
        ]

    def least(self) -> list[float]:
        return [low if weight else nan for low, weight in zip(self.low, self.weights, strict=True)]

    def greatest(self) -> list[float]:
        return [high if weight else nan for high, weight in zip(self.high, self.weights, strict=True)]
