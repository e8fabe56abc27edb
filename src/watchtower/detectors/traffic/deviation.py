"""Too little or too much over windows of 1, 5, 15 and 60 minutes, each against a level from before it.

Six tests share one budget of false pages. Each learns how far its window strays from its level in ordinary times, beyond what
bursts explain: that is the drift of the flow and the errors of the season alike. A seventh (Page's) sums a run of bad polls,
whatever its length, against the level before its first: a collapse is seen as soon as a silence would be.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import inf, log

from watchtower.detectors.rounded import Rounded
from watchtower.detectors.traffic.level import Level
from watchtower.detectors.traffic.onset import Since, first_bad
from watchtower.detectors.traffic.spread import anomaly_score_of
from watchtower.detectors.traffic.window import Window
from watchtower.model import Instant

MINUTE = 60.0
MINUTES = (1, 5, 15, 60)
QUICK, FAST, SLOW = range(3)
TESTS = ((0, QUICK), (0, FAST), (1, QUICK), (2, QUICK), (2, FAST), (3, SLOW))
"""Window and level."""
_WINDOW_OF = tuple(w for w, _ in TESTS)
_LENGTHS = tuple((MINUTES[_WINDOW_OF[n]] * MINUTE, n) for n in (0, 2, 3, 5))
"""Seconds of each window, and the test that says how far it strays."""
_DAY_ONE, _EXPECTED = 2, 4
"""The only test where no season is known: the quick level follows the hours of a day. And the one that is made against the level
by which traffic is expected."""
_MEMORY = (4000.0, 4000.0, 2000.0, 1000.0, 1000.0, 300.0)
"""Windows that teach each test's variance. They overlap with what teaches the level, so a tenth of them would leave it uncertain
by a fifth, and five sigmas be four."""
_OF_MINUTE = tuple((n, w) for n, (w, _) in enumerate(TESTS))
"""Test and window of those that are made with each full minute; with each poll; and of the only one of the first day."""
_OF_POLL = tuple((n, w) for n, w in _OF_MINUTE if w < 2)
_OF_DAY_ONE = (_OF_MINUTE[_DAY_ONE],)
_WAYS = len(TESTS) + 1
_BY_WAYS = log(_WAYS)
_MOST_POLLS = 25.0
"""Polls of a window that count as looks of their own."""
_SIZE, _RINGS = 64, 2
_SIZE_OF_LEVELS, _RINGS_OF_LEVELS = 16, 4
"""Minutes that are kept, and numbers of each."""
_LEVELS_OF = _SIZE * _RINGS
_VARIANCE, _WEIGHED, _NEXT, _DAY, _OPEN, _SUMS, _LEVEL, _DOUBT, _RUN = 0, 6, 12, 18, 21, 24, 32, 38, 44
"""Where what is learnt begins in the array of numbers: of each test its variance, its weight and when it learns next; the
same of the first day; seconds, requests and usual of the minute that is open; requests and usual of each window; of each test
its level of a window ago, and the doubt of that, as of the last full minute; requests, usual and seconds of a run, and the level
before it with its doubt."""
_FORMER = 51
"""Numbers of the version before. It had a test of five minutes against the fast level, and none of fifteen against the quick."""
_OF_FORMER = (0, 1, 2, 4, 4, 5)
"""Its tests, for each of ours."""
_FEW = 2.0
_UNEVEN, _EVEN_FOR, _RHYTHM = 0.5, 10 * 86400.0, 24.0
"""Variances of bursts by which five minutes fall short again and again where bursts are chance; after so many seconds without,
requests come in a rhythm; so many times less is their dispersion then."""
_START, _WEIGHT = 0.03, 8.0
_START_DAY_ONE, _WEIGHT_DAY_ONE = 0.25, 1.0
_LEAST = 1e-4
_CLIPS = (9.0, 9.0, 9.0, 9.0, 9.0, 4.0)
"""Variances beyond which an error counts as so many: an outage that was missed is no habit, least of all in an hour."""
_THIN = 0.5
_BAD = 0.75
"""A run goes on as long as less than this of what is expected has come in it."""
_COLLAPSE = 1.0 / 3.0
"""Less than this out of a surge is a collapse: the surge proves the requests, so half of the evidence will do."""
_LONGEST = MINUTES[-1] * MINUTE
"""Seconds of a run."""


def score(came: float, expected: float, dispersion: float, variance: float) -> float:
    """-ln of the probability of so little or so much: Chernoff's bound with its prefactor (Bahadur-Rao, lattice)."""
    bound = anomaly_score_of(came, expected, dispersion, variance * _thinner(came / expected))
    if bound <= 1.0:
        return 0.0
    return bound + max(0.0, 0.5 * log(min(12.6 * bound, 6.28 * max(came, 1e-9) / dispersion)))


