"""The shape of a week: what is usual at each five minutes of the day, and what each weekday makes of it.

Each five minutes keep a Gamma posterior of their rate over all weekdays (requests seen, seconds measured), which forgets with
every visit. Each half hour of each weekday has a factor beside it. Nothing is interpolated: a market opens at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import exp, fsum, log

from watchtower.detectors.rounded import Rounded

BIN = 300.0
"""Seconds of one bin."""
BINS = 288
PER_HALF = 6
HALVES = BINS // PER_HALF
Ratios = Sequence[tuple[float, float, int]]
"""What a weekday's half hours have of the pooled rate, of how much evidence, and over how many half hours beyond the one that is
meant."""
ROWS = 7
"""Monday to Sunday; a holiday is one of rest."""
_KEEP = 0.85
"""What a visit leaves of those before it: about a week of visits count."""
_NEAR = 3
"""Bins on either side that a bin borrows from."""
_PRIOR = 8.0
"""Requests' worth of belief that a bin is like the bins beside it."""
_PRIOR_BESIDE = 1.0
"""The same, once its own requests show that it is not: after a sharp closing eight are hours of a trickle."""
_FEW = 30.0
"""Requests a visit below which five minutes tell less than the half hour around them does."""
_WEEKDAY_KEEP = 0.6
_SETTLED = (1.0 - _WEEKDAY_KEEP) / (1.0 + _WEEKDAY_KEEP)
"""Of the variance of one visit, what is left in a weekday's factor after a month. In the first week it is all."""
_AROUND = 3
"""Half hours on either side that are like one."""
_LEAST, _MOST = 0.2, 5.0
_TELLS = 8.0
"""Variances within which a factor is none. A half hour would begin with a step otherwise, and a window in it be low by chance."""
_DRIFT = 0.03
_ALIKE = 1.8
"""Times that one rate must be another to be told from it by a moved clock."""


