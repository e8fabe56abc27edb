"""Local time and kind of day in the users' own zone; and what is declared of a moment."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from weakref import WeakValueDictionary

from watchtower.detectors.traffic.declarations import TimetableSettings
from watchtower.detectors.traffic.timetable import ORDINARY, DeclaredTime, Timetable
from watchtower.model import Instant

__all__ = ["DAY", "ORDINARY", "Calendar", "DeclaredTime"]

DAY = 86400.0
_EPOCH = date(1970, 1, 1)
_MIDWEEK = 2


class Calendar:
    """A flow's calendar: pure data, with what is declared of it. `rest` are its weekdays of rest."""

    __slots__ = ("__weakref__", "_off", "_settings", "_timetable", "_work", "_worked", "_zone", "rest")

    def __init__(self, settings: TimetableSettings) -> None:
        self._settings = settings  # kept, so that no other settings can have their id
        self._timetable = Timetable(settings)
        self._zone, self.rest = self._timetable.zone, self._timetable.rest
        self._off, self._work = self._timetable.off, self._timetable.work
        working = [weekday for weekday in range(7) if weekday not in self.rest]
        self._worked = _MIDWEEK if _MIDWEEK in working or not working else working[0]

    @classmethod
    def of(cls, settings: TimetableSettings) -> Calendar:
        """The calendar of a check's settings. Its series share one, because each set of days takes memory."""
        made = _made.get(id(settings))
        if made is None:
            made = _made[id(settings)] = cls(settings)
        return made

    def offset(self, at: Instant) -> float:
        """Local time - UTC, seconds."""
        offset = datetime.fromtimestamp(at, self._zone).utcoffset()
        return offset.total_seconds() if offset is not None else 0.0

    def row(self, day: int) -> int:
        """The weekday (0: Monday) that a local day, counted from 1970, is like: a holiday is like the last day of rest, a day
        of rest that is worked like a Wednesday."""
        weekday = (day + 3) % 7
        if self._off or self._work:
            local = _EPOCH + timedelta(days=day)
            if local in self._work:
                return self._worked if weekday in self.rest else weekday
            if local in self._off:
                return max(self.rest)
        return weekday

    def week(self, at: Instant) -> Instant:
        """Midnight of this week's Monday in the users' zone."""
        local = datetime.fromtimestamp(at, self._zone)
        monday = local.date() - timedelta(days=local.weekday())
        return datetime.combine(monday, time(), self._zone).timestamp()

    def declared(self, at: Instant) -> DeclaredTime:
        """What is declared of this moment."""
        return self._timetable.declared(at)

    def until(self, at: Instant) -> Instant | None:
        """When something else is declared; None within a week where nothing is."""
        return self._timetable.until(at)


_made: WeakValueDictionary[int, Calendar] = WeakValueDictionary()
"""By the identity of the settings."""
