"""The traffic detector: is this silence chance, or an outage? Is this too little, and is it back?

A poll that could not measure is neither zero nor recovery.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from math import exp, inf, sqrt
from typing import Any, ClassVar

from watchtower.detectors.contract import Detector
from watchtower.detectors.packed import pack, unpack
from watchtower.detectors.traffic import former
from watchtower.detectors.traffic.calendar import DAY
from watchtower.detectors.traffic.capacity import capacity
from watchtower.detectors.traffic.deviation import FAST
from watchtower.detectors.traffic.facts import FACTS
from watchtower.detectors.traffic.settings import TrafficSettings
from watchtower.detectors.traffic.view import curve, describe, moments
from watchtower.detectors.traffic.watch import ENOUGH, LN10, FlowWatch
from watchtower.model import Facts, Instant, Observation, Outcome, Reading, Value

_FORMER = (4, 5, 6, 7)
"""Versions that had other windows, which begin anew, or four bytes of each number of the week."""
_LAST = ("began_at", "seconds", "missing_requests", "anomaly_score")


class Traffic(Detector):
    """Measurements of one flow's counts."""

    kind: ClassVar[str] = "traffic"
    version: ClassVar[int] = 8
    facts: ClassVar[Facts] = FACTS

    class Settings(TrafficSettings):
        """Keys of `[check.detect]`."""

    def __init__(self, settings: Any, every: float) -> None:
        super().__init__(settings, every)
        self._watch = FlowWatch(settings, every)

    def update(self, observation: Observation) -> Mapping[str, Value]:
        reading, watch = observation.reading, self._watch
        requests = reading.measurements.get("requests")
        # `not >= 0` also refuses what is not a number.
        if reading.outcome is Outcome.UNKNOWN or not isinstance(requests, float) or not requests >= 0.0:
            watch.model.burst.interrupt()
            return {**_UNKNOWN, "traffic.onset": watch.onset, "traffic.known": watch.known}
        covers = reading.covers or self.every
        errors = reading.measurements.get("errors")
        expected, silent = watch.poll(
            observation.at, requests, covers, errors if isinstance(errors, float) else None
        )
        return self._facts(requests / covers, expected / covers, silent)

    def new_normal(self, at: Instant) -> bool:
        return self._watch.new_normal()

    def _spread(self) -> float:
        watch = self._watch
        variance = watch.deviation.variance(watch.habits.known) + watch.model.level.doubts[FAST]
        return exp(1.645 * sqrt(variance))

    @property
    def _foreseen(self) -> bool:
        return self._watch.model.known or self.settings.expect_at_least is not None

    def _facts(self, rate: float, expected: float, silent: bool | None) -> dict[str, Value]:
        watch = self._watch
        silence, window, outage, known, level = (
            watch.silence, watch.window, watch.outage, watch.known, watch.level,
        )  # fmt: skip
        since = outage.since
        foreseen, dispersion = self._foreseen, watch.model.burst.dispersion
        spread = self._spread() if foreseen else 1.0
        should, should5 = window.minute[2] * level, window.five[2] * level
        over, time_left = capacity(self.settings.capacity, window, dispersion)
        share, around = None, 0.0
        if since is not None:
            share = outage.share
            around = outage.spread(dispersion, watch.deviation.variance(watch.habits.known))
        backlog = watch.upside.backlog
        return {
            "traffic.silent": silent,
            "traffic.silent_for": silence.seconds,
            "traffic.onset": watch.onset,
            "traffic.rate": rate,
            "traffic.known": known,
            "traffic.expected": expected if foreseen else None,
            "traffic.expected_low": expected / spread if foreseen else None,
            "traffic.expected_high": expected * spread if foreseen else None,
            "traffic.missing": (silence.missing if since is None else outage.missing) if foreseen else None,
            "traffic.anomaly_score": silence.anomaly_score / LN10 if foreseen else None,
            "traffic.ratio": window.minute[1] / should if should > 0.0 else None,
            "traffic.ratio_5m": window.five[1] / should5 if should5 > 0.0 else None,
            "traffic.ratio_since_onset": share,
            "traffic.ratio_since_onset_low": None if share is None else max(0.0, share - around),
            "traffic.ratio_since_onset_high": None if share is None else share + around,
            "traffic.low": since is not None and not silent if known else None,
            "traffic.surge": watch.deviation.up and watch.declared.bounded and not backlog if known else None,
            "traffic.backlog": backlog if known else None,
            "traffic.clock_moved": watch.habits.clock.shift,
            "traffic.over_capacity": over,
            "traffic.capacity_in": time_left,
            "traffic.success_ratio": window.success(),
            "traffic.season_known": watch.habits.known,
        }

    @property
    def measured(self) -> bool:
        """Whether requests were ever counted, in this run or before."""
        return self._watch.measured > 0.0

    def forecast(self) -> tuple[float | None, float | None]:
        if not self._watch.model.known:
            return self.settings.expect_at_least, None
        level, habits = self._watch.level, self._watch.habits
        rate = habits.usual * level * self._watch.factor
        if not habits.known and not habits.usual:  # no bin is full yet: that is not zero
            rate = self._watch.model.rate
        day = self._watch.habits.season.day() if self._watch.measured >= DAY else None
        return rate, None if day is None else day * level

    def view(self, at: Instant) -> Mapping[str, Any]:
        """The expected rate at this time and why it would page; rates per second, spans in seconds."""
        moved = self._moved(at)
        week = curve(moved[0]._watch.habits, self._watch.calendar, at)  # before the twin plays a silence
        return {**self._reasons(at, *moved), "curve": week}

    def expects(self, at: Instant) -> float | None:
        """Requests per second, None where nothing can be expected."""
        return self._moved(at)[3] if self._foreseen else None

    def _moved(self, at: Instant) -> tuple[Traffic, float, float, float]:
        """A twin at this time with no silence open, what is usual there, the part of it that is open, and what is expected."""
        twin, middle = self._twin(), max(at, self._watch.at)
        watch = twin._watch
        watch.silence.close()
        watch.move(at, middle)
        part = 0.0 if watch.declared.closed else watch.habits.part(middle, 1.0, came=False)
        usual = watch.habits.usual * part * watch.factor
        watch.model.level.weigh(watch.model.burst.dispersion, watch.deviation.hourly)
        return twin, usual, part, watch.expected(usual, part)

    def reasons(self, at: Instant) -> dict[str, Any]:
        """The view without the curve of the week, which takes twenty times as long as the rest."""
        return self._reasons(at, *self._moved(at))

    def _reasons(self, at: Instant, twin: Traffic, usual: float, part: float, rate: float) -> dict[str, Any]:
        settings = self.settings
        model, habits, declared = twin._watch.model, twin._watch.habits, twin._watch.declared
        spread, foreseen = twin._spread(), self._foreseen
        silent_for = next((f["traffic.silent_for"] for _, f in twin.course(at) if f["traffic.silent"]), None)
        return {
            "known": self._watch.known,
            "measured_seconds": self._watch.measured,
            "learns_for_seconds": 0.0 if self._watch.known else max(0.0, ENOUGH - self._watch.measured),
            "expected_per_second": rate if foreseen else None,
            "low_per_second": rate / spread if foreseen else None,
            "high_per_second": rate * spread if foreseen else None,
            "spread": spread if foreseen else None,
            "usual_per_second": usual if habits.known else None,
            "level": twin._watch.level if habits.known else None,
            "quiet": declared.closed,
            "closed": habits.known and part == 0.0 and not declared.closed,
            "campaign": not declared.learns and not declared.closed,
            "clock_moved_seconds": habits.clock.shift,
            "gaps": [
                {"start_seconds": gap.start, "seconds": gap.seconds, "period_seconds": gap.period}
                for gap in habits.gaps.habits
            ],
            "learnt_rule": self._watch.evaluates,
            "zero_for_seconds": settings.zero_for,
            "capacity_per_second": settings.capacity,
            "zone": settings.zone,
            "zone_declared": "zone" in settings.model_fields_set,
            "declared_by": declared.by,
            "declared_until_at": self._watch.calendar.until(at) if declared.by else None,
            "pages_after_seconds": silent_for,
            **(
                describe(model, twin._watch.variance, rate, self._watch.budget, self._watch.limit)
                if foreseen
                else {}
            ),
            "silent_since_at": self._watch.silence.since,
            "silent_seconds": self._watch.silence.seconds,
            "missing_requests": self._watch.silence.missing,
            "anomaly_score": self._watch.silence.anomaly_score / LN10,
            "outage_since_at": self._watch.outage.since,
            "last_silence": self._watch.last and dict(zip(_LAST, self._watch.last, strict=True)),
        }

    def course(self, at: Instant) -> Iterator[tuple[Instant, Mapping[str, Value]]]:
        """Plays a week without a request from now on."""
        twin = self._twin()
        for then, covers in moments(max(at, self._watch.at), self.every):
            reading = Reading(Outcome.UP, {"requests": 0.0}, covers=covers)
            yield then, {"requests": 0.0, **twin.update(Observation("", then, reading))}

    def _twin(self) -> Traffic:
        twin = Traffic(self.settings, self.every)
        twin.restore(self.state())
        return twin

    def state(self) -> Mapping[str, Any]:
        watch = self._watch
        return {
            "version": self.version,
            "numbers": pack(array("d", watch.state())),
            "season": watch.habits.season.shape,
            "habits": watch.habits.packed,
            "gaps": watch.habits.gaps.state(),
            "minutes": watch.deviation.ring,
            "uneven": watch.deviation.uneven if watch.deviation.uneven < inf else None,
            "window": watch.window.state(),
            "last": watch.last,
            "unseen": watch.unseen,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        watch, version = self._watch, state.get("version")
        if version == former.VERSION:
            watch.measured, watch.at = former.adopt(state, watch.model, watch.habits, watch.silence)
            watch.last = state.get("last")
        if version not in (*_FORMER, self.version):
            return
        watch.habits.season.shape = state["season"]
        watch.habits.packed = state["habits"]
        watch.habits.gaps.restore(state["gaps"])
        watch.restore(unpack("d", state["numbers"]).tolist())
        if version == self.version:
            watch.deviation.ring = state["minutes"]
        else:
            watch.deviation.clear(watch.model.level)
        uneven = state.get("uneven")
        watch.deviation.uneven = inf if uneven is None else uneven
        watch.window.restore(state["window"])
        watch.last = state.get("last")
        ended, seconds = state.get("unseen", watch.unseen)
        watch.unseen = ended, seconds


_UNKNOWN: Mapping[str, Value] = dict.fromkeys(FACTS)
