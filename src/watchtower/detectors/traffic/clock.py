"""Has the whole timetable moved by an hour: a zone that nobody declared, or a business that keeps other hours?

Each bin is evaluated under three hypotheses: as usual, as usual an hour earlier, an hour later. Only where they differ much can
they tell a moved clock from more or less traffic. One episode never decides: two must agree.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import log

HOUR = 3600.0
_DECIDES = 28.0
"""Nats by which a moved timetable must explain the traffic better."""
_OF_A_BIN, _OF_AN_EPISODE = 3.0, 18.0
_EPISODE = 7200.0
_DIFFERS = 0.7
"""|ln| of two expectations that can be told apart."""
_DRIFT = 0.03
_FORGET = 0.999
_AT, _IN_EPISODE = 2, 4


class MovedClock:
    """`shift` is added to local time, seconds: 0, or an hour either way."""

    __slots__ = ("_seen", "shift")

    def __init__(self) -> None:
        self.shift = 0.0
        self._seen = array("d", bytes(48))
        """Scores of either way, when each was last raised, and by how much in that episode."""

    def evaluate(self, at: float, came: float, expected: Sequence[float], dispersion: float) -> bool:
        """One bin's requests, and those expected now, an hour earlier and an hour later in the timetable. True when the
        timetable has moved. `at`: measured seconds."""
        seen = self._seen
        usual, *others = (max(0.5, one) for one in expected)
        ordinary, fits_usual = _fit(came, usual, dispersion)
        for n, other in enumerate(others):
            if abs(log(other / usual)) < _DIFFERS:
                continue
            likelihood, fits = _fit(came, other, dispersion)
            gain = min(_OF_A_BIN, max(-_OF_A_BIN, likelihood - ordinary))
            if gain > 1.0 and fits:
                if at - seen[_AT + n] > _EPISODE:
                    seen[_IN_EPISODE + n] = 0.0
                gain = min(gain, _OF_AN_EPISODE - seen[_IN_EPISODE + n])
                seen[_IN_EPISODE + n] += gain
                seen[_AT + n] = at
            elif gain > 1.0 or (gain < 0.0 and not fits_usual):
                gain = 0.0
            seen[n] = max(0.0, seen[n] * _FORGET + gain)
        best = 0 if seen[0] > seen[1] else 1
        moved = self.shift + (HOUR if best else -HOUR)
        if seen[best] <= _DECIDES or abs(moved) > HOUR:
            return False
        self.shift = moved
        seen[0] = seen[1] = 0.0
        return True

    def state(self) -> list[float]:
        return [self.shift, *self._seen]

    def restore(self, state: Sequence[float]) -> None:
        self.shift, self._seen = state[0], array("d", state[1:])


def _fit(came: float, expected: float, dispersion: float) -> tuple[float, bool]:
    """Log-likelihood, and whether the count is within three standard deviations."""
    variance = dispersion * expected + _DRIFT * expected * expected
    square = (came - expected) ** 2
    return -0.5 * (square / variance + log(variance)), square < 9.0 * variance