class Season:
    """Usual requests per second by bin (0..287) and row (0..6)."""

    __slots__ = ("_coarse", "_factors", "_kinds", "_requests", "_rest", "_seconds", "dispersion", "drift")

    def __init__(self, every: float, rest: frozenset[int]) -> None:
        self._coarse = every > BIN / 2.0
        """Whether polls leave bins out, which then borrow from those beside them."""
        self._rest = rest
        self._kinds = _kinds(rest)
        self.drift, self.dispersion = _DRIFT, 1.0
        """Relative variance of an hour around its level, and of counts: what a weekday's factor must exceed."""
        self._requests, self._seconds, self._factors = Rounded(BINS), Rounded(BINS), Rounded(ROWS * HALVES)
        """0.0: not known."""

    def visited(self, bin_: int) -> float:
        """Visits' worth of seconds that are remembered."""
        return self._seconds[bin_] / BIN

    def worth(self, bin_: int) -> float:
        """Requests' worth of evidence behind a bin's rate."""
        return self._requests[bin_] + _PRIOR

    def pooled(self, bin_: int) -> float | None:
        """Requests per second over all weekdays; None where never seen."""
        requests, seconds = self._requests, self._seconds
        own, own_seconds = requests[bin_], seconds[bin_]
        if own_seconds <= 0.0 and not self._coarse:
            return None
        low, high = bin_ - _NEAR, bin_ + _NEAR + 1
        if low >= 0 and high <= BINS:
            came, past = requests.sum(low, high), seconds.sum(low, high)
        else:
            near = [n % BINS for n in range(low, high)]
            came, past = fsum(requests[n] for n in near), fsum(seconds[n] for n in near)
        if own_seconds <= 0.0:
            return came / past if past > 0.0 else None
        if came <= 0.0:
            return 0.0
        rate = came / past
        expected = own_seconds * rate
        alike = (own - expected) ** 2 <= 9.0 * expected
        if alike and rate * BIN < _FEW and not self._slopes(bin_):
            return rate
        prior = _PRIOR_BESIDE if own > 0.0 and not alike else _PRIOR
        return (own + prior) / (own_seconds + prior / rate)

    def _slopes(self, bin_: int) -> bool:
        """Whether the bins before and after it differ by more than chance: what is around it is not like it."""
        rates, noise = [], 0.0
        for offsets in (range(-_NEAR, 0), range(1, _NEAR + 1)):
            near = [(bin_ + n) % BINS for n in offsets]
            came, past = fsum(self._requests[n] for n in near), fsum(self._seconds[n] for n in near)
            if past <= 0.0:
                return False
            rates.append(came / past)
            noise += (came + 1.0) / (past * past)
        return (rates[0] - rates[1]) ** 2 > 4.0 * noise

    def differs(self, bin_: int, other: int) -> bool:
        """Whether two bins may have rates that can be told apart."""
        here, there = self._requests[bin_] * self._seconds[other], self._requests[other] * self._seconds[bin_]
        return here > _ALIKE * there or there > _ALIKE * here

    def factor(self, row: int, half: int, pooled: float, ratios: Ratios | None = None) -> float:
        """What a weekday's half hour has of the pooled rate. What chance and drift explain is none. `ratios` are those of this
        half hour, where they are known."""
        noise = self.drift + self.dispersion / max(pooled * BIN * PER_HALF, 1.0)
        forgotten = max(0.0, 1.0 - (1.0 - _KEEP) * self.visited(half * PER_HALF))
        noise *= min(1.0, _SETTLED + 2.0 * forgotten)
        factor = 1.0
        for ratio, weighed, halves in self.ratios(row, half) if ratios is None else ratios:
            # What strays, strays for an hour or two.
            factor *= _beyond(ratio / factor, noise * max(1, halves) / weighed)
        return min(max(factor, _LEAST), _MOST)

    def ratios(self, row: int, half: int) -> Ratios:
        """What was learnt of a weekday's half hour: as days of its kind have at this time of day, as it has itself, and this half
        hour alone."""
        found, here = [], max(self._requests[half * PER_HALF], 1e-9)
        before, after = max(0, half - _AROUND), min(HALVES - 1, half + _AROUND)
        weights = [min(1.0, self._requests[at * PER_HALF] / here) for at in range(before, after + 1)]
        # What this very day has taught so far is none of it: that may be an outage.
        for rows, first, last in (
            (self._kinds[row], before, after),
            ((row,), half, after),
            ((row,), half, half),
        ):
            came = weighed = 0.0
            for at in range(first, last + 1):
                weight = weights[at - before]
                for one in rows:
                    if own := self._factors[one * HALVES + at]:
                        came, weighed = came + own * weight, weighed + weight
            if came > 0.0:
                found.append((came / weighed, weighed, last - half))
        return found

    def unknown_rest(self, row: int, half: int) -> bool:
        """Whether this is the first day of rest that is seen: what it has less is no outage to be kept from learning."""
        return row in self._rest and not any(self._factors[one * HALVES + half] for one in self._rest)

    def usual(self, bin_: int, row: int, ratios: Ratios | None = None) -> float | None:
        """Requests per second of this bin on this weekday; None where never seen."""
        rate = self.pooled(bin_)
        return rate * self.factor(row, bin_ // PER_HALF, rate, ratios) if rate else rate

    def day(self) -> float:
        """Requests of a usual day."""
        return BIN * self._requests.over(self._seconds)

    def learn(self, bin_: int, requests: float, seconds: float, kept: float = _KEEP) -> float:
        """Adds one visit; `seconds` times the weekday's factor. A bin that was empty until now has no rate to keep. Returns what
        the bin's rate gains, requests per second."""
        if requests > 0.0 and self._requests[bin_] <= 0.0:
            self._seconds[bin_] = 0.0
        came, past = self._requests[bin_], self._seconds[bin_]
        now, passed = came * kept + requests, past * kept + seconds
        self._requests[bin_], self._seconds[bin_] = now, passed
        return now / passed - came / past if past > 0.0 else 0.0

    def learn_weekday(self, row: int, half: int, requests: float, expected: float) -> None:
        """A half hour's requests, against those expected by the pooled rate alone."""
        here = row * HALVES + half
        ratio, own = max(requests / expected, 1e-3), self._factors[here]
        if own > 0.0:
            ratio = own * _WEEKDAY_KEEP + ratio * (1.0 - _WEEKDAY_KEEP)
        self._factors[here] = ratio

    @property
    def shape(self) -> list[str]:
        """Requests and seconds of every bin, factors of every weekday's half hour, packed."""
        return [one.packed for one in self._parts]

    @shape.setter
    def shape(self, packed: Sequence[str]) -> None:
        for one, text in zip(self._parts, packed, strict=True):
            one.packed = text

    @property
    def _parts(self) -> tuple[Rounded, Rounded, Rounded]:
        return self._requests, self._seconds, self._factors


def _beyond(ratio: float, noise: float) -> float:
    """What of a ratio the relative variance `noise` does not explain (James and Stein): all of a great one, none of a small."""
    far = log(ratio)
    return exp(far - _TELLS * noise / far) if far * far > _TELLS * noise else 1.0


@lru_cache
def _kinds(rest: frozenset[int]) -> tuple[tuple[int, ...], ...]:
    """The other weekdays of each one's kind, of rest or worked: flows share them."""
    return tuple(
        tuple(one for one in range(ROWS) if (one in rest) is (row in rest) and one != row)
        for row in range(ROWS)
    )
