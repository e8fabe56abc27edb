"""Hours of the day with a ratio of their own: what the same hour of the last seven days had, in the middle. Pure.

One outage is one day of seven, and moves no middle; what comes back on a third day is a habit.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from statistics import median

from watchtower.detectors.ratio.scales import independent
from watchtower.model import Instant

_HOUR = 3600.0
_HOURS, _DAYS = 24, 7
_LEAST_DAYS = 3
_LEAST = 20.0
"""Of the whole in an hour, or it says nothing."""
_DIFFERS = 4.0
"""Standard deviations by which an hour must differ to be one of its own."""
_OF_A_MIDDLE = 0.64
"""A median tells as much as the mean of so many of its values."""


class HoursOfDay:
    """Part and whole of each hour of the last days, and of the hour that runs."""

    __slots__ = ("_hour", "_part", "_ratios", "_whole", "_wholes")

    def __init__(self) -> None:
        self._ratios, self._wholes = array("f", (0.0,) * _HOURS * _DAYS), array("f", (0.0,) * _HOURS * _DAYS)
        self._hour, self._part, self._whole = -1, 0.0, 0.0

    def add(self, at: Instant, part: float, whole: float) -> None:
        """One poll; an outage is kept too."""
        hour = int(at // _HOUR)
        if hour != self._hour:
            if self._whole >= _LEAST:
                place = self._hour % _HOURS * _DAYS + self._hour // _HOURS % _DAYS
                self._ratios[place], self._wholes[place] = self._part / self._whole, self._whole
            self._hour, self._part, self._whole = hour, 0.0, 0.0
        self._part += part
        self._whole += whole

    def usual(self, at: Instant, otherwise: float) -> tuple[float, float] | None:
        """The ratio of this hour of the day, and how much of the whole says so; None where it is as at all hours."""
        begin = int(at // _HOUR) % _HOURS * _DAYS
        days = [n for n in range(begin, begin + _DAYS) if self._wholes[n] > 0.0]
        if len(days) < _LEAST_DAYS:
            return None
        middle = median(self._ratios[n] for n in days)
        counted = _OF_A_MIDDLE * sum(self._wholes[n] for n in days)
        if abs(middle - otherwise) <= _DIFFERS * (independent(otherwise) / counted) ** 0.5:
            return None
        return middle, counted

    def state(self) -> list[float]:
        return [self._hour, self._part, self._whole, *self._ratios, *self._wholes]

    def restore(self, state: Sequence[float]) -> None:
        hour, self._part, self._whole = state[:3]
        self._hour, size = int(hour), _HOURS * _DAYS
        self._ratios, self._wholes = array("f", state[3 : 3 + size]), array("f", state[3 + size :])
