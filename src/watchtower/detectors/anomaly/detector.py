"""Whether a gauge is unusual: several kinds of deviation, each compared with its own tail, combined into one
score.

Everything is relative to the gauge itself: multiply it or add to it, and nothing changes but the expected values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from watchtower.detectors.anomaly.level import Mean, Profile
from watchtower.detectors.anomaly.settings import FACTS, AnomalySettings
from watchtower.detectors.anomaly.steps import Steps
from watchtower.detectors.anomaly.strayings import FromLevel, Straying, levels, seasonal, stepwise
from watchtower.detectors.anomaly.tail import KEPT, DeviationTail
from watchtower.detectors.contract import Detector
from watchtower.model import Facts, Instant, Observation, Outcome, Reading, Value

_DAY = 86_400.0
_DAILY_SLOTS, _WEEKLY_SLOTS = 96, 336
_NEWS = 2.0
"""What is once in a hundred observations to all measures is worth telling, ..."""
_WORSE = 1.5
"""... and again when its anomaly score is so many times as high, or after so many observations:"""
_NEWS_SPAN = 100
_MEMORY = 1_000
"""Over so many observations it is judged which forecast is the best."""
_CURVE = 1800.0
"""Seconds between two points of the usual day that people are shown."""
_DOUBLINGS, _HALVINGS = 12, 12
"""Steps of the search for the nearest anomalous value: found to a four-thousandth of its distance."""
_GREATEST = 1e30
"""What is beyond is no measurement of anything, and would not fit into the state."""


class Anomaly(Detector):
    """A robust, seasonal, streaming detector for one gauge; see docs/detectors/anomaly.md for how well it does."""

    kind: ClassVar[str] = "anomaly"
    facts: ClassVar[Facts] = FACTS

    class Settings(AnomalySettings):
        """Keys of `detect = { kind = "anomaly", … }`."""

    def __init__(self, settings: Any, every: float) -> None:
        super().__init__(settings, every)
        self._measurement: str | None = settings.measurement
        self._needed = settings.needed(every)
        self._begin()

    def _begin(self) -> None:
        self._origin: float | None = None
        self._seen = 0
        self._levels: list[FromLevel] = levels()
        self._profiles = self._periods()
        self._steps = Steps()
        # Of the profiles only the first is judged by: the others make the forecast better where they can.
        seasons = [straying for profile in self._profiles[:1] for straying in seasonal(profile)]
        self._strayings: list[Straying] = [*seasons, *self._levels, *stepwise(self._steps)]
        self._errors = [Mean(_MEMORY) for _ in range(1 + len(self._profiles))]
        self._residuals = DeviationTail()
        self._side = 0
        self._told, self._news_age = 0.0, 0

    def _periods(self) -> list[Profile]:
        daily = Profile(_DAY, min(_DAILY_SLOTS, max(2, round(_DAY / self.every))))
        weekly = Profile(7 * _DAY, min(_WEEKLY_SLOTS, max(2, round(7 * _DAY / self.every))))
        kinds = {"auto": [daily, weekly], "none": [], "daily": [daily], "weekly": [weekly]}
        return kinds[self.settings.seasonality]

    def update(self, observation: Observation) -> Mapping[str, Value]:
        value = self._measured(observation.reading)
        if value is None:
            return dict.fromkeys(FACTS)
        if self._origin is None:
            self._origin = value
        at, value = observation.at, value - self._origin
        forecasts = self._forecasts(at)
        expected = self._best(forecasts)
        anomaly_score, side = self._anomaly_score(at, value)
        self._seen += 1
        known = self._seen > KEPT and self._seen * self.every >= self.settings.min_history
        facts = self._facts(anomaly_score, side, expected) if known and expected is not None else _UNKNOWN
        for forecast, error in zip(forecasts, self._errors, strict=True):
            if forecast is not None:
                error.learn(abs(value - forecast))
        for profile in self._profiles:
            profile.learn(at, value)
        if expected is not None:
            self._residuals.learn(abs(value - expected))
        return facts

    def _measured(self, reading: Reading) -> float | None:
        if reading.outcome is Outcome.UNKNOWN:
            return None
        if self._measurement is None:
            names = (name for name, value in reading.measurements.items() if isinstance(value, float))
            self._measurement = next(names, None)
        value = reading.measurements.get(self._measurement) if self._measurement is not None else None
        return value if isinstance(value, float) and abs(value) <= _GREATEST else None

    def _forecasts(self, at: float) -> list[float | None]:
        level = self._levels[1].usual if self._seen else None
        return [level, *(profile.at(at) for profile in self._profiles)]

    def _best(self, forecasts: list[float | None]) -> float | None:
        """The forecast with the least error so far; a season only once it has been seen at this time."""
        judged = [
            (error.value, forecast)
            for error, forecast in zip(self._errors, forecasts, strict=True)
            if forecast is not None and (error.seen > KEPT or forecast is forecasts[0])
        ]
        return min(judged)[1] if judged else None

    def _anomaly_score(self, at: float, value: float) -> tuple[float, int]:
        """The root mean square of all scores, and the side of the greatest: 1 is high, -1 low."""
        self._steps.step(value)
        total, greatest, side = 0.0, 0.0, 0
        for straying in self._strayings:
            deviation = straying.step(at, value)
            anomaly_score = straying.tail.anomaly_score(abs(deviation))
            straying.tail.learn(abs(deviation))
            total += anomaly_score * anomaly_score
            if anomaly_score > greatest:
                greatest, side = anomaly_score, 1 if deviation > 0 else -1
        return math.sqrt(total / len(self._strayings)), side

    def _facts(self, anomaly_score: float, side: int, expected: float) -> Mapping[str, Value]:
        if anomaly_score >= self._needed:
            self._side = side
        elif anomaly_score < self._needed / 2:
            self._side = 0
        if self._news_age > _NEWS_SPAN:
            self._told = 0.0
        self._news_age += 1
        news = anomaly_score >= max(_NEWS, _WORSE * self._told)
        if news:
            self._told, self._news_age = anomaly_score, 1
        score = anomaly_score / (anomaly_score + self._needed)
        middle = expected + (self._origin or 0.0)
        reach = self._residuals.reach(self._needed)
        return {
            "anomaly.score": score,
            "anomaly.news": score if news else 0.0,
            "anomaly.high": self._side > 0,
            "anomaly.low": self._side < 0,
            "anomaly.expected": middle,
            "anomaly.expected_low": middle - reach if reach is not None else None,
            "anomaly.expected_high": middle + reach if reach is not None else None,
            "anomaly.known": True,
        }

    def view(self, at: Instant) -> Mapping[str, Any]:
        """The expected value now, the value that would be anomalous, and the usual day."""
        forecasts = self._forecasts(at)
        expected, origin = self._best(forecasts), self._origin or 0.0
        reach = self._residuals.reach(self._needed)
        known = expected is not None and self._seen > KEPT
        known = known and self._seen * self.every >= self.settings.min_history
        middle = None if expected is None else expected + origin
        return {
            "known": known,
            "measurement": self._measurement,
            "seen": self._seen,
            "measured_seconds": self._seen * self.every,
            "needed_seconds": self.settings.min_history,
            "false_alarms_every_seconds": self.settings.false_alarms,
            "anomalous_at_score": self._needed,
            "expected": middle,
            "low": middle - reach if middle is not None and reach is not None else None,
            "high": middle + reach if middle is not None and reach is not None else None,
            "anomalous_below": self._border(at, -1) if known else None,
            "anomalous_above": self._border(at, 1) if known else None,
            "forecast_by": self._forecast_names()[forecasts.index(expected)] if known else None,
            "curve": {
                "starts_at": at - at % _DAY,
                "step_seconds": _CURVE,
                "expected": [
                    self._usual(at - at % _DAY + (n + 0.5) * _CURVE) for n in range(round(_DAY / _CURVE))
                ],
            },
        }

    def course(self, at: Instant) -> Iterator[tuple[Instant, Mapping[str, Value]]]:
        """Plays values that are anomalously high from now on; low, where no value is high enough."""
        value = self._border(at, 1)
        value = self._border(at, -1) if value is None else value
        if value is None or self._measurement is None:
            return
        twin = self._twin(self.state())
        for n in range(1, _NEWS_SPAN + 1):
            then = at + n * self.every
            reading = Reading(Outcome.UP, {self._measurement: value})
            yield then, {self._measurement: value, **twin.update(Observation("", then, reading))}

    def _usual(self, at: Instant) -> float | None:
        expected = self._best(self._forecasts(at))
        return None if expected is None else float(f"{expected + (self._origin or 0.0):.5g}")

    def _border(self, at: Instant, side: int) -> float | None:
        """The anomalous value nearest to the expected one; None: no single value is."""
        expected, reach = self._best(self._forecasts(at)), self._residuals.reach(self._needed)
        if expected is None or reach is None or self._measurement is None:
            return None
        state, middle, name = self.state(), expected + (self._origin or 0.0), self._measurement

        def strange(distance: float) -> bool:
            reading = Reading(Outcome.UP, {name: middle + side * distance})
            facts = self._twin(state).update(Observation("", at + self.every, reading))
            return bool(facts["anomaly.high"] or facts["anomaly.low"])

        near, far = 0.0, max(reach, abs(middle) * 1e-6, 1e-9)
        for _ in range(_DOUBLINGS):
            if strange(far):
                break
            near, far = far, 2.0 * far
        else:
            return None
        for _ in range(_HALVINGS):
            between = (near + far) / 2.0
            near, far = (near, between) if strange(between) else (between, far)
        return middle + side * far

    def _forecast_names(self) -> list[str]:
        return ["level", *("daily" if profile.period == _DAY else "weekly" for profile in self._profiles)]

    def _twin(self, state: Mapping[str, Any]) -> Anomaly:
        """A copy in this state, as if nothing had been unusual so far."""
        twin = type(self)(self.settings, self.every)
        twin.restore(state)
        twin._side = 0
        return twin

    def state(self) -> Mapping[str, Any]:
        return {
            "version": self.version,
            "measurement": self._measurement,
            "origin": self._origin,
            "seen": self._seen,
            "profiles": {str(profile.period): profile.state() for profile in self._profiles},
            "steps": self._steps.state(),
            "strayings": [straying.state() for straying in self._strayings],
            "errors": [error.state() for error in self._errors],
            "residuals": self._residuals.state(),
            "side": self._side,
            "told": [self._told, self._news_age],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restores the state. It starts anew for another gauge or other seasons."""
        periods = [str(profile.period) for profile in self._profiles]
        wanted = self.settings.measurement
        if (
            state.get("version") != self.version
            or wanted not in (None, state["measurement"])
            or list(state["profiles"]) != periods
        ):
            return
        self._measurement = state["measurement"]
        self._origin = state["origin"]
        self._seen = int(state["seen"])
        for profile in self._profiles:
            profile.restore(state["profiles"][str(profile.period)])
        self._steps.restore(state["steps"])
        for straying, saved in zip(self._strayings, state["strayings"], strict=True):
            straying.restore(saved)
        for error, saved in zip(self._errors, state["errors"], strict=True):
            error.restore(saved)
        self._residuals.restore(state["residuals"])
        self._side = int(state["side"])
        self._told, self._news_age = float(state["told"][0]), int(state["told"][1])


_UNKNOWN: Mapping[str, Value] = {**dict.fromkeys(FACTS), "anomaly.known": False}
