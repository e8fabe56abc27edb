"""Too little or too much over windows of 1, 5, 15 and 60 minutes, each against a level from before it.

Six tests share one budget of false pages. Each learns how far its window strays from its level in ordinary times, beyond what
bursts explain: that is the drift of the flow and the errors of the season alike. A seventh sums a run of bad polls, from its
first one on: a collapse is seen as soon as a silence would be.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import log

from watchtower.detectors.packed import pack, unpack
from watchtower.detectors.traffic.level import Level
from watchtower.detectors.traffic.spread import anomaly_score_of
from watchtower.detectors.traffic.window import Window
from watchtower.model import Instant

MINUTE = 60.0
MINUTES = (1, 5, 15, 60)
QUICK, FAST, SLOW = range(3)
TESTS = ((0, QUICK), (0, FAST), (1, QUICK), (1, FAST), (2, FAST), (3, SLOW))
"""Window and level."""
_WINDOW_OF = tuple(w for w, _ in TESTS)
_DAY_ONE = 3
"""The only test where no season is known."""
_MEMORY = (400.0, 400.0, 300.0, 300.0, 150.0, 72.0)
"""Windows that teach each test's variance."""
_WAYS = len(TESTS) + 1
_MOST_POLLS = 25.0
"""Polls of a window that count as looks of their own."""
_SIZE = 64
_RINGS = 5
_FEW = 2.0
_START, _WEIGHT = 0.03, 8.0
_START_DAY_ONE, _WEIGHT_DAY_ONE = 0.25, 4.0
_LEAST = 1e-4
_CLIPS = (9.0, 9.0, 9.0, 9.0, 9.0, 4.0)
"""Variances beyond which an error counts as so many: an outage that was missed is no habit, least of all in an hour."""
_THIN = 0.5
_BAD = 0.5
"""A poll with less than this of what is expected begins a run."""
_LOSS = 0.9
"""Of the expected: what the first bad minute fell below."""


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
    """`low` is the test that found too little (its index, `RUN` for the run), None where none did; `up`: too much;
    `half`: half way to an alert."""

    RUN = len(TESTS)

    __slots__ = (
        "_came", "_closed", "_count", "_day_one", "_doubts", "_entries", "_filled", "_levels", "_limits", "_next", "_open",
        "_ring", "_run", "_span", "_sums", "_variances", "_weights", "half", "low", "up",
    )  # fmt: skip

    def __init__(self, every: float, budget: float) -> None:
        self._span = max(MINUTE, every)
        self._entries = [max(1, round(m * MINUTE / self._span)) for m in MINUTES]
        looks = [min(max(1.0, m * MINUTE / every), _MOST_POLLS) for m in MINUTES]
        self._limits = [log(_WAYS / budget / (MINUTES[w] * MINUTE) * looks[w]) for w, _ in TESTS]
        self._variances = array("d", [_START] * len(TESTS))
        self._weights = array("d", [_WEIGHT] * len(TESTS))
        self._next = array("d", [0.0] * len(TESTS))
        self._day_one = array("d", [_START_DAY_ONE, _WEIGHT_DAY_ONE, 0.0])
        self._ring = array("f", bytes(4 * _SIZE * _RINGS))
        """Requests, usual, fast and quick level, doubt of the fast one, of the last minutes."""
        self._count = self._filled = 0
        self._open = [0.0, 0.0, 0.0]
        """Seconds, requests, usual of the minute that is open."""
        self._sums = [0.0] * (2 * len(MINUTES))
        self._levels, self._doubts = [1.0] * len(TESTS), [1.0] * len(TESTS)
        """The level of a window ago, and its doubt, as of the last full minute."""
        self._run = [0.0, 0.0]
        self._closed = False
        self.low: int | None = None
        self.up = self.half = False

    @property
    def hourly(self) -> float:
        """Relative variance of an hour against the slow level."""
        return self._variances[-1]

    def variance(self, known: bool) -> float:
        """Relative variance of five minutes around what is expected."""
        return self._variances[_DAY_ONE] if known else self._day_one[0]

    def clear(self, level: Level) -> None:
        """Begins anew at this level, because the past no longer describes the present."""
        self._filled = 0
        self._open, self._sums, self._run = [0.0, 0.0, 0.0], [0.0] * (2 * len(MINUTES)), [0.0, 0.0]
        self.low, self.up, self.half = None, False, False
        self._refresh(level)

    def add(self, requests: float, usual: float, covers: float, level: Level) -> None:
        """One poll, with what is usual in it by season."""
        minute = self._open
        minute[0] += covers
        minute[1] += requests
        minute[2] += usual
        self._closed = minute[0] >= self._span * 0.999
        if not self._closed:
            return
        ring, at = self._ring, self._count % _SIZE
        sums = self._sums
        before = at * _RINGS
        for w in (1, 2, 3):
            entries = self._entries[w]
            if self._filled >= entries:
                old = (self._count - entries) % _SIZE * _RINGS
                sums[2 * w] -= ring[old]
                sums[2 * w + 1] -= ring[old + 1]
        ring[before], ring[before + 1] = minute[1], minute[2]
        ring[before + 2], ring[before + 3], ring[before + 4] = level.fast, level.quick, level.doubts[FAST]
        for w in (1, 2, 3):
            sums[2 * w] += ring[before]
            sums[2 * w + 1] += ring[before + 1]
        self._count += 1
        self._filled = min(_SIZE, self._filled + 1)
        self._open = [0.0, 0.0, 0.0]
        self._refresh(level)

    def _refresh(self, level: Level) -> None:
        now = (level.quick, level.fast, level.slow)
        for n, (w, which) in enumerate(TESTS):
            self._levels[n], self._doubts[n] = now[which], level.doubts[which]
            if which != SLOW and self._filled > self._entries[w]:
                ago = (self._count - 1 - self._entries[w]) % _SIZE * _RINGS
                self._levels[n] = self._ring[ago + (3 if which == QUICK else 2)]
                if which == FAST:
                    self._doubts[n] = max(self._doubts[n], self._ring[ago + 4])

    def evaluate(
        self, at: Instant, poll: tuple[float, float], window: Window, dispersion: float, slope: float, *,
        known: bool, limit: float,
    ) -> None:  # fmt: skip
        """After `add`: evaluates every window, and learns from those that are due. `poll`: requests, and those usual in it.
        `limit`: the score at which a silence pages."""
        surged, self.low, self.up, self.half = self.up, None, False, False
        seconds, requests, usual = window.minute
        sums, minute, levels = self._sums, self._open, self._levels
        for n in range(len(TESTS)) if known else (_DAY_ONE,):
            w = _WINDOW_OF[n]
            if w == 0:
                if seconds < self._span * 0.999 or self._filled < 2:
                    continue
                came, expected = requests, usual * levels[n]
            else:
                if self._filled <= self._entries[w] or (w > 1 and not self._closed):
                    continue
                came = sums[2 * w] + minute[1]
                expected = (sums[2 * w + 1] + minute[2]) * levels[n]
            if expected < _FEW:
                continue
            due = self._next[n] if known else self._day_one[2]
            if at >= due or (came - expected) ** 2 > 4.0 * dispersion * expected:
                variance = self._doubts[n] + slope * (0.25 if w < 2 else 0.02)
                self._test(n, at, came, expected, dispersion, variance, known, surged)
        self._evaluate_run(poll[0], poll[1] * levels[0], dispersion, slope, known, limit)

    def _test(
        self, n: int, at: Instant, came: float, expected: float, dispersion: float, doubt: float, known: bool, surged: bool
    ) -> None:  # fmt: skip
        """`doubt`: relative variance of the level and of the slope."""
        drift = self._variances[n] if known else self._day_one[0]
        variance = drift + doubt
        noise, error = dispersion * expected, (came - expected) ** 2
        if error > 4.0 * (noise + variance * expected * expected):
            found = score(came, expected, dispersion, variance)
            if found >= self._limits[n]:
                if came < expected:
                    self.low = n
                elif known:
                    self.up = True
                return
            if came < expected and found >= self._limits[n] / 2.0:
                self.half = True
        due, which = (self._next, n) if known else (self._day_one, 2)
        if at >= due[which] and not surged:
            due[which] = at + MINUTES[_WINDOW_OF[n]] * MINUTE
            self._learn(n, error / (expected * expected), dispersion / expected, self._doubts[n], known)

    def _learn(self, n: int, error: float, noise: float, doubt: float, known: bool) -> None:
        """Squared relative error of one window; what chance alone scatters says little of drift."""
        variances, weights, here = (
            (self._variances, self._weights, n) if known else (self._day_one, self._day_one[1:2], 0)
        )
        drift = variances[here]
        beyond = min(error, _CLIPS[n] * (drift + noise + doubt)) - noise - doubt
        weight = 1.0 / (1.0 + 100.0 * noise) ** 2
        total = min(weights[n if known else 0] + weight, _MEMORY[n])
        if known:
            weights[n] = total
        else:
            self._day_one[1] = total
        variances[here] = max(_LEAST, drift + (beyond - drift) * weight / total)

    def _evaluate_run(
        self, came: float, expected: float, dispersion: float, slope: float, known: bool, limit: float
    ) -> None:  # fmt: skip
        run = self._run
        if came >= _BAD * expected:
            run[0] = run[1] = 0.0
            return
        run[0] += came
        run[1] += expected
        if not known or run[0] <= 0.0 or run[1] < _FEW or self.low is not None:
            return
        variance = self._variances[0] + self._doubts[0] + slope * 0.25
        if score(run[0], run[1], dispersion, variance) >= limit + log(_WAYS):
            self.low = self.RUN

    def level(self, test: int) -> float:
        """The level that this test was made against."""
        return self._levels[0 if test == self.RUN else test]

    def onset(self, at: Instant, test: int, window: Window, level: float) -> tuple[Instant, float, float]:
        """The first bad moment: before it the loss, counted back from now, is greatest. Also the requests that came since,
        and those that should have."""
        best, since, came, should = 0.0, at, 0.0, 1e-9
        back = requests = expected = 0.0
        for seconds, some, usual in window.newest():
            back, requests, expected = back + seconds, requests + some, expected + usual * level
            if _LOSS * expected - requests >= best:
                best, since, came, should = _LOSS * expected - requests, at - back, requests, expected
        back, requests, expected = self._open[0], self._open[1], self._open[2] * level
        longest = self._entries[max(1, TESTS[test][0] if test < self.RUN else 0)]
        for n in range(1, min(self._filled, longest) + 1):
            entry = (self._count - n) % _SIZE * _RINGS
            back += self._span
            requests, expected = requests + self._ring[entry], expected + self._ring[entry + 1] * level
            if _LOSS * expected - requests > best:
                best, since, came, should = _LOSS * expected - requests, at - back, requests, expected
        return since, came, should

    def state(self) -> list[float]:
        """All but the ring."""
        return [
            *self._variances, *self._weights, *self._next, *self._day_one, self._count, self._filled, *self._open, *self._sums,
            *self._levels, *self._doubts, *self._run, -1.0 if self.low is None else self.low, self.up, self.half,
        ]  # fmt: skip

    def restore(self, state: Sequence[float]) -> None:
        n = len(TESTS)
        self._variances, self._weights, self._next, self._day_one = (
            array("d", part)
            for part in (state[:n], state[n : 2 * n], state[2 * n : 3 * n], state[3 * n : 3 * n + 3])
        )
        rest = list(state[3 * n + 3 :])
        self._count, self._filled = int(rest[0]), int(rest[1])
        self._open, self._sums = rest[2:5], rest[5:13]
        self._levels, self._doubts = rest[13 : 13 + n], rest[13 + n : 13 + 2 * n]
        self._run = rest[13 + 2 * n : 15 + 2 * n]
        low, up, half = rest[15 + 2 * n :]
        self.low, self.up, self.half = None if low < 0.0 else int(low), bool(up), bool(half)

    @property
    def ring(self) -> str:
        return pack(self._ring)

    @ring.setter
    def ring(self, packed: str) -> None:
        self._ring = unpack("f", packed)
