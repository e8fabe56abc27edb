"""The tail of past silences: how likely the next request is, the longer none has come.

By the book every unit of anomaly score is as hard to survive as the one before it. Real flows have longer silences
(people come in crowds) or shorter ones. So the hazard, arrivals per unit of anomaly score, is learnt in three
stretches, each with a prior of one. Where a poll is too coarse to say when in it the request came, its expected
place is taken (one step of expectation-maximisation).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import lru_cache
from math import exp, inf

_EDGES = (2.0, 6.0, inf)
_PRIOR = 30.0
_LEAST, _MOST = 0.4, 1.1
_Weight = tuple[int, float, float, float]
"""A stretch, the share of arrivals in it, the score survived by them in it, its width."""
_SURVIVED = 3
"""Where the survived score of the stretches begins."""


class ArrivalTail:
    """Arrivals and survived anomaly score by stretch: [0, 2), [2, 6), [6, ...)."""

    __slots__ = ("_learnt", "hazards")

    def __init__(self) -> None:
        self._learnt = array("d", (_PRIOR,) * 6)
        """Arrivals, then survived score."""
        self.hazards = (1.0, 1.0, 1.0)

    def anomaly_score(self, raw: float) -> float:
        """The score of a silence with this theoretical score, corrected by past silences."""
        first, second, third = self.hazards
        if raw <= 2.0:
            return first * raw
        if raw <= 6.0:
            return first * 2.0 + second * (raw - 2.0)
        return first * 2.0 + second * 4.0 + third * (raw - 6.0)

    def learn(self, raw: float, step: float) -> None:
        """A silence with the score `raw` ended within the next `step`."""
        learnt, start, end = self._learnt, 0.0, raw + step
        weights, later, first = list[_Weight](), 1.0, 0
        if raw == 0.0 and end > _EDGES[1]:  # each poll of a busy flow
            known, later = _before_last(self.hazards)
            weights, start, first = [*known], _EDGES[1], 2
        for n in range(first, _SURVIVED):
            edge = _EDGES[n]
            if raw > start:
                learnt[_SURVIVED + n] += min(raw, edge) - start
            low, high = max(start, raw), min(edge, end)
            if high > low:
                weight, left = _weigh(n, self.hazards[n], high - low, later)
                weights.append(weight)
                later *= left
            if end <= edge:
                break
            start = edge
        whole = 1.0 - later
        if whole < 1e-6:
            learnt[n] += 1.0
            learnt[_SURVIVED + n] += step / 2.0
            return
        beyond = whole
        for n, arrived, spent, width in weights:
            beyond -= arrived
            learnt[n] += arrived / whole
            learnt[_SURVIVED + n] += (spent + width * beyond) / whole

    def settle(self, kept: float) -> None:
        """Adopts what was learnt, and forgets a little."""
        learnt = self._learnt
        by_stretch = zip(learnt[:_SURVIVED], learnt[_SURVIVED:], strict=True)
        first, second, third = (min(max(came / past, _LEAST), _MOST) for came, past in by_stretch)
        self.hazards = first, second, third
        for n in range(_SURVIVED):
            if learnt[n] * kept >= _PRIOR:
                learnt[n] *= kept
                learnt[_SURVIVED + n] *= kept

    def state(self) -> list[float]:
        return [*self._learnt, *self.hazards]

    def restore(self, state: Sequence[float]) -> None:
        self._learnt = array("d", state[:6])
        first, second, third = state[6:9]
        self.hazards = first, second, third


def _weigh(n: int, hazard: float, width: float, later: float) -> tuple[_Weight, float]:
    """Of so wide a part of a stretch; and the share that survives it."""
    left = exp(-hazard * width)
    return (n, later * (1.0 - left), later * ((1.0 - left) / hazard - width * left), width), left


@lru_cache
def _before_last(hazards: tuple[float, float, float]) -> tuple[tuple[_Weight, ...], float]:
    """The weights of the first two stretches as a whole, and the share that survives them."""
    first, left = _weigh(0, hazards[0], _EDGES[0], 1.0)
    second, then = _weigh(1, hazards[1], _EDGES[1] - _EDGES[0], left)
    return (first, second), left * then
