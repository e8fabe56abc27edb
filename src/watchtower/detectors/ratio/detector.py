"""The ratio detector: paid of attempted, callbacks of orders, one region of all. Few counts say little.

A poll that could not measure says nothing. While the ratio is another one than usual, nothing is learnt, and it is
so until it is back at what was usual before, or a person says that this is the new normal.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from math import isnan, log, nan
from typing import Any, ClassVar

from watchtower.detectors.contract import Detector
from watchtower.detectors.packed import pack, unpack
from watchtower.detectors.ratio.hours import HoursOfDay
from watchtower.detectors.ratio.scales import SPANS, RatioVariance, RecentCounts, bounds, independent, score
from watchtower.detectors.ratio.settings import FACTS, RatioSettings
from watchtower.model import Facts, Instant, Observation, Outcome, Reading, Value

_ENOUGH_SECONDS = 3600.0
_ENOUGH = 50.0
"""Of the whole, and so long measured, before it is known."""
_MEMORY = 86400.0
"""Seconds in which the usual ratio forgets two thirds."""
_BACK, _BACK_BY = 2.0, 10.0
"""Standard deviations from the usual at which it is back, over a time in which so much more or less would come if it
went on."""
_WHOLE = 0.9
"""Of a span that must have been measured before it is looked at."""
_DOUBTFUL = 1.0 / 3.0
"""Of the score that fires: what comes so near to it teaches nothing."""
_COURSE = 86400.0


class CountRatio(Detector):
    """Measurements of the ratio of two counts of one series."""

    kind: ClassVar[str] = "ratio"
    facts: ClassVar[Facts] = FACTS

    class Settings(RatioSettings):
        """Keys of `[check.detect]`."""

    def __init__(self, settings: Any, every: float) -> None:
        super().__init__(settings, every)
        self._counts, self._straying, self._hours = RecentCounts(), RatioVariance(), HoursOfDay()
        self._part = self._whole = self._measured = self._at = 0.0
        self._since: Instant | None = None
        self._way, self._missing, self._off = 0, 0.0, 0.0
        self._limit = log(len(SPANS) * max(1.0, settings.false_alarms / max(every, 60.0)))

    @property
    def known(self) -> bool:
        """Whether there is enough history, or a declaration."""
        return self._learnt or self.settings.usual is not None

    @property
    def _learnt(self) -> bool:
        return self._measured >= _ENOUGH_SECONDS and self._whole >= _ENOUGH

    @property
    def measured(self) -> bool:
        """Whether it was ever counted, in this run or before."""
        return self._measured > 0.0

    @property
    def usual(self) -> float:
        """The usual ratio at this hour."""
        return self._usual()[0]

    def _usual(self) -> tuple[float, float]:
        """The usual ratio at this hour, and how much of the whole says so; what is declared counts as fifty."""
        said = self.settings.usual
        part, whole = self._part, self._whole
        if said is not None and not self._learnt:
            return said, _ENOUGH
        if said is not None:
            part, whole = part + said * _ENOUGH, whole + _ENOUGH
        level = part / whole if whole > 0.0 else 0.0
        return self._hours.usual(self._at, level) or (level, whole)

    def update(self, observation: Observation) -> Mapping[str, Value]:
        reading, at = observation.reading, observation.at
        part, whole = (reading.measurements.get(name) for name in (self.settings.part, self.settings.whole))
        # `not >= 0` also refuses what is not a number.
        if (
            reading.outcome is Outcome.UNKNOWN or not isinstance(part, float) or not isinstance(whole, float)
            or not part >= 0.0 or not whole >= 0.0
        ):  # fmt: skip
            return {**_UNKNOWN, "ratio.known": self.known, "ratio.onset": self._since}
        covers = reading.covers or self.every
        self._at = at
        expected = self.usual * whole if self.known else part
        self._counts.add(covers, part, whole, expected)
        self._measured += covers
        self._hours.add(at, part, whole)
        doubtful = self.known and self._evaluate(at, expected - part) >= self._limit * _DOUBTFUL
        # A service that fails from its first poll on must not drown what was declared.
        doubtful |= self.settings.usual is not None and self._counts.last(SPANS[0])[0] < SPANS[0] * _WHOLE
        if self._since is None and not doubtful:
            kept = max(0.0, 1.0 - covers / _MEMORY)
            self._part, self._whole = self._part * kept + part, self._whole * kept + whole
        return self._facts()

    def _evaluate(self, at: Instant, lost: float) -> float:
        """Whether it is another one over any span; if not, each span teaches how far the ratio strays by itself.

        `lost` is expected - part of the last poll. Returns the highest score of the spans.
        """
        (usual, says), most = self._usual(), 0.0
        for n, span in enumerate(SPANS):
            seconds, part, whole, expected = self._counts.last(span)
            if seconds < span * _WHOLE:
                break
            found = score(part, expected, self._variance(n, usual, whole, says))
            most = max(most, found)
            if self._since is not None:
                continue
            if found >= self._limit:
                self._way = -1 if part < expected else 1
                self._since = at - self._counts.began(span, self._way)
                self._off = abs(part - expected) / whole
            else:
                self._straying.learn(at, n, part - expected, whole, usual)
        if self._since is not None and self._is_back(usual, at - self._since):
            self._end()
        if self._way < 0:
            self._missing = max(0.0, self._missing + lost)
        return most

    def _variance(self, n: int, usual: float, whole: float, says: float) -> float:
        """Of the part: by chance, by what it strays, and because the usual ratio itself is known from counts only."""
        return self._straying.variance(n, usual, whole) + independent(usual) * whole * whole / max(says, 1.0)

    def _is_back(self, usual: float, since: float) -> bool:
        """Whether the last minutes, all after it began `since` seconds ago and enough of them, are near the usual again."""
        for n, span in enumerate(SPANS[1:], 1):
            if span > since:
                return False
            _, part, whole, expected = self._counts.last(span)
            if self._off * whole >= _BACK_BY or span == SPANS[-1]:
                away = (expected - part) * -self._way
                return whole > 0.0 and away <= _BACK * self._straying.variance(n, usual, whole) ** 0.5
        return False

    def _end(self) -> None:
        self._since, self._way, self._missing, self._off = None, 0, 0.0, 0.0
        self._counts = RecentCounts()

    def new_normal(self, at: Instant) -> bool:
        if self._since is None:
            return False
        _, self._part, self._whole, _ = self._counts.last(SPANS[2])
        self._end()
        return True

    def _facts(self) -> dict[str, Value]:
        window = self.settings.window
        if self._since is not None:
            window = min(window, self._at - self._since)
        _, part, whole, _ = self._counts.last(window)
        usual, low, high = self.usual, None, None
        if whole > 0.0:
            crowds = self._straying.variance(1, usual, 1.0) / independent(usual) if self.known else 1.0
            low, high = bounds(part, whole, max(1.0, crowds))
        return {
            "ratio.value": part / whole if whole > 0.0 else None,
            "ratio.low": low,
            "ratio.high": high,
            "ratio.usual": usual if self.known else None,
            "ratio.fallen": self._way < 0 if self.known else None,
            "ratio.risen": self._way > 0 if self.known else None,
            "ratio.missing": self._missing if self.known else None,
            "ratio.onset": self._since,
            "ratio.known": self.known,
        }

    def view(self, at: Instant) -> Mapping[str, Any]:
        """The usual ratio, the pace of the whole, and how low it must fall over each span to be seen."""
        seconds, part, whole, _ = self._counts.last(SPANS[-1])
        rate = whole / seconds if seconds > 0.0 else 0.0
        usual = self.usual
        return {
            "known": self.known,
            "measured_seconds": self._measured,
            "learns_for_seconds": 0.0 if self.known else max(0.0, _ENOUGH_SECONDS - self._measured),
            "usual": usual if self.known else None,
            "value": part / whole if whole > 0.0 else None,
            "whole_per_second": rate,
            "false_alarms_every_seconds": self.settings.false_alarms,
            "since_at": self._since,
            "way": self._way,
            "missing": self._missing,
            "seen": [
                {"seconds": span, "below": self._seen_below(n, usual, rate * span)}
                for n, span in enumerate(SPANS)
                if self.known
            ],
        }

    def _seen_below(self, n: int, usual: float, whole: float) -> float | None:
        """The highest ratio that is seen to have fallen over this span; None where not even nothing would be."""
        expected, variance = usual * whole, self._variance(n, usual, whole, self._usual()[1])
        # away^2 = 2 limit (variance + away / 3), solved for `away`.
        third = self._limit / 3.0
        away = third + (third * third + 2.0 * self._limit * variance) ** 0.5
        return (expected - away) / whole if 0.0 < away <= expected else None

    def course(self, at: Instant) -> Iterator[tuple[Instant, Mapping[str, Value]]]:
        """Plays a day in which the whole comes at its pace, and nothing of the part."""
        twin = CountRatio(self.settings, self.every)
        twin.restore(self.state())
        seconds, _, whole, _ = self._counts.last(SPANS[-1])
        count = whole / seconds * self.every if seconds > 0.0 else 0.0
        measured = {self.settings.part: 0.0, self.settings.whole: count}
        for n in range(1, int(min(_COURSE, 1000 * self.every) / self.every) + 1):
            then = max(at, self._at) + n * self.every
            reading = Reading(Outcome.UP, measured, covers=self.every)
            yield then, {**measured, **twin.update(Observation("", then, reading))}

    def state(self) -> Mapping[str, Any]:
        since = nan if self._since is None else self._since
        numbers = [
            self._part,
            self._whole,
            self._measured,
            self._at,
            since,
            self._way,
            self._missing,
            self._off,
        ]
        return {
            "version": self.version,
            "numbers": pack(array("d", [*numbers, *self._straying.state(), *self._counts.entries])),
            "hours": pack(array("d", self._hours.state())),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        if state.get("version") != self.version:
            return
        numbers = unpack("d", state["numbers"])
        self._part, self._whole, self._measured, self._at, since, way, self._missing, self._off = numbers[:8]
        self._since, self._way = None if isnan(since) else since, int(way)
        self._straying.restore(numbers[8:20])
        self._counts.entries = numbers[20:]
        self._hours.restore(unpack("d", state["hours"]))


_UNKNOWN: Mapping[str, Value] = dict.fromkeys(FACTS)
