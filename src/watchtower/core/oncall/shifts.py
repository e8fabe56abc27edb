"""What a schedule is made of: rotations that hand over by the clock on the wall, and shifts.

Everything is decided in local wall time and only then put into UTC, so that "Monday 10:00" is Monday 10:00 on both
sides of a change of the clocks. A wall time that is skipped counts as if the clocks had not been changed yet
(02:30 becomes 03:30); one that comes twice is the first of the two, as in iCalendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time

from watchtower.core.oncall.turns import DAY, OnCallTurns, instant, wall
from watchtower.fields import Field
from watchtower.model import Instant
from watchtower.values import Frozen


class Rotation(OnCallTurns):
    """OnCallTurns by the clock. The first one's begins at `start`; turns before it are reckoned backwards.

    With `restrict` only these hours are covered; on `days_off` (from midnight to midnight) nobody is.
    """

    days_off: frozenset[date] = Field(default=frozenset(), written=False)

    def who(self, at: Instant) -> str:
        """Who has the turn now; "" outside the hours and on days off."""
        return self.participants[self.turn(at) % len(self.participants)] if self.covers(at) else ""

    def turn(self, at: Instant) -> int:
        """Which turn it is, 0 for the first after `start`."""
        # Around a change of the clocks the wall time alone does not tell, and is one turn off at most: what counts is when
        # each turn begins.
        number = (wall(at, self.zone) - self.start) // self.rotation + 1
        while self.begins(number) > at:
            number -= 1
        return number

    def begins(self, turn: int) -> Instant:
        """When this turn begins."""
        return instant(self.start + turn * self.rotation, self.zone)

    def covers(self, at: Instant) -> bool:
        """Is this within the hours, and no day off?"""
        today = wall(at, self.zone).date()
        if today in self.days_off:
            return False
        if not self.restrict:
            return True
        spans = (hours.on(day, self.zone) for hours in self.restrict for day in (today - DAY, today))
        return any(span is not None and span[0] <= at < span[1] for span in spans)

    def edges(self, begin: Instant, end: Instant) -> Iterator[Instant]:
        """Every moment from `begin` to `end` at which somebody else may have the turn."""
        turn = self.turn(begin) + 1
        while (at := self.begins(turn)) < end:
            yield at
            turn += 1
        if not self.restrict and not self.days_off:
            return
        day, last = wall(begin, self.zone).date() - DAY, wall(end, self.zone).date()
        while day <= last:
            for hours in self.restrict:
                yield from hours.on(day, self.zone) or ()
            if day in self.days_off:
                yield instant(datetime.combine(day, time()), self.zone)
                yield instant(datetime.combine(day + DAY, time()), self.zone)
            day += DAY


class Shift(Frozen):
    """`who` is on call from `begin` to `end`; nobody where it is "". `why`: `rotation`, `override` or `calendar`."""

    who: str
    begin: Instant
    end: Instant
    why: str = "rotation"

    def covers(self, at: Instant) -> bool:
        return self.begin <= at < self.end
