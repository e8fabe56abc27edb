"""Stage 1, detect: adds the detectors' measurements to an observation."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from watchtower.core.impact.measure import Forecast
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.state import Series
from watchtower.fields import Settings
from watchtower.model import (
    LOCATION_LOST,
    NEVER_SEEN,
    NO_NETWORK,
    Facts,
    Instant,
    Observation,
    Outcome,
    Value,
)

DetectorFactory = Any
"""`detectors.DETECTORS`, handed in so that the core need not import what is above it."""
_FORECAST = "forecast"
"""What is saved beside a detector's state: it is told before the state is read."""


class Detectors:
    """The detector of each series, made when it is first observed; state is kept by check and series."""

    def __init__(self, kinds: Mapping[str, DetectorFactory]) -> None:
        self._kinds = kinds
        self._by_series: dict[Series, Any] = {}
        self._dirty: dict[Series, None] = {}
        """Those that changed since they were saved, the longest ago first."""
        self._saved: dict[Series, Mapping[str, Any]] = {}
        self._nothing: dict[int, tuple[Facts, dict[str, Value]]] = {}
        """The facts before anything is known, by the identity of their declaration, which many checks share."""

    def facts(self, check: Check, observation: Observation, *, alone: bool = False) -> dict[str, Value]:
        """The measurements of this check after this observation: every declared name, None where unknown. `alone`: one of
        several locations made it, and the detector, which follows all of them together, is not asked."""
        reading = observation.reading
        known = self._nothing.get(id(check.facts))
        if known is None:
            known = self._nothing[id(check.facts)] = (
                check.facts,
                dict.fromkeys((*check.facts, "check", "probe")),
            )
        facts = known[1].copy()
        facts["check"], facts["probe"] = check.name, check.probe
        facts.update(reading.measurements)
        facts["outcome"] = reading.outcome.value
        facts["reason"] = reading.reason
        facts["flow"] = check.flow_of(reading.series)
        facts["series"] = reading.series
        facts["duration"] = observation.duration
        if check.detector and not alone:
            series = (check.name, reading.series)
            detector = self._by_series.get(series) or self._make(check, series)
            facts.update(detector.update(observation))
            self._dirty.setdefault(series)
        return facts

    def measured(self, series: Series) -> bool:
        """Whether its detector has learnt anything; True where that is unknown."""
        return bool(getattr(self._by_series.get(series), "measured", True))

    def without_data(self, observation: Observation) -> bool | None:
        """Whether it has no data; None while our network is cut, or a location lost. A check that never answered, now or
        before a restart, is being set up: it is not missed."""
        reading = observation.reading
        if reading.outcome is not Outcome.UNKNOWN:
            return False
        if reading.reason in (NO_NETWORK, LOCATION_LOST):
            return None
        awaited = reading.reason == NEVER_SEEN and not self.measured((observation.check, reading.series))
        return not awaited

    def _make(self, check: Check, series: Series) -> Any:
        detector = self._kinds[check.detector](check.detect, check.every)
        if series in self._saved:
            detector.restore(self._saved.pop(series))
        self._by_series[series] = detector
        return detector

    def look(self, check: Check, series: str) -> Any:
        """The detector of this series, as it is or was when it was saved; None where there is none."""
        if not check.detector:
            return None
        there = self._by_series.get((check.name, series))
        if there is None:
            there = self._kinds[check.detector](check.detect, check.every)
            if (check.name, series) in self._saved:
                there.restore(self._saved[check.name, series])
        return there

    def new_normal(self, check: Check, series: Series, at: Instant) -> None:
        """A person says that what this series measures now is usual from now on."""
        detector = self._by_series.get(series) or self._make(check, series)
        detector.new_normal(at)
        self._dirty.setdefault(series)

    def series(self) -> list[Series]:
        """Every series that has a detector, or had one when it was saved."""
        return [*self._by_series, *self._saved]

    def forecasts(self, plan: Plan) -> dict[str, Forecast]:
        """The expected rate of each flow now: the series of a check are parts of it; of several checks the busiest counts."""
        parts: dict[tuple[str, str], Forecast] = {}
        for series in self.series():
            check = plan.checks.get(series[0])
            flow = plan.flows.get(check.flow_of(series[1])) if check is not None else None
            if flow is not None and flow.counted_by(series[0]):
                part = flow.name, series[0]
                found, other = self._forecast(series), parts.get(part)
                parts[part] = found if other is None else found.beside(other)
        out: dict[str, Forecast] = {}
        for (of, _), found in parts.items():
            known = out.get(of)
            if known is None or (found.rate or 0.0, found.day or 0.0) > (known.rate or 0.0, known.day or 0.0):
                out[of] = found
        return out

    def _forecast(self, series: Series) -> Forecast:
        """Of one that was not observed since the start: as it was when it was saved. To read 10,000 states takes seconds."""
        detector = self._by_series.get(series)
        if detector is not None:
            return Forecast(*detector.forecast())
        return Forecast(*self._saved[series].get(_FORECAST, (None, None)))

    def restore(self, states: Mapping[Series, Mapping[str, Any]]) -> None:
        """Loads states of an earlier run; each is used when its series is observed again."""
        self._saved.update(states)

    @property
    def unsaved(self) -> int:
        """The number of states that `changed` would return."""
        return len(self._dirty)

    def changed(self, at_most: int | None = None) -> Mapping[Series, Mapping[str, Any]]:
        """States to save: the longest waiting first, each once until it changes again."""
        chosen = list(islice(self._dirty, at_most))
        for series in chosen:
            del self._dirty[series]
        there = ((series, self._by_series[series]) for series in chosen if series in self._by_series)
        return {series: {**one.state(), _FORECAST: one.forecast()} for series, one in there}

    def forget(self, series: Series) -> None:
        """Forgets this series."""
        self._by_series.pop(series, None)
        self._saved.pop(series, None)
        self._dirty.pop(series, None)

    def replace_plan(self, old: Plan, new: Plan) -> None:
        """Forgets detectors of checks that were removed or are measured in another way now."""
        self._nothing.clear()
        for series in [s for s in self._saved if s[0] in old.checks and s[0] not in new.checks]:
            del self._saved[series]
        for series in list(self._by_series):
            before, after = old.checks.get(series[0]), new.checks.get(series[0])
            if before is after:
                continue
            if after is None or before is None or _source(before) != _source(after):
                del self._by_series[series]
                self._dirty.pop(series, None)
            elif before.detect != after.detect or before.every != after.every:
                self._saved[series] = self._by_series.pop(series).state()
                self._make(after, series)


def _source(check: Check) -> tuple[object, ...]:
    """What is measured. Where it is asked for, and by which credentials, may change: what was learnt holds."""
    settings = check.settings
    asked = vars(settings) if isinstance(settings, Settings) else {"": settings}
    return (
        check.probe,
        {name: value for name, value in asked.items() if not _is_access(value)},
        check.detector,
    )


def _is_access(value: object) -> bool:
    """Whether this is an address or a credential: what may hold a secret."""
    return hasattr(value, "get_secret_value") or (
        isinstance(value, Mapping) and any(map(_is_access, value.values()))
    )
