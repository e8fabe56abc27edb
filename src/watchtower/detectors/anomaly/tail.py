"""How rare is a deviation? Judged by the largest ones seen: a Pareto tail fitted to them (Hill's estimator).

Nothing is assumed of the bulk, and the unit does not matter. A gauge that spikes daily has a heavy tail, and its
next spike scores little; one that never moved scores at once.
"""

from __future__ import annotations

import math
from array import array
from bisect import insort
from typing import Any

from watchtower.detectors.packed import pack, unpack

KEPT = 64
"""So many of the largest deviations are kept."""
_WEIGHT = 4.0
"""What is believed of the tail's shape before any deviation is seen is worth so many of them."""
_THINNEST = 0.02
_HORIZON = 50_000
"""After so many observations half of what was learned is let go, so that an old world is forgotten."""


class DeviationTail:
    """The largest deviations of one kind, and the number of observations that they come from."""

    __slots__ = ("_believed", "_largest", "_seen", "_shape")

    def __init__(self, shape: float = 0.5) -> None:
        self._largest = array("f")
        self._seen = 0
        self._believed = self._shape = shape

    def anomaly_score(self, deviation: float) -> float:
        """-log10 of the share of observations with such a deviation: 3 is once in a thousand. 0 if it is not
        rare."""
        if self._seen <= KEPT:
            return 0.0
        edge = self._largest[0]
        if deviation <= edge:
            return 0.0
        if edge <= 0:  # it hardly ever strayed at all
            return math.log10(self._seen) + 1.0
        return math.log10(self._seen / len(self._largest)) + math.log10(deviation / edge) / self._shape

    def reach(self, anomaly_score: float) -> float | None:
        """The deviation with that score; None while too little is known."""
        if self._seen <= KEPT:
            return None
        beyond = anomaly_score - math.log10(self._seen / len(self._largest))
        exponent = max(0.0, beyond) * self._shape
        return float(self._largest[0] * math.pow(10.0, min(exponent, 300.0)))

    def learn(self, deviation: float) -> None:
        self._seen += 1
        largest = self._largest
        if len(largest) < KEPT:
            insort(largest, deviation)
        elif deviation > largest[0]:
            del largest[0]
            insort(largest, deviation)
        else:
            return
        self._fit()
        if self._seen > _HORIZON:
            self._seen //= 2
            self._largest = largest[1::2]
            self._fit()

    def _fit(self) -> None:
        largest = self._largest
        edge = largest[0]
        if edge > 0:
            spread = math.fsum(math.log(value / edge) for value in largest)
            self._shape = max(_THINNEST, (_WEIGHT * self._believed + spread) / (_WEIGHT + len(largest) - 1))

    def state(self) -> list[Any]:
        return [self._seen, pack(self._largest)]

    def restore(self, state: Any) -> None:
        self._seen = int(state[0])
        self._largest = unpack("f", state[1])
        if self._largest:
            self._fit()
