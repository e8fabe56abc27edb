"""Use per day, learnt from the falls of a balance, in hourly buckets of eight days.

A rise is a top-up. How much was used meanwhile cannot be seen behind it, so that stretch counts neither as use
nor as time without use.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from watchtower.model import Instant
from watchtower.values import Frozen

DAY = 86400.0
HOUR = 3600.0
_HOURS = 24
_WEEK = 7
_KEPT_DAYS = 8
_LONGEST_GAP = DAY
"""A fall over a longer stretch without a measurement may hide a top-up."""
_ENOUGH_OF_A_DAY = DAY / 2
_SPREAD = 2.0
"""Standard errors on either side: about nine in ten, as Student's t has it for a week of days."""


class Burn(Frozen):
    """Use per day: `point` errs on the high side; `mean`, `sd` and `days` describe the measured days."""

    point: float
    mean: float
    sd: float
    days: float

    def bounds(self, days_ahead: float) -> tuple[float, float]:
        """Least and most use per day to expect as the mean over the days ahead, at least half a day of them."""
        error = _SPREAD * self.sd * math.sqrt(1 / max(days_ahead, 0.5) + 1 / max(self.days, 0.5))
        return max(0.0, self.mean - error), self.mean + error


class BurnMeter:
    """Learns from measured balances and computes the burn. Bounded by `window` or eight days, whichever is
    longer."""

    def __init__(self, window: float, every: float) -> None:
        self._window = max(1, math.ceil(window / HOUR))
        self._kept = max(self._window, _KEPT_DAYS * _HOURS)
        self._longest_gap = max(_LONGEST_GAP, 3 * every)
        self._buckets: dict[int, list[float]] = {}
        """Hour since the epoch -> [use, seconds measured], in ascending order."""

    def fell(self, since: Instant, until: Instant, use: float) -> None:
        """Adds `use` (0 or more) between two measurements, spread evenly over the hours between them."""
        length = until - since
        if not 0 < length <= self._longest_gap:
            return
        for hour in range(int(since // HOUR), int(until // HOUR) + 1):
            part = min(until, (hour + 1) * HOUR) - max(since, hour * HOUR)
            if part > 0:
                bucket = self._buckets.setdefault(hour, [0.0, 0.0])
                bucket[0] += use * part / length
                bucket[1] += part
        oldest = int(until // HOUR) - self._kept
        while self._buckets and (first := next(iter(self._buckets))) <= oldest:
            del self._buckets[first]

    def burn(self, at: Instant, known_after: float) -> Burn | None:
        """The greatest of: the mean over the window, the last day, and the day ahead as it was a week ago.

        None until `known_after` seconds were measured in the window, or most of a day in one of the others.
        """
        now = int(at // HOUR)
        days = [self._sum(now - _HOURS * (back + 1), now - _HOURS * back) for back in range(_WEEK)]
        ahead = self._sum(now - _HOURS * _WEEK, now - _HOURS * (_WEEK - 1))
        found = [_rate(*self._sum(now - self._window, now), known_after)]
        found += [_rate(*one, _ENOUGH_OF_A_DAY) for one in (days[0], ahead)]
        known = [rate for rate in found if rate is not None]
        if not known:
            return None
        whole = [rate for one in days if (rate := _rate(*one, _ENOUGH_OF_A_DAY)) is not None]
        if len(whole) >= 3:
            return Burn(max(known), *_mean_and_sd(whole), len(whole))
        hours = [
            _rate(use, seconds, HOUR / 2)
            for hour, (use, seconds) in self._buckets.items()
            if hour > now - self._kept
        ]
        # Hours of a day resemble each other: until there are days to compare, one hour's spread is a day's.
        rates = [rate for rate in hours if rate is not None] or known
        measured = sum(seconds for _, seconds in self._buckets.values()) / DAY
        return Burn(max(known), *_mean_and_sd(rates), measured)

    def by_day(self, at: Instant) -> list[float | None]:
        """Use per day of the last seven days of 24 hours, the oldest first; None where too little was measured."""
        now = int(at // HOUR)
        days = (self._sum(now - _HOURS * (back + 1), now - _HOURS * back) for back in reversed(range(_WEEK)))
        return [_rate(*one, _ENOUGH_OF_A_DAY) for one in days]

    def _sum(self, after: int, until: int) -> tuple[float, float]:
        """Use and seconds measured in the hours after `after`, up to and with `until`."""
        use = seconds = 0.0
        for hour in range(after + 1, until + 1):
            bucket = self._buckets.get(hour)
            if bucket is not None:
                use += bucket[0]
                seconds += bucket[1]
        return use, seconds

    def state(self) -> list[list[float]]:
        return [[hour, *bucket] for hour, bucket in self._buckets.items()]

    def restore(self, buckets: Sequence[Sequence[float]]) -> None:
        self._buckets = {int(hour): [float(use), float(seconds)] for hour, use, seconds in buckets}


def _rate(use: float, seconds: float, least: float) -> float | None:
    """Use per day, None where less than `least` seconds were measured."""
    return use / seconds * DAY if seconds > 0 and seconds >= least else None


def _mean_and_sd(rates: Sequence[float]) -> tuple[float, float]:
    mean = sum(rates) / len(rates)
    if len(rates) < 2:
        return mean, mean
    return mean, math.sqrt(sum((rate - mean) ** 2 for rate in rates) / (len(rates) - 1))
