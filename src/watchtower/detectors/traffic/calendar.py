"""The half hour and kind of day in the users' own zone; and what is declared of a moment."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from weakref import WeakValueDictionary

from watchtower.detectors.traffic.declarations import TimetableSettings
from watchtower.detectors.traffic.season import BIN, BINS
from watchtower.detectors.traffic.timetable import ORDINARY, DeclaredTime, Timetable
from watchtower.model import Instant

__all__ = ["ORDINARY", "Calendar", "DeclaredTime"]


class Calendar:
    """A flow's calendar: pure data, with what is declared of it."""

    __slots__ = ("__weakref__", "_off", "_settings", "_timetable", "_work", "_zone")

    def __init__(self, settings: TimetableSettings) -> None:
        self._settings = settings  # kept, so that no other settings can have their id
        self._timetable = Timetable(settings)
        self._zone = self._timetable.zone
        self._off, self._work = self._timetable.off, self._timetable.work

    @classmethod
    def of(cls, settings: TimetableSettings) -> Calendar:
        """The calendar of a check's settings. Its series share one, because each set of days takes memory."""
        made = _made.get(id(settings))
        if made is None:
            made = _made[id(settings)] = cls(settings)
        return made

    def slot(self, at: Instant) -> int:
        """The half hour's index: 0..47 on a working day, 48..95 on a day off."""
        local = datetime.fromtimestamp(at, self._zone)
        index = local.hour * 2 + local.minute // 30
        return index + BINS if self._timetable.is_off(local.date()) else index

    def around(self, at: Instant) -> tuple[int, int, int]:
        """The slots before, at and after this time."""
        return self.slot(at - BIN), self.slot(at), self.slot(at + BIN)

    def week(self, at: Instant) -> Instant:
        """Midnight of this week's Monday in the users' zone."""
        local = datetime.fromtimestamp(at, self._zone)
        monday = local.date() - timedelta(days=local.weekday())
        return datetime.combine(monday, time(), self._zone).timestamp()

    def declared(self, at: Instant) -> DeclaredTime:
        """What is declared of this moment."""
        return self._timetable.declared(at)


_made: WeakValueDictionary[int, Calendar] = WeakValueDictionary()
"""By the identity of the settings."""
