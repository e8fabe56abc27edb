"""How far the arrivals of one flow stray from what is usual: bursts, drift, the tail of past silences, its level."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.detectors.traffic.deviation import FAST
from watchtower.detectors.traffic.level import Level
from watchtower.detectors.traffic.season import BIN
from watchtower.detectors.traffic.spread import Burst, Drift, anomaly_score_of_nothing
from watchtower.detectors.traffic.tail import ArrivalTail

_FORGET = 0.5 ** (BIN / (7 * 86400.0))
"""What a bin of five minutes leaves of what was learnt about bursts, drift and tail: half of it after a week."""
_FEW = 30.0
BLOCK = 16.0
"""Requests in a block: about as many as a silence costs before it is a page."""
_HALF, _LEAST_HALF = 2700.0, 900.0
"""Bounds of the half-life of the plain rate, seconds; between them it is the time of so many requests' bursts."""
_DRIFT, _BLOCKS = 0.05, 20 * BLOCK**2
"""Belief in the drift at the start, and its weight."""
_FLAT = 0.1
"""Slope (ln²) between bins beyond which a block says nothing of drift."""


class FlowModel:
    """Learns from ordinary polls; the caller leaves out anomalous ones."""

    __slots__ = (
        "_block_came", "_block_expected", "_came", "_rate_came", "_rate_seconds", "burst", "drift", "level", "seconds", "tail",
        "trials",
    )  # fmt: skip

    def __init__(self, every: float) -> None:
        self.level, self.tail, self.burst = Level(), ArrivalTail(), Burst()
        self.drift = Drift(_DRIFT, _BLOCKS)
        """At the scale of a silence: blocks of sixteen requests."""
        self.seconds, self.trials = _FEW * every, _FEW
        """Measured time, and the polls with a request in it: each could have been the last before a silence."""
        self._came = 0.0
        self._rate_came = self._rate_seconds = 0.0
        self._block_came = self._block_expected = 0.0

    @property
    def known(self) -> bool:
        """Whether a first block of requests has come."""
        return self._came >= BLOCK

    @property
    def rate(self) -> float:
        """Requests per second lately, whatever the season."""
        return self._rate_came / self._rate_seconds if self._rate_seconds > 0.0 else 0.0

    def variance(self, slope: float, day_one: float | None) -> float:
        """Relative variance of the rate around what is expected of it: drift, or doubt about the level, which drift holds
        already in ordinary times. `day_one`: that of five minutes, where no season is known."""
        if day_one is not None:
            return day_one
        return max(self.drift.variance, self.level.doubts[FAST]) + slope / 12.0

    def came(self, requests: float, covers: float) -> None:
        """Requests of an ordinary poll, whatever the season."""
        self._came += requests
        self._rate_came += requests
        self._rate_seconds += covers

    def learn(
        self, requests: float, usual: float, expected: float, covers: float, slope: float, *, known: bool
    ) -> None:
        """An ordinary poll with requests, outside steep bins."""
        self.level.learn(requests, usual, covers, slow=known)
        if not known:
            return
        if slope > _FLAT:
            self._block_came = self._block_expected = 0.0
            return
        self._block_came += requests
        self._block_expected += expected
        if self._block_expected >= BLOCK:
            self.drift.learn(self._block_came, self._block_expected, self.burst.dispersion)
            self._block_came = self._block_expected = 0.0

    def learn_silence(self, usual: float, slope: float, *, known: bool) -> None:
        """A silence by chance, and what is usual by season in the part of it that teaches."""
        self.level.learn_silence(usual, slow=known)
        if known and slope <= _FLAT:
            self._block_expected += usual * self.level.fast

    def learn_pause(self, seconds: float) -> None:
        """A silence where no season is known."""
        self._rate_seconds += seconds

    def learn_end(self, raw: float, before: float, more: float, dispersion: float, variance: float) -> None:
        """Learns that a silence with this score, `before` expected requests long, ended where `more` were expected."""
        step = anomaly_score_of_nothing(before + more, dispersion, variance) - raw
        if step > 0.0:
            self.tail.learn(raw, step)

    def age(self, seconds: float, rate: float) -> None:
        """So much time has passed, in which `rate` requests a second were expected."""
        dispersion = self.burst.dispersion
        self.level.age(seconds, rate, dispersion)
        half = max(_LEAST_HALF, min(_HALF, BLOCK * dispersion / rate)) if rate > 1e-9 else _HALF
        kept = 0.5 ** (seconds / half)
        self._rate_came *= kept
        self._rate_seconds *= kept

    def turn(self) -> None:
        """Another bin begins."""
        self.tail.settle(_FORGET)
        self.burst.forget(_FORGET)
        self.drift.forget(_FORGET)
        if self.trials * _FORGET > _FEW:
            self.trials *= _FORGET
            self.seconds *= _FORGET

    def state(self) -> list[float]:
        return [
            self.seconds, self.trials, self._came, self._rate_came, self._rate_seconds, self._block_came, self._block_expected,
            *self.tail.state(), *self.burst.state(), *self.drift.state(), *self.level.state(),
        ]  # fmt: skip

    def restore(self, state: Sequence[float]) -> None:
        (
            self.seconds, self.trials, self._came, self._rate_came, self._rate_seconds, self._block_came, self._block_expected,
        ) = state[:7]  # fmt: skip
        self.tail.restore(state[7:16])
        self.burst.restore(state[16:20])
        self.drift.restore(state[20:22])
        self.level.restore(state[22:])
