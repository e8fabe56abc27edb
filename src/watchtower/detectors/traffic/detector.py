"""The traffic detector: is this silence chance, or an outage?

A poll that could not measure is neither zero nor recovery. Polls that are anomalous, silent or not, are kept
from what is learnt, so that an outage never teaches that silence is normal.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from math import exp, log, sqrt
from typing import Any, ClassVar

from watchtower.detectors.contract import Detector
from watchtower.detectors.packed import pack, unpack
from watchtower.detectors.traffic.calendar import Calendar
from watchtower.detectors.traffic.facts import FACTS
from watchtower.detectors.traffic.model import FlowModel
from watchtower.detectors.traffic.settings import TrafficSettings
from watchtower.detectors.traffic.silence import Silence, limit
from watchtower.detectors.traffic.strange import Strange
from watchtower.detectors.traffic.view import curve, describe, moments
from watchtower.detectors.traffic.window import MINUTE, Window
from watchtower.model import Facts, Instant, Observation, Outcome, Reading, Value

_BUDGET = 1.0 / (90 * 86400.0)
_ENOUGH = 600.0
"""Measured seconds, beside a first block of requests, before the flow counts as known."""
NEVER = 3650 * 86400.0
"""Ten years: no rise that would reach the capacity."""
_LN10 = log(10.0)
_OF_NOTE = 0.25
"""Of the anomaly score that pages: a silence that came so far is told to people who ask."""
_LAST = ("began_at", "seconds", "missing_requests", "anomaly_score")


class Traffic(Detector):
    """Measurements of one flow's counts."""

    kind: ClassVar[str] = "traffic"
    version: ClassVar[int] = 3
    facts: ClassVar[Facts] = FACTS

    class Settings(TrafficSettings):
        """Keys of `[check.detect]`."""

    def __init__(self, settings: Any, every: float) -> None:
        super().__init__(settings, every)
        self._calendar = Calendar.of(settings)
        self._budget = settings.false_pages or _BUDGET
        self._judges = settings.zero_for is None or settings.false_pages is not None
        self._model = FlowModel(self._calendar, every)
        self._silence, self._strange, self._window = Silence(), Strange(), Window()
        self._last: list[float] | None = None
        """The last silence of note: what `_LAST` names."""
        self._measured = 0.0
        self._campaign = False
        self._at = 0.0

    def update(self, observation: Observation) -> Mapping[str, Value]:
        reading, at = observation.reading, observation.at
        requests = reading.measurements.get("requests")
        # `not >= 0` also refuses what is not a number.
        if reading.outcome is Outcome.UNKNOWN or not isinstance(requests, float) or not requests >= 0.0:
            self._model.burst.interrupt()
            return {**_UNKNOWN, "traffic.onset": self._silence.onset, "traffic.known": self.known}
        covers = reading.covers or self.every
        middle = at - covers / 2.0
        self._model.move(middle)
        factor = self._factor(middle)
        usual = self._model.usual() * covers * factor
        expected = self._expected(usual, covers * factor)
        self._measured += covers
        self._at = at
        if requests > 0.0:
            self._came(at, requests, covers, usual, expected)
        else:
            self._nothing(at, covers, usual, expected)
        if factor > 0.0 and not self._model.season.steep:
            errors = reading.measurements.get("errors")
            self._window.add(covers, requests, expected, errors if isinstance(errors, float) else None)
            if self.known and self._silence.onset is None:
                self._strange.judge(at, self._window, self._model, self._limit, expected - requests)
        return self._facts(at, requests / covers, expected / covers)

    @property
    def known(self) -> bool:
        """Whether there are enough samples, or a declaration, to evaluate a silence."""
        if self.settings.expect_at_least is not None:
            return True
        return self._model.level.known and self._measured >= _ENOUGH

    @property
    def _limit(self) -> float:
        return limit(self._model.trials / self._model.seconds, self._budget)

    def _factor(self, middle: Instant) -> float:
        declared = self._calendar.declared(middle)
        campaign = not declared.learns and not declared.closed
        if campaign is not self._campaign:
            self._campaign = campaign
            self._model.level.doubt()
            self._window.clear()
        return declared.factor

    def _expected(self, usual: float, seconds: float) -> float:
        level = self._model.level
        if level.known and (self._measured >= _ENOUGH or self.settings.expect_at_least is None):
            return usual * level.ratio
        return float((self.settings.expect_at_least or 0.0) * seconds)

    def _came(self, at: Instant, requests: float, covers: float, usual: float, expected: float) -> None:
        model, silence = self._model, self._silence
        model.trials += 1.0
        model.seconds += covers
        if silence.onset is not None:
            self._end_silence(expected)
        elif model.level.known and not model.season.steep:
            variance = model.variance(at, expected / covers)
            model.learn_end(0.0, 0.0, expected, model.burst.dispersion, variance)
        model.burst.learn(requests, covers)
        if usual <= 0.0:
            return
        strange, level = self._strange, model.level
        ordinary = strange.since is None and not self._campaign
        model.learn_requests(requests, covers if ordinary else 0.0, usual)
        if strange.since is not None and not self._campaign:
            model.skip(requests, covers)
        if strange.lasts(at):
            self.new_normal(at)
        elif strange.since is None and level.full and not model.season.steep:
            model.close_block(at, usual / covers)

    def _end_silence(self, expected: float) -> None:
        model, silence = self._model, self._silence
        if silence.onset is not None and silence.anomaly_score >= self._limit * _OF_NOTE:
            self._last = [silence.onset, silence.seconds, silence.missing, silence.anomaly_score / _LN10]
        if silence.anomaly_score < self._limit:
            model.learn_end(silence.raw, silence.expected, expected, silence.dispersion, silence.variance)
        else:
            self._window.clear()
        if silence.anomaly_score < self._limit / 2.0:
            model.learn_silence(silence.learnable, silence.usual)
        else:
            model.burst.interrupt()
        silence.close()

    def _nothing(self, at: Instant, covers: float, usual: float, expected: float) -> None:
        model, silence = self._model, self._silence
        model.seconds += covers
        if silence.onset is None:
            if model.level.known:
                variance, share = model.variance(at, expected / covers), self._strange.share
                if self._strange.weight > 0.0:
                    variance = max(variance, model.burst.dispersion / self._strange.weight)
                silence.open(at - covers, model.burst.dispersion, variance, share)
            else:
                silence.open(at - covers, 1.0, 0.0)
        learnable = covers if usual > 0.0 and not self._campaign and self._strange.since is None else 0.0
        by_season = 0.0 if model.season.steep else usual
        silence.extend(covers, expected, by_season, learnable, model.tail)
        if silence.anomaly_score < self._limit / 2.0:
            model.burst.learn(0.0, covers)
        else:
            model.burst.interrupt()
            model.skip(0.0, covers if usual > 0.0 and not self._campaign else 0.0)

    def new_normal(self, at: Instant) -> bool:
        strange = self._strange
        if strange.since is None:
            return False
        # The open block holds all that came while it was strange: that is the level now.
        strange.end()
        self._model.level.believe(at)
        self._window.clear()
        return True

    def _silent(self) -> bool | None:
        silence, zero_for = self._silence, self.settings.zero_for
        if zero_for is not None and silence.seconds >= zero_for:
            return True
        if not self._judges or silence.onset is None:
            return False
        if not self.known:
            return None if zero_for is None else False
        return silence.anomaly_score >= self._limit

    def _spread(self, at: Instant, expected: float) -> float:
        model = self._model
        doubt = model.burst.dispersion / max(model.level.weight(at, expected), 1.0)
        return exp(1.645 * sqrt(model.drift_slow.variance + doubt))

    def _facts(self, at: Instant, rate: float, expected: float) -> dict[str, Value]:
        silence, window, way = self._silence, self._window, self._strange.way
        silent = self._silent()
        seconds, came, should = window.last_minute()
        seconds5, came5, should5 = window.whole()
        foreseen = self._model.level.known or self.settings.expect_at_least is not None
        spread = self._spread(at, expected) if foreseen else 1.0
        over, time_left = self._capacity(came, seconds, came5, seconds5)
        return {
            "traffic.silent": silent,
            "traffic.silent_for": silence.seconds,
            "traffic.onset": silence.onset,
            "traffic.rate": rate,
            "traffic.known": self.known,
            "traffic.expected": expected if foreseen else None,
            "traffic.expected_low": expected / spread if foreseen else None,
            "traffic.expected_high": expected * spread if foreseen else None,
            "traffic.missing": silence.missing + self._strange.missing if foreseen else None,
            "traffic.anomaly_score": silence.anomaly_score / _LN10 if foreseen else None,
            "traffic.ratio": came / should if should > 0.0 else None,
            "traffic.ratio_5m": came5 / should5 if should5 > 0.0 else None,
            "traffic.low": way < 0 and not silent if self.known else None,
            "traffic.surge": way > 0 and not self._campaign if self.known else None,
            "traffic.over_capacity": over,
            "traffic.capacity_in": time_left,
            "traffic.success_ratio": window.success(),
        }

    def _capacity(
        self, came: float, seconds: float, came5: float, seconds5: float
    ) -> tuple[bool | None, float | None]:
        """Whether the last minute is over what is declared, and seconds until it will be, by the trend.

        Where nothing rises it is never: a number, since what is not known would let no alert end.
        """
        capacity = self.settings.capacity
        if capacity is None or seconds <= 0.0:
            return None, None
        rate = came / seconds
        if rate >= capacity:
            return True, 0.0
        before = seconds5 - seconds
        if before < MINUTE:
            return False, None
        rise = rate - (came5 - came) / before
        noise = 3.0 * sqrt(self._model.burst.dispersion * max(rate, 1.0 / seconds) / seconds)
        if rise <= noise:
            return False, NEVER
        return False, min(NEVER, (capacity - rate) * (seconds5 / 2.0) / rise)

    @property
    def measured(self) -> bool:
        """Whether requests were ever counted, in this run or before."""
        return self._measured > 0.0

    def forecast(self) -> tuple[float | None, float | None]:
        model = self._model
        if not model.level.known:
            return self.settings.expect_at_least, None
        day = model.season.day() if model.season.known else None
        ratio = model.level.ratio
        return model.usual() * ratio, None if day is None else day * ratio * 86400.0

    def view(self, at: Instant) -> Mapping[str, Any]:
        """The expected rate at this time and why it would page; rates per second, spans in seconds."""
        twin, settings = self._twin(), self.settings
        twin._silence.close()
        twin._model.move(max(at, self._at))
        declared = self._calendar.declared(at)
        factor = declared.factor
        usual = twin._model.usual() * factor
        rate = twin._expected(usual, factor)
        model, spread = twin._model, twin._spread(at, rate)
        foreseen = model.level.known or settings.expect_at_least is not None
        silent_for = next((f["traffic.silent_for"] for _, f in twin.course(at) if f["traffic.silent"]), None)
        return {
            "known": self.known,
            "measured_seconds": self._measured,
            "learns_for_seconds": 0.0 if self.known else max(0.0, _ENOUGH - self._measured),
            "expected_per_second": rate if foreseen else None,
            "low_per_second": rate / spread if foreseen else None,
            "high_per_second": rate * spread if foreseen else None,
            "spread": spread if foreseen else None,
            "usual_per_second": usual if model.season.known else None,
            "level": model.level.ratio if model.season.known else None,
            "quiet": factor == 0.0,
            "campaign": not declared.learns and not declared.closed,
            "learnt_rule": self._judges,
            "zero_for_seconds": settings.zero_for,
            "capacity_per_second": settings.capacity,
            "zone": settings.zone,
            "pages_after_seconds": silent_for,
            **(describe(model, at, rate, self._budget, self._limit) if foreseen else {}),
            "silent_since_at": self._silence.onset,
            "silent_seconds": self._silence.seconds,
            "missing_requests": self._silence.missing,
            "anomaly_score": self._silence.anomaly_score / _LN10,
            "last_silence": self._last and dict(zip(_LAST, self._last, strict=True)),
            "curve": curve(model, self._calendar, at),
        }

    def course(self, at: Instant) -> Iterator[tuple[Instant, Mapping[str, Value]]]:
        """Plays a week without a request from now on."""
        twin = self._twin()
        for then, covers in moments(max(at, self._at), self.every):
            reading = Reading(Outcome.UP, {"requests": 0.0}, covers=covers)
            yield then, {"requests": 0.0, **twin.update(Observation("", then, reading))}

    def _twin(self) -> Traffic:
        twin = Traffic(self.settings, self.every)
        twin.restore(self.state())
        return twin

    def state(self) -> Mapping[str, Any]:
        return {
            "version": self.version,
            "numbers": pack(array("d", [
                self._measured, self._campaign, self._at,
                *self._silence.state(), *self._strange.state(), *self._model.state(),
            ])),
            "season": self._model.season.shape,
            "window": self._window.state(),
            "last": self._last,
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any]) -> None:
        if state.get("version") != self.version:
            return
        numbers = unpack("d", state["numbers"]).tolist()
        self._measured, campaign, self._at = numbers[:3]
        self._campaign = bool(campaign)
        self._silence.restore(numbers[3:14])
        self._strange.restore(numbers[14:20])
        self._model.restore(numbers[20:])
        self._model.season.shape = state["season"]
        self._window.restore(state["window"])
        self._last = state.get("last")


_UNKNOWN: Mapping[str, Value] = dict.fromkeys(FACTS)