def _thinner(ratio: float) -> float:
    """Rates stray by factors: the tail of their logarithm is normal, not that of a Gamma. What that makes of the variance."""
    far = log(max(ratio, 1e-3))
    return max(_THIN, (ratio - 1.0 - far) * 2.0 / (far * far)) if abs(far) > 0.05 else 1.0


class Deviation:
    """`low` is the test that found too little (its index, `RUN` for the run), None where none did; `up`: too much,
    `flood`: in five minutes or less, which teaches nothing; `half`: half way to an alert."""

    RUN = len(TESTS)

    __slots__ = (
        "_closed", "_count", "_entries", "_filled", "_limits", "_numbers", "_ring", "_span", "flood", "half", "low",
        "uneven", "up",
    )  # fmt: skip

    def __init__(self, every: float, budget: float) -> None:
        self._span, self._entries, self._limits = _paced(every, budget)
        self._numbers = _FRESH[:]
        self._ring = Rounded(_LEVELS_OF + _SIZE_OF_LEVELS * _RINGS_OF_LEVELS)
        """Requests and usual of the last minutes; then quick and fast level and the doubts of both, of the last sixteen."""
        self._count = self._filled = 0
        self.uneven = inf
        """When five minutes last had less than bursts leave of them now and then. Long ago: requests come in a rhythm."""
        self._closed = False
        self.low: int | None = None
        self.up = self.flood = self.half = False

    @property
    def found(self) -> bool:
        """Whether it is too much by a window that was evaluated with this poll."""
        return self.flood or (self.up and self._closed)

    @property
    def calm(self) -> bool:
        """Whether no test is half way to too little."""
        return self.low is None and not self.half

    @property
    def hourly(self) -> float:
        """Relative variance of an hour against the slow level."""
        return self._numbers[_VARIANCE + len(TESTS) - 1]

    @property
    def hour(self) -> float | None:
        """Requests to those usual in the last hour, or since windows began anew; None where nothing was expected."""
        came, usual = self._numbers[_SUMS + 6 : _LEVEL]
        return came / usual if usual > 0.0 else None

    def variance(self, known: bool) -> float:
        """Relative variance of five minutes around what is expected."""
        return self._numbers[_VARIANCE + _EXPECTED if known else _DAY]

    def scatter(self, at: Instant, dispersion: float) -> float:
        """The dispersion of the counts of five minutes. Where these are never uneven, four times what they stray by at most is no
        chance, however the requests come within them."""
        return max(1.0, dispersion / _RHYTHM) if at - self.uneven > _EVEN_FOR else dispersion

    def clear(self, level: Level, *, surge: bool = False) -> None:
        """Begins anew at this level, because the past no longer describes the present. `surge`: whether too much stays so, as
        after an outage, until the windows say otherwise."""
        self._filled = 0
        self._numbers[_OPEN:_LEVEL] = _FRESH[_OPEN:_LEVEL]
        self._numbers[_RUN:] = _FRESH[_RUN:]
        self.low, self.half = None, False
        self.up, self.flood = self.up and surge, self.flood and surge
        self._refresh(level)

    def add(self, requests: float, usual: float, covers: float, level: Level) -> None:
        """One poll, with what is usual in it by season."""
        numbers = self._numbers
        numbers[_OPEN] += covers
        numbers[_OPEN + 1] += requests
        numbers[_OPEN + 2] += usual
        self._closed = numbers[_OPEN] >= self._span * 0.999
        if not self._closed:
            return
        ring, count = self._ring, self._count
        new = count % _SIZE * _RINGS
        for w in (1, 2, 3):
            entries = self._entries[w]
            if self._filled >= entries:
                old, sums = (count - entries) % _SIZE * _RINGS, _SUMS + 2 * w
                numbers[sums] -= ring[old]
                numbers[sums + 1] -= ring[old + 1]
        ring[new], ring[new + 1] = numbers[_OPEN + 1], numbers[_OPEN + 2]
        levels = _level_of(count)
        ring[levels], ring[levels + 1] = level.quick, level.fast
        ring[levels + 2], ring[levels + 3] = level.doubts[QUICK], level.doubts[FAST]
        for sums in (_SUMS + 2, _SUMS + 4, _SUMS + 6):
            numbers[sums] += ring[new]
            numbers[sums + 1] += ring[new + 1]
        self._count += 1
        self._filled = min(_SIZE, self._filled + 1)
        numbers[_OPEN:_SUMS] = _FRESH[_OPEN:_SUMS]
        self._refresh(level)

    def _refresh(self, level: Level) -> None:
        now, numbers, ring = (level.quick, level.fast, level.slow), self._numbers, self._ring
        for n, (w, which) in enumerate(TESTS):
            numbers[_LEVEL + n], numbers[_DOUBT + n] = now[which], level.doubts[which]
            if which != SLOW and self._filled > self._entries[w]:
                ago = _level_of(self._count - 1 - self._entries[w])
                numbers[_LEVEL + n] = ring[ago + which]
                numbers[_DOUBT + n] = max(numbers[_DOUBT + n], ring[ago + 2 + which])

    def evaluate(
        self, at: Instant, poll: tuple[float, float, float], window: Window, dispersion: float, slope: float, *,
        known: bool, limit: float, least: float,
    ) -> None:  # fmt: skip
        """After `add`: evaluates every window, and learns from those that are due. `poll`: requests, those usual in it, and its
        seconds. `limit`: the score at which a silence pages. `least`: a level above it says nothing of too
        little: that is a surge, and may end."""
        surged, self.low, self.half = self.flood, None, False
        # No window is evaluated before the second minute, and the long ones with each full minute only.
        self.flood = surged and self._filled < 2
        self.up = self.up and (self._filled < 2 or not self._closed)
        seconds, requests, usual = window.minute
        numbers, filled, entries = self._numbers, self._filled, self._entries
        tests = _OF_MINUTE if self._closed else _OF_POLL
        for n, w in tests if known else _OF_DAY_ONE:
            if w == 0:
                if seconds < self._span * 0.999 or filled < 2:
                    continue
                came, expected = requests, usual * numbers[_LEVEL + n]
            else:
                if filled <= entries[w]:
                    continue
                came = numbers[_SUMS + 2 * w] + numbers[_OPEN + 1]
                expected = (numbers[_SUMS + 2 * w + 1] + numbers[_OPEN + 2]) * numbers[_LEVEL + n]
            if expected < _FEW:
                continue
            doubt, calm = numbers[_DOUBT + n], not surged
            if came < expected and numbers[_LEVEL + n] > least:
                expected *= least / numbers[_LEVEL + n]
                if came >= expected:
                    continue
                doubt, calm = doubt + self.hourly, False
            due, error, own = numbers[_NEXT + n if known else _DAY + 2], (came - expected) ** 2, dispersion
            if w == 1 and came < expected:
                own = self.scatter(at, dispersion)
            if at >= due or error > 4.0 * own * expected:
                self._test(n, at, came, expected, own, doubt + slope * (0.25 if w < 2 else 0.02), known, calm)
            if w == 1 and self.calm:
                if self.uneven > at or (came < expected and error > _UNEVEN * dispersion * expected):
                    self.uneven = at
        surging = surged and window.five[1] > window.five[2] * numbers[_LEVEL]
        self._evaluate_run(poll, dispersion, slope * 0.25, limit + _BY_WAYS, known, surging, least)

    def _test(
        self, n: int, at: Instant, came: float, expected: float, dispersion: float, doubt: float, known: bool, calm: bool
    ) -> None:  # fmt: skip
        """`doubt`: relative variance of the level and of the slope. `calm`: whether it may teach."""
        numbers = self._numbers
        variance = numbers[_VARIANCE + n if known else _DAY] + doubt
        noise, error = dispersion * expected, (came - expected) ** 2
        if error > 4.0 * (noise + variance * expected * expected):
            found = score(came, expected, dispersion, variance)
            if found >= self._limits[n]:
                if came < expected:
                    self.low = n
                elif known:
                    self.up = True
                    self.flood = self.flood or _WINDOW_OF[n] < 2
                return
            if came < expected and found >= self._limits[n] / 2.0:
                self.half = True
        due = _NEXT + n if known else _DAY + 2
        if at >= numbers[due] and calm:
            numbers[due] = at + MINUTES[_WINDOW_OF[n]] * MINUTE
            self._learn(n, error / (expected * expected), dispersion / expected, numbers[_DOUBT + n], known)

    def _learn(self, n: int, error: float, noise: float, doubt: float, known: bool) -> None:
        """Squared relative error of one window; what chance alone scatters says little of drift."""
        numbers, (here, weighed) = self._numbers, (_VARIANCE + n, _WEIGHED + n) if known else (_DAY, _DAY + 1)
        drift = numbers[here]
        beyond = min(error, _CLIPS[n] * (drift + noise + doubt)) - noise - doubt
        weight = 1.0 / (1.0 + 100.0 * noise) ** 2
        numbers[weighed] = min(numbers[weighed] + weight, _MEMORY[n])
        numbers[here] = max(_LEAST, drift + (beyond - drift) * weight / numbers[weighed])

    def _evaluate_run(
        self, poll: tuple[float, float, float], dispersion: float, doubt: float, limit: float, known: bool, surging: bool,
        least: float,
    ) -> None:  # fmt: skip
        """`doubt`: relative variance of the slope."""
        numbers = self._numbers
        if numbers[_RUN + 2] == 0.0:
            level, own_doubt = numbers[_LEVEL], numbers[_DOUBT]
            if level > least:
                level, own_doubt = least, own_doubt + self.hourly
            if poll[0] >= _BAD * (poll[1] * level):
                return  # none begins
            numbers[_RUN + 3], numbers[_RUN + 4] = level, own_doubt
        for n, number in enumerate(poll):
            numbers[_RUN + n] += number
        came, usual, seconds, level, own_doubt = numbers[_RUN:]
        expected = usual * level
        if came >= _BAD * expected or seconds > _LONGEST:
            numbers[_RUN:] = _FRESH[_RUN:]
            return
        chance = (expected - came) ** 2 <= 4.0 * dispersion * expected
        if not known or came <= 0.0 or expected < _FEW or chance or self.low is not None:
            return
        found = score(came, expected, dispersion, self._strays(seconds) + own_doubt + doubt)
        if found >= (limit / 2.0 if surging and came < _COLLAPSE * expected else limit):
            self.low = self.RUN

    def _strays(self, seconds: float) -> float:
        """Relative variance over so long a time: between those of the windows beside it."""
        numbers, shorter = self._numbers, 0.0
        variance = numbers[_VARIANCE]
        for length, n in _LENGTHS:
            longer = numbers[_VARIANCE + n]
            if seconds <= length:
                return variance + (longer - variance) * (seconds - shorter) / (length - shorter)
            shorter, variance = length, longer
        return variance

    def level(self, test: int) -> float:
        """The level that this test was made against."""
        return self._numbers[_RUN + 3 if test == self.RUN else _LEVEL + test]

    def onset(
        self, at: Instant, test: int, window: Window, level: float, unseen: tuple[Instant, float], dispersion: float
    ) -> tuple[Instant, float, float]:  # fmt: skip
        """See `first_bad`."""
        return first_bad(at, list(self._back(test, window, level)), unseen, dispersion, self._strays)

    def _back(self, test: int, window: Window, level: float) -> Iterator[Since]:
        """By the last polls, by minutes, and by the run of bad polls that lasts. Minutes: as far as the window that found it
        could see, and an hour where it was a long one, for a loss may be older than that."""
        back = requests = expected = 0.0
        for seconds, some, usual in window.newest():
            back, requests, expected = back + seconds, requests + some, expected + usual * level
            yield back, requests, max(expected, 1e-9)
        back, requests, usual = self._numbers[_OPEN:_SUMS]
        expected = usual * level
        longest = _SIZE
        if test == self.RUN or _WINDOW_OF[test] < 2:
            longest = max(self._entries[1], 1 + int(self._numbers[_RUN + 2] / self._span))
        for n in range(1, min(self._filled, longest) + 1):
            entry = (self._count - n) % _SIZE * _RINGS
            back += self._span
            requests, expected = requests + self._ring[entry], expected + self._ring[entry + 1] * level
            yield back, requests, max(expected, 1e-9)
        requests, usual, seconds = self._numbers[_RUN : _RUN + 3]
        if seconds > 0.0:
            yield seconds, requests, max(usual * level, 1e-9)

    def state(self) -> list[float]:
        """All but the ring."""
        return [
            *self._numbers[:_OPEN], self._count, self._filled, *self._numbers[_OPEN:],
            -1.0 if self.low is None else self.low, self.up + self.flood, self.half,
        ]  # fmt: skip

    def restore(self, state: Sequence[float]) -> None:
        """Of the version before only what was learnt is kept: the caller clears the rest."""
        if len(state) == _FORMER:
            for learnt in (_VARIANCE, _WEIGHED, _NEXT):
                self._numbers[learnt : learnt + len(TESTS)] = array(
                    "d", (state[learnt + n] for n in _OF_FORMER)
                )
            self._numbers[_DAY:_OPEN] = array("d", state[_DAY:_OPEN])
            return
        *numbers, low, up, half = state
        self._count, self._filled = int(numbers[_OPEN]), int(numbers[_OPEN + 1])
        self._numbers = array("d", numbers[:_OPEN] + numbers[_OPEN + 2 :])
        self.low, self.half = None if low < 0.0 else int(low), bool(half)
        self.up, self.flood = up > 0.0, up > 1.0

    @property
    def ring(self) -> str:
        return self._ring.packed

    @ring.setter
    def ring(self, packed: str) -> None:
        self._ring.packed = packed


_FRESH = array("d", [
    *[_START] * 6, *[_WEIGHT] * 6, *[0.0] * 6, _START_DAY_ONE, _WEIGHT_DAY_ONE, 0.0, *[0.0] * 11, *[1.0] * 12,
    0.0, 0.0, 0.0, 1.0, 0.0,
])  # fmt: skip


def _level_of(minute: int) -> int:
    """Where the levels of a minute are in the ring."""
    return _LEVELS_OF + minute % _SIZE_OF_LEVELS * _RINGS_OF_LEVELS


@lru_cache
def _paced(every: float, budget: float) -> tuple[float, tuple[int, ...], tuple[float, ...]]:
    """Seconds of an entry, entries of each window, score at which each test alerts: the same for all flows of a pace."""
    span = max(MINUTE, every)
    entries = tuple(max(1, round(m * MINUTE / span)) for m in MINUTES)
    looks = [min(max(1.0, m * MINUTE / every), _MOST_POLLS) for m in MINUTES]
    limits = tuple(log(_WAYS / budget / (MINUTES[w] * MINUTE) * looks[w]) for w, _ in TESTS)
    return span, entries, limits
