"""What is usual at this moment, and what each visit to a bin of five minutes teaches.

Anomalies are not learnt. Where what is usual rose or fell and the traffic did not, a half hour is learnt anew on the third such
visit: that is a habit that has moved, not an outage.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, log

from watchtower.detectors.traffic.calendar import DAY, Calendar
from watchtower.detectors.traffic.clock import HOUR, MovedClock
from watchtower.detectors.traffic.gaps import Gaps
from watchtower.detectors.traffic.level import Level
from watchtower.detectors.traffic.openings import Openings
from watchtower.detectors.traffic.season import BIN, BINS, HALVES, PER_HALF, Ratios, Season
from watchtower.model import Instant

_STEEP = log(3.0) ** 2
"""Bins that differ by more than this from their neighbour teach no level: nobody can say at which minute it rises."""
_DIFFERS = 0.16
"""ln² by which a neighbour must differ, beyond noise, so that the lower of the two is expected by silence."""
_KNOWN = 6 * 86400.0
"""Measured seconds before a moved timetable can be told."""
_HABIT = 2
_CHANCE = 6.0
"""Nats of a stretch without a request that is chance, at most."""
_BATCH = 2.0
"""Polls that a batch takes: they say nothing of when a visit is open."""
_SPARSE = 3.0
"""Requests that a visit must let expect, so that their absence says more than that few come."""
_RELEARN, _KEEP = 0.05, 0.85
_SHARED = 0.3
"""Of what came more or less than usual: where all hours share so much of it, this one has no habit of its own to learn anew."""


class Habits:
    """`usual` is requests per second by season, `usual_low` the same as a silence may count on; 0 where closed.

    `bad`, `noted` and `surged` are set by the detector: this visit had an anomaly, or a silence that was no chance; this half
    hour had too much in it."""

    __slots__ = (
        "_bin",
        "_busy",
        "_calendar",
        "_came",
        "_factor",
        "_first",
        "_from",
        "_half_bad",
        "_half_came",
        "_half_expected",
        "_index",
        "_last",
        "_local",
        "_open",
        "_row",
        "_seconds",
        "_strange",
        "_touched",
        "_until",
        "bad",
        "clock",
        "closed",
        "gaps",
        "known",
        "noted",
        "openings",
        "season",
        "slope",
        "steep",
        "surged",
        "usual",
        "usual_low",
    )  # fmt: skip

    def __init__(self, calendar: Calendar, every: float) -> None:
        self._calendar = calendar
        self.season, self.openings, self.gaps, self.clock = (
            Season(every, calendar.rest),
            Openings(),
            Gaps(),
            MovedClock(),
        )
        self._strange = bytearray(HALVES)
        """Anomalous visits in a row of each half hour, without the one that lasts."""
        self._touched = 0
        """Bits of the half hours that the open outage has touched."""
        self._index = -1
        self._local = 0.0
        """Local epoch seconds of the bin's start."""
        self._bin = self._row = 0
        self.usual = self.usual_low = 0.0
        self._factor = 1.0
        self.slope = 0.0
        """ln² between this bin and the neighbour that differs most."""
        self.known = self.steep = self.closed = False
        self._from, self._until = 0.0, BIN
        self._begin_half()
        self._begin()

    def _begin_half(self) -> None:
        self._half_came = self._half_expected = 0.0
        self._half_bad = self.surged = False

    def _begin(self) -> None:
        self._came = self._seconds = self._open = self._busy = 0.0
        self._first = self._last = -1.0
        self.bad = self.noted = False

    def move(self, middle: Instant, flat: float, dispersion: float, drift: float) -> None:
        """Goes to the bin of this moment, which `leaves` the one in force. `flat` is the rate where no season is known, `drift`
        the relative variance of an hour around its level."""
        self.season.dispersion, self.season.drift = dispersion, drift
        index = int(middle // BIN)
        start = index * BIN
        self._index = index
        self._local = start + self._calendar.offset(start) + self.clock.shift
        day, seconds = divmod(self._local, DAY)
        before = self._bin // PER_HALF
        row_before = self._row
        self._bin, self._row = int(seconds // BIN), self._calendar.row(int(day))
        if before != self._bin // PER_HALF or row_before != self._row:
            self._leave_half(before, row_before)
        self._begin()
        self._enter(int(day), flat, dispersion)

    def _leave_half(self, half: int, row: int) -> None:
        """A surge counts towards a habit wherever in the half hour it began, and what it brought is no weekday's."""
        strange = self._strange
        if self.surged:
            strange[half] = min(15, strange[half] + 1)
        else:
            if self._half_expected > 0.0:
                self.season.learn_weekday(row, half, self._half_came, self._half_expected)
            if strange[half] and not self._half_bad:
                strange[half] -= 1
        self._begin_half()

    def _enter(self, day: int, flat: float, dispersion: float) -> None:
        season, openings, here, row = self.season, self.openings, self._bin, self._row
        pooled = season.pooled(here)
        self.closed = openings.closed(here, row)
        self.known = pooled is not None
        self.gaps.turn(self._local, BIN)
        self._from, self._until, self.slope, self._factor = 0.0, BIN, 0.0, 1.0
        if pooled is None:
            self.usual = self.usual_low = flat
        else:
            if pooled > 0.0:
                self._factor = season.factor(row, here // PER_HALF, pooled)
            self.usual = self.usual_low = pooled * self._factor
        for step in (-1, 1):
            near = here + step
            near_row = row
            if not 0 <= near < BINS:
                near, near_row = near % BINS, self._calendar.row(day + step)
            if openings.closed(near, near_row):
                if not self.closed:
                    first, last = openings.edges(here)
                    self._from, self._until = (first, self._until) if step < 0 else (self._from, last)
            elif self.known and self.usual > 0.0:
                self._compare(season.usual(near, near_row), near, dispersion)
        self.steep = self.slope > _STEEP

    def _compare(self, other: float | None, near: int, dispersion: float) -> None:
        if other is None:
            return
        if other <= 0.0:
            self.usual_low, self.slope = 0.0, 9.0
            return
        square = log(other / self.usual) ** 2
        noise = dispersion * (1.0 / self.season.worth(self._bin) + 1.0 / self.season.worth(near))
        if square > _DIFFERS + 4.0 * noise:
            self.usual_low = min(self.usual_low, other)
        self.slope = max(self.slope, square - noise)

    def part(self, middle: Instant, covers: float, came: bool) -> float:
        """The share of this poll in which something is expected."""
        position = middle - self._index * BIN
        part = 1.0
        if self.closed:
            part = 0.0
        elif self._from > 0.0 or self._until < BIN:
            half = covers / 2.0
            part = max(0.0, min(position + half, self._until) - max(position - half, self._from)) / covers
        if self.gaps.near and not self.gaps.expected(self._local + position, came):
            part = 0.0
        return part

    def see(self, middle: Instant, requests: float, covers: float, part: float) -> None:
        """One measured poll of this visit."""
        self._seconds += covers
        self._came += requests
        if requests > 0.0:
            self._open += covers
            self._busy += 1.0
            position = middle - self._index * BIN
            if self._first < 0.0:
                self._first = max(0.0, position - covers / 2.0)
            self._last = min(BIN, position + covers / 2.0)
        else:
            self._open += covers * part

    def local(self, at: Instant) -> float:
        """Local epoch seconds by the timetable in force."""
        return at - self._index * BIN + self._local

    def leaves(self, middle: Instant) -> bool:
        """Whether this moment is beyond the bin in force."""
        return int(middle // BIN) > self._index

    def leave(self, measured: float, level: Level, dispersion: float, now: float) -> bool:
        """Learns the visit that ends. `now`: the level by what comes now, in an outage or a surge too. True: the timetable has
        moved."""
        here, row, half = self._bin, self._row, self._bin // PER_HALF
        self._half_bad = self._half_bad or self.bad
        if self._seconds < BIN / 2.0:
            return False
        moved = False
        if self._came > 0.0:
            hour = int(HOUR / BIN)
            told = any(self.season.differs(here, (here + way) % BINS) for way in (-hour, hour))
            moved = (
                told
                and measured >= _KNOWN
                and self.clock.evaluate(measured, self._came, self._expected(level.slow, now), dispersion)
            )
            self.openings.came(here, row, self._first, self._last)
        elif self.closed or (self.noted and not self._sparse()):
            self.openings.nothing(here, row, expected=self.closed)
            return False
        strange = self._strange[half] + self.surged
        if self.bad and self.season.visited(here) > 0.0 and strange < _HABIT:
            self._touched |= 1 << half
            if self._came > 0.0 and self.season.unknown_rest(row, half):
                self._weigh(self._opened() * level.slow)
            return moved
        open_ = self._opened()
        shared = self._shared(open_, level.fast)
        anew = self.bad and shared < _SHARED
        if not anew:  # what all days have learnt anew is no weekday's
            self._weigh(open_ * level.slow)
        seconds = open_ * self._factor
        gain = self.season.learn(here, self._came, seconds, _RELEARN if anew else _KEEP)
        level.hand_over(gain * seconds * shared, self.season.day())
        return moved

    def _shared(self, open_: float, level: float) -> float:
        """The share (of the logarithm) of what this visit had more or less than usual that the level explains: all hours have
        it."""
        usual = self.usual * open_
        more = log(self._came / usual) if usual > 0.0 < self._came else 0.0
        return min(1.0, max(0.0, log(level) / more)) if more else 0.0

    def _sparse(self) -> bool:
        """Whether this bin is open now and then: its empty visits are chance, and count for its rate."""
        pooled = self.season.pooled(self._bin)
        return pooled is not None and 0.0 < pooled * self._seconds < _SPARSE * self.season.dispersion

    def _weigh(self, open_: float) -> None:
        """Counts this visit for the weekday's factor, where the bin has been seen before. `open_`: seconds times the slow level,
        which is no weekday's."""
        pooled = self.season.pooled(self._bin) if self.season.visited(self._bin) > 1.5 else None
        if pooled:
            self._half_came += self._came
            self._half_expected += pooled * open_

    def _opened(self) -> float:
        """Seconds of this visit in which it was open: a stretch before its first request, or after its last, that is too long
        for chance is none of them."""
        if self._came <= 0.0:
            return self._open
        open_ = self._seconds if self.closed else self._open
        seconds = self._last - self._first
        gaps = (self._came - 1.0) / self.season.dispersion if self._busy > _BATCH else 0.0
        edges = (self._first, BIN - self._last)
        return min(
            open_, seconds + fsum(edge for edge in edges if gaps * log(1.0 + edge / seconds) < _CHANCE)
        )

    def _expected(self, slow: float, now: float) -> tuple[float, float, float]:
        """Requests expected of this visit as usual, an hour earlier and an hour later in the timetable. As usual, the level that
        fits best counts: what all hours have is no moved clock."""
        usual, earlier, later = (self._usual_at(hours) for hours in (0, -1, 1))
        low, high = sorted((slow, now))
        return min(max(self._came, usual * low), usual * high), earlier * slow, later * slow

    def _usual_at(self, hours: int) -> float:
        """Requests usual in this visit if the timetable had moved by so many hours."""
        days, here = divmod(self._bin + hours * int(HOUR / BIN), BINS)
        row = (self._row + days) % 7
        if self.openings.closed(here, row):
            return 0.0
        return (self.season.usual(here, row) or 0.0) * self._seconds

    def foresee(self, start: Instant, seconds: float) -> float | None:
        """Requests per second that are usual over the bins from `start` on; None where none of them was ever seen."""
        local = start + self._calendar.offset(start) + self.clock.shift
        day, into = divmod(local, DAY)
        row, known, ratios = self._calendar.row(int(day)), list[float](), dict[int, Ratios]()
        for here in (one % BINS for one in range(int(into // BIN), int((into + seconds) // BIN))):
            if (half := here // PER_HALF) not in ratios:
                ratios[half] = self.season.ratios(row, half)
            usual = 0.0 if self.openings.closed(here, row) else self.season.usual(here, row, ratios[half])
            if usual is not None:
                known.append(usual)
        return sum(known) / len(known) if known else None

    def begin_outage(self) -> None:
        self._touched = 1 << self._bin // PER_HALF

    def end_outage(self, habit: bool) -> None:
        """`habit`: what is usual moved at its onset or its end, and the traffic did not."""
        for half in range(HALVES):
            if self._touched >> half & 1:
                self._strange[half] = min(15, self._strange[half] + 1) if habit else 0

    def state(self) -> list[float]:
        """All but the packed arrays."""
        return [
            self._index, self._local, self._bin, self._row, self.usual, self.usual_low, self._factor, self.slope,
            self.known, self.steep, self.closed, self._from, self._until, self._half_came, self._half_expected,
            self._came, self._seconds, self._open, self._busy, self._first, self._last, self.bad, self.noted,
            self.surged + 2 * self._half_bad, self._touched, *self.clock.state(),
        ]  # fmt: skip

    def restore(self, state: Sequence[float]) -> None:
        (
            index, self._local, bin_, row, self.usual, self.usual_low, self._factor, self.slope,
            known, steep, closed, self._from, self._until, self._half_came, self._half_expected,
            self._came, self._seconds, self._open, self._busy, self._first, self._last, bad, noted, odd, touched, *clock,
        ) = state  # fmt: skip
        self._index, self._bin, self._row, self._touched = int(index), int(bin_), int(row), int(touched)
        self.known, self.steep, self.closed = bool(known), bool(steep), bool(closed)
        self.bad, self.noted, self.surged = bool(bad), bool(noted), odd % 2 == 1
        self._half_bad = odd >= 2.0
        self.clock.restore(clock)
        self.gaps.turn(self._local, BIN)

    @property
    def packed(self) -> list[str]:
        """Every weekday's and bin's bytes, and the half hours' counts up to the last that is not zero."""
        return [*self.openings.state(), self._strange.rstrip(b"\0").hex()]

    @packed.setter
    def packed(self, state: Sequence[str]) -> None:
        *openings, strange = state
        self.openings.restore(openings)
        self._strange = bytearray.fromhex(strange).ljust(HALVES, b"\0")
