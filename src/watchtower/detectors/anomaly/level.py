"""The expected value of a gauge: its average over some time, and the usual value at this time of the day or
week."""

from __future__ import annotations

from array import array
from typing import Any

from watchtower.detectors.packed import pack, unpack
from watchtower.model import Instant

_UNSEEN = float("inf")
_LEARNING = 0.1
"""How much of a deviation the profile takes on each time it comes round."""


class Mean:
    """An exponential mean over `span` observations; a plain one until there are so many."""

    __slots__ = ("seen", "span", "value")

    def __init__(self, span: float) -> None:
        self.span = span
        self.value = 0.0
        self.seen = 0

    def learn(self, value: float) -> None:
        if self.seen < self.span:
            self.seen += 1
        self.value += (value - self.value) / min(self.seen, self.span)

    def state(self) -> list[float]:
        return [self.value, self.seen]

    def restore(self, state: Any) -> None:
        self.value, self.seen = float(state[0]), int(state[1])


class Profile:
    """The usual value at each time of a period of UTC: `slots` of them, learnt one after the other."""

    __slots__ = ("_usual", "period")

    def __init__(self, period: float, slots: int) -> None:
        self.period = period
        self._usual = array("f", [_UNSEEN] * slots)

    def _slot(self, at: Instant) -> int:
        return int(at % self.period / self.period * len(self._usual)) % len(self._usual)

    def at(self, at: Instant) -> float | None:
        """The usual value at this time; None if it was never seen."""
        usual = self._usual[self._slot(at)]
        return None if usual == _UNSEEN else usual

    def learn(self, at: Instant, value: float) -> None:
        slot = self._slot(at)
        usual = self._usual[slot]
        self._usual[slot] = value if usual == _UNSEEN else usual + _LEARNING * (value - usual)

    def state(self) -> str:
        return pack(self._usual)

    def restore(self, state: Any) -> None:
        usual = unpack("f", state)
        if len(usual) == len(self._usual):
            self._usual = usual
