"""What checks have counted since the start, for checks that are derived from them."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import Observation, Outcome
from watchtower.values import Frozen


class Total(Frozen):
    """So much was counted, in so many measured seconds."""

    count: float = 0.0
    seconds: float = 0.0


class MeasuredCounts:
    """The totals of every series and measurement of the checks that somebody follows."""

    def __init__(self) -> None:
        self._totals: dict[str, dict[str, dict[str, Total]]] = {}
        """By check, measurement and series."""
        self._values: dict[tuple[str, str], dict[str, float]] = {}
        """Of the last observation of a check and a series: its measurements; empty where it was unknown."""

    def follow(self, check: str) -> None:
        self._totals.setdefault(check, {})

    def add(self, observation: Observation, every: float) -> None:
        """One observation of a check that runs every so many seconds. One that is unknown adds nothing, not zero."""
        mine = self._totals.get(observation.check)
        reading = observation.reading
        if mine is None:
            return
        known = reading.measurements if reading.outcome is not Outcome.UNKNOWN else {}
        self._values[observation.check, reading.series] = {
            name: value for name, value in known.items() if isinstance(value, float)
        }
        if reading.outcome is Outcome.UNKNOWN:
            return
        for name, value in reading.measurements.items():
            if isinstance(value, float):
                by_series = mine.setdefault(name, {})
                so_far = by_series.get(reading.series, Total())
                seconds = so_far.seconds + (reading.covers or every)
                by_series[reading.series] = Total(so_far.count + value, seconds)

    def totals(self, check: str, measurement: str, series: str = "") -> Mapping[str, Total]:
        """By series: of this one, or of all; empty where nothing was counted yet."""
        found = self._totals.get(check, {}).get(measurement, {})
        return {name: total for name, total in found.items() if not series or name == series}

    def value(self, check: str, measurement: str, series: str = "") -> float | None:
        """What was measured last; None where it is unknown. Without a series: of all together, each of them known."""
        found = [
            values.get(measurement)
            for (name, one), values in self._values.items()
            if name == check and (one == series if series else values or one)
        ]
        known = [value for value in found if value is not None]
        return sum(known) if known and len(known) == len(found) else None
