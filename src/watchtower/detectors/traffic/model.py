"""The expected requests of one flow and their variation: rate x season, bursts, drift, the tail of past
silences."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.detectors.traffic.calendar import Calendar
from watchtower.detectors.traffic.level import Level
from watchtower.detectors.traffic.season import BIN, Season
from watchtower.detectors.traffic.spread import Burst, Drift, anomaly_score_of_nothing
from watchtower.detectors.traffic.tail import ArrivalTail
from watchtower.model import Instant

_FORGET = 0.5 ** (BIN / (7 * 86400.0))
"""What a half hour leaves of what was learnt about bursts, drift and tail: half of it after a week."""
_FEW = 30.0


class FlowModel:
    """Learns from ordinary polls; the caller leaves out anomalous ones."""

    __slots__ = (
        "_calendar",
        "_half_hour",
        "_learnt_requests",
        "_learnt_seconds",
        "_position",
        "_slot",
        "_strange_requests",
        "_strange_seconds",
        "burst",
        "drift",
        "drift_slow",
        "level",
        "season",
        "seconds",
        "tail",
        "trials",
    )  # fmt: skip

    def __init__(self, calendar: Calendar, every: float) -> None:
        self._calendar = calendar
        self.season, self.level, self.tail, self.burst = Season(), Level(), ArrivalTail(), Burst()
        self.drift = Drift(0.05, 20 * 16.0**2)
        """At the scale of a silence: blocks of sixteen requests."""
        self.drift_slow = Drift(0.05, 20 * 20.0**2)
        """At the scale of five minutes."""
        self.seconds, self.trials = _FEW * every, _FEW
        """Measured time, and the polls with a request in it: each could have been the last before a silence."""
        self._half_hour = self._slot = -1
        self._position = 0.5
        self._learnt_requests = self._learnt_seconds = 0.0
        """Of this half hour."""
        self._strange_requests = self._strange_seconds = 0.0
        """The same of what was anomalous in it."""

    def move(self, middle: Instant) -> None:
        """Go to the time that is the middle of a poll."""
        half_hour = int(middle // BIN)
        if half_hour > self._half_hour:
            self._turn(middle)
            self._half_hour = half_hour
        self._position = min(max(middle / BIN - self._half_hour, 0.0), 1.0)

    def usual(self) -> float:
        """Requests per second that are usual now, by season alone."""
        return self.season.at(self._position)

    def variance(self, at: Instant, rate: float) -> float:
        """Relative variance of the rate around what is expected of it: drift, or doubt about the level, which
        drift holds already in ordinary times."""
        doubt = self.burst.dispersion / max(self.level.weight(at, rate), 1.0)
        return max(self.drift.variance, doubt)

    def learn_requests(self, requests: float, covers: float, usual: float) -> None:
        """A poll with requests. `usual` by season, of the whole poll; without `covers` it teaches no season."""
        if covers > 0.0:
            self._learnt_requests += requests
            self._learnt_seconds += covers
        if not self.season.steep:
            self.level.requests += requests
            self.level.usual += usual

    def learn_silence(self, seconds: float, usual: float) -> None:
        """Learns an ordinary silence."""
        self._learnt_seconds += seconds
        self.level.usual += usual

    def skip(self, requests: float, seconds: float) -> None:
        """Skips an anomalous poll."""
        self._strange_requests += requests
        self._strange_seconds += seconds

    def learn_end(self, raw: float, before: float, more: float, dispersion: float, variance: float) -> None:
        """Learns that a silence with this score, `before` expected requests long, ended where `more` were
        expected."""
        step = anomaly_score_of_nothing(before + more, dispersion, variance) - raw
        if step > 0.0:
            self.tail.learn(raw, step)

    def close_block(self, at: Instant, usual_rate: float) -> None:
        """Learn the level's open block."""
        level = self.level
        if level.known:
            self.drift.learn(level.requests, level.usual * level.ratio, self.burst.dispersion)
        level.close(at, usual_rate * level.ratio, self.season.known)

    def _turn(self, middle: Instant) -> None:
        requests, seconds = self._learnt_requests, self._learnt_seconds
        if self._strange_seconds > seconds:
            self.season.skip(self._slot, requests + self._strange_requests, seconds + self._strange_seconds)
        elif seconds > 0.0:
            self.season.learn(self._slot, requests, seconds)
        self._learnt_requests = self._learnt_seconds = self._strange_requests = self._strange_seconds = 0.0
        before, self._slot, after = self._calendar.around(middle)
        self.level.rescale(self.season.turn(before, self._slot, after))
        self.tail.settle(_FORGET)
        self.burst.forget(_FORGET)
        self.drift.forget(_FORGET)
        self.drift_slow.forget(_FORGET)
        if self.trials * _FORGET > _FEW:
            self.trials *= _FORGET
            self.seconds *= _FORGET

    def state(self) -> list[float]:
        """All but the season's shape."""
        return [
            *self.season.state(), *self.level.state(), *self.tail.state(), *self.burst.state(), *self.drift.state(),
            *self.drift_slow.state(), self._half_hour, self._slot, self._position,
            self._learnt_requests, self._learnt_seconds, self._strange_requests, self._strange_seconds, self.seconds, self.trials,
        ]  # fmt: skip

    def restore(self, state: Sequence[float]) -> None:
        self.season.restore(state[:5])
        self.level.restore(state[5:10])
        self.tail.restore(state[10:19])
        self.burst.restore(state[19:23])
        self.drift.restore(state[23:25])
        self.drift_slow.restore(state[25:27])
        (
            half_hour, slot, self._position, self._learnt_requests, self._learnt_seconds,
            self._strange_requests, self._strange_seconds, self.seconds, self.trials,
        ) = state[27:]  # fmt: skip
        self._half_hour, self._slot = int(half_hour), int(slot)
