"""How busy the flow is compared with its season, at three paces: slow, fast and quick, each the prior of the next."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log

from watchtower.detectors.traffic.calendar import DAY

_SLOW = 2 * 86400.0
"""Half-lives in seconds; and requests, where that takes longer."""
_DAYS = _SLOW / DAY / log(2.0)
_VISITS = 1.0 / (1.0 - 0.5 ** (DAY / _SLOW))
"""Days' worth of requests that the slow level remembers, and of visits to one time of the day."""
_FAST, _FAST_COUNT = 2700.0, 128.0
_QUICK, _QUICK_COUNT = 300.0, 64.0
_SLOW_PRIOR = 20.0
"""Requests' worth of belief that the level is one."""
_QUICK_PRIOR = 16.0
_MOST_PRIOR = 2000.0
_SURGES, _OVER = 1.2, 1.1
"""Times the level of before at which too much is a surge, and at which it is over."""
_STAYS = 50 * 3600.0
"""A surge that has lasted for two days and some is to stay."""


class Level:
    """`slow`, `fast`, `quick` = requests / requests usual by season. `doubts` are the relative variances of what is not known
    of each."""

    __slots__ = (
        "_before", "_fast_came", "_fast_usual", "_quick_came", "_quick_usual", "_slow_came", "_slow_usual", "_surging", "doubts",
        "fast", "quick", "slow",
    )  # fmt: skip

    def __init__(self) -> None:
        self._slow_came = self._slow_usual = 0.0
        self._fast_came = self._fast_usual = 0.0
        self._quick_came = self._quick_usual = 0.0
        self.slow = self.fast = self.quick = 1.0
        self.doubts = (1.0, 1.0, 1.0)
        """Of quick, fast and slow."""
        self._surging, self._before = 0.0, 1.0
        """Seconds of the surge that lasts, 0.0 where none does, and the slow level before it."""

    def weigh(self, dispersion: float, drift: float) -> None:
        """Brings the three ratios up to date. `drift`: the learnt relative variance of an hour against the slow level, which
        says how far the fast one strays from it."""
        slow = self.slow = (self._slow_came + _SLOW_PRIOR) / (self._slow_usual + _SLOW_PRIOR)
        prior = min(_MOST_PRIOR, dispersion / max(drift, 1e-3))
        came = self._fast_came + prior * slow
        self.fast = came / (self._fast_usual + prior)
        quick = _QUICK_PRIOR * dispersion
        self.quick = (self._quick_came + quick * self.fast) / (self._quick_usual + quick)
        of_quick, of_fast = dispersion / (self._quick_came + quick), dispersion / max(came, 1.0)
        if self._quick_came < 1.0:  # after closed hours: it strays as hours do
            of_quick = min(of_quick, of_fast + drift)
        self.doubts = of_quick, of_fast, dispersion / (self._slow_came + _SLOW_PRIOR)

    def age(self, seconds: float, rate: float, dispersion: float) -> None:
        """Forgets of fast and quick what so much time takes, where `rate` a second are expected."""
        if rate > 1e-9:
            fast = 0.5 ** (seconds / max(_FAST, _FAST_COUNT / rate))
            quick = 0.5 ** (seconds / max(_QUICK, _QUICK_COUNT * dispersion / rate))
        else:
            fast = quick = 0.5 ** (seconds / _FAST)
        self._fast_came *= fast
        self._fast_usual *= fast
        self._quick_came *= quick
        self._quick_usual *= quick

    def surge(self, seconds: float, *, up: bool) -> None:
        """So much time has passed. `up`: whether too much came, by a window."""
        if not self._surging:
            if up and self.fast > _SURGES * self.slow:
                self._surging, self._before = seconds, self.slow
            return
        self._surging += seconds
        if self._surging > _STAYS:
            if self.fast <= _OVER * self.slow:
                self._surging = 0.0
        elif self._fast_came <= _OVER * self._before * self._fast_usual:
            self._surging = 0.0
            self._slow_usual = (self._slow_came + _SLOW_PRIOR) / max(self._before, 1e-3) - _SLOW_PRIOR

    @property
    def least(self) -> float:
        """The level that is as usual as any above it: while a surge lasts that may end at any moment, that of before."""
        return self._before if 0.0 < self._surging <= _STAYS else inf

    @property
    def surges(self) -> bool:
        """Whether such a surge lasts, by the last minutes too."""
        return self.quick > _OVER * self.least

    def learn(self, requests: float, usual: float, seconds: float, *, slow: bool) -> None:
        """An ordinary poll, and what is usual in it by season. `slow`: whether the slow level learns too."""
        self._fast_came += requests
        self._fast_usual += usual
        self._quick_came += requests
        self._quick_usual += usual
        if not slow:
            return
        kept = 0.5 ** (seconds / _SLOW)
        self._slow_came = self._slow_came * kept + requests
        self._slow_usual = self._slow_usual * kept + usual

    def learn_silence(self, usual: float, *, slow: bool) -> None:
        """A silence by chance is exposure too: without it a sparse flow looks busier than it is."""
        self._fast_usual += usual
        self._quick_usual += usual
        if slow:
            self._slow_usual += usual

    def hand_over(self, gain: float, day: float) -> None:
        """The season has learnt so many requests of a visit that were the level's until now: the visits that the slow level
        remembers are compared with what is usual now, or both would expect them. `day`: requests of a usual day."""
        filled = min(1.0, self._slow_usual / (day * _DAYS)) if day > 0.0 else 0.0
        self._slow_usual = max(0.0, self._slow_usual + gain * (1.0 + (_VISITS - 1.0) * filled))
        if day > 0.0:
            self._before *= day / max(day + gain, 0.5 * day)

    def believe(self, ratio: float, requests: float) -> None:
        """A person says that this is the level now, on the evidence of so many requests."""
        came = max(requests, _SLOW_PRIOR)
        usual = came / max(ratio, 1e-3)
        self._slow_came, self._slow_usual = came * 10.0, usual * 10.0
        self._fast_came = self._quick_came = came
        self._fast_usual = self._quick_usual = usual
        self._surging = 0.0

    def state(self) -> list[float]:
        return [
            self._slow_came, self._slow_usual, self._fast_came, self._fast_usual, self._quick_came, self._quick_usual,
            self.slow, self.fast, self.quick, *self.doubts, self._surging, self._before,
        ]  # fmt: skip

    def restore(self, state: Sequence[float]) -> None:
        (
            self._slow_came, self._slow_usual, self._fast_came, self._fast_usual, self._quick_came, self._quick_usual,
            self.slow, self.fast, self.quick, *rest,
        ) = state  # fmt: skip
        self.doubts = (rest[0], rest[1], rest[2])
        self._surging, self._before = rest[3:] or (0.0, 1.0)  # none in a state of the version before
