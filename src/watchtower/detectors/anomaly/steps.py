"""Steps from one height to the next, and how unlikely each is: an order-1 chain over few heights.

It sees what no distance shows: a value in the midst of the range where none ever was, a standstill of what never
stood still, a step that this gauge does not take.
"""

from __future__ import annotations

import math
import statistics
from array import array
from typing import Any

from watchtower.detectors.packed import pack, unpack

_FIRST = 100
"""The heights are laid out by so many first observations."""
_REACH = 7
_HEIGHTS = 2 * _REACH + 1
"""One for each deviation near the middle; further out each is e times as far as the one before."""
_TO_SIGMA = 1.4826
_MOST = 1 << 20
"""Counts beyond are halved, all together."""


class Steps:
    """Counts of steps between heights. `last` is -ln of the last one's likelihood, signed by the side it ended on."""

    def __init__(self) -> None:
        self._first = array("f")
        self._middle = 0.0
        self._unit: float | None = None
        self._counts = array("f", [0.0] * (_HEIGHTS * _HEIGHTS))
        self._from = _REACH
        self.last: float | None = None
        self._total()

    def _total(self) -> None:
        rows = [self._counts[i * _HEIGHTS : (i + 1) * _HEIGHTS] for i in range(_HEIGHTS)]
        self._left = [math.fsum(row) for row in rows]
        self._reached = [math.fsum(column) for column in zip(*rows, strict=True)]
        self._all = math.fsum(self._left)

    def step(self, value: float) -> None:
        """Puts the likelihood of the step to this value into `last` (None before heights are known), then
        learns it."""
        if self._unit is None:
            self._first.append(value)
            if len(self._first) == _FIRST:
                self._lay_out()
            return
        height = self._height(value)
        likely = (self._reached[height] + 1 / _HEIGHTS) / (self._all + 1)
        likely = (self._counts[self._from * _HEIGHTS + height] + likely) / (self._left[self._from] + 1)
        self._learn(height)
        self.last = math.copysign(-math.log(likely), value - self._middle)

    def _lay_out(self) -> None:
        self._middle = statistics.median(self._first)
        distances = [abs(value - self._middle) for value in self._first]
        self._unit = statistics.median(distances) * _TO_SIGMA or math.fsum(distances) / _FIRST
        for value in self._first:
            self._learn(self._height(value))
        self._first = array("f")

    def _height(self, value: float) -> int:
        distance = value - self._middle
        if not self._unit:  # it never moved: any move is a great one
            return _REACH + (_REACH if distance > 0 else -_REACH if distance < 0 else 0)
        return _REACH + max(-_REACH, min(_REACH, round(math.asinh(distance / self._unit))))

    def _learn(self, height: int) -> None:
        self._counts[self._from * _HEIGHTS + height] += 1
        self._left[self._from] += 1
        self._reached[height] += 1
        self._all += 1
        self._from = height
        if self._all > _MOST:
            self._counts = array("f", (count / 2 for count in self._counts))
            self._total()

    def state(self) -> list[Any]:
        return [pack(self._first), self._middle, self._unit, self._from, pack(self._counts)]

    def restore(self, state: Any) -> None:
        self._first = unpack("f", state[0])
        self._middle, self._unit, self._from = state[1], state[2], int(state[3])
        self._counts = unpack("f", state[4])
        self._total()
