"""The half hour and kind of day in the users' own zone; quiet hours and campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from watchtower.detectors.traffic.season import BIN, BINS
from watchtower.detectors.traffic.settings import Campaign, DailyHours, TrafficSettings
from watchtower.model import Instant


class Declared(NamedTuple):
    """What people declare of one moment. `closed`: nothing is expected, evaluated or learnt. `factor`: times what
    is usual. Without `learns` the moment teaches nothing, and more than usual is no surge."""

    closed: bool
    factor: float
    learns: bool


ORDINARY = Declared(closed=False, factor=1.0, learns=True)
"""A moment of which nothing is declared."""
_CLOSED = Declared(closed=True, factor=0.0, learns=False)


class Calendar:
    """A flow's calendar: pure data. `work_days` are make-up days on a weekend, `days_off` are holidays."""

    __slots__ = ("__weakref__", "_campaigns", "_off", "_quiet", "_settings", "_special", "_work", "_zone")

    def __init__(
        self,
        zone: str = "UTC",
        days_off: Sequence[date] = (),
        work_days: Sequence[date] = (),
        quiet: Sequence[DailyHours] = (),
        campaigns: Sequence[Campaign] = (),
    ) -> None:
        self._zone = ZoneInfo(zone)
        self._off, self._work = frozenset(days_off), frozenset(work_days)
        self._quiet, self._campaigns = tuple(quiet), tuple(campaigns)
        self._special = bool(self._quiet or self._campaigns)
        self._settings: TrafficSettings | None = None

    @classmethod
    def of(cls, settings: TrafficSettings) -> Calendar:
        """The calendar of a check's settings. Its series share one, because each set of days takes memory."""
        made = _made.get(id(settings))
        if made is None:
            made = cls(
                settings.zone, settings.days_off, settings.work_days, settings.quiet, settings.campaigns
            )
            made._settings = settings  # kept, so that no other settings can have their id
            _made[id(settings)] = made
        return made

    def slot(self, at: Instant) -> int:
        """The half hour's index: 0..47 on a working day, 48..95 on a day off."""
        local = datetime.fromtimestamp(at, self._zone)
        index = local.hour * 2 + local.minute // 30
        return index + BINS if self._is_off(local.date()) else index

    def around(self, at: Instant) -> tuple[int, int, int]:
        """The slots before, at and after this time."""
        return self.slot(at - BIN), self.slot(at), self.slot(at + BIN)

    def week(self, at: Instant) -> Instant:
        """Midnight of this week's Monday in the users' zone."""
        local = datetime.fromtimestamp(at, self._zone)
        monday = local.date() - timedelta(days=local.weekday())
        return datetime.combine(monday, time(), self._zone).timestamp()

    def _is_off(self, day: date) -> bool:
        if day in self._work:
            return False
        return day.weekday() >= 5 or day in self._off

    def declared(self, at: Instant) -> Declared:
        """What is declared of this moment."""
        if not self._special:
            return ORDINARY
        local = datetime.fromtimestamp(at, self._zone)
        minute = local.hour * 60 + local.minute
        for hours in self._quiet:
            if hours.start <= minute < hours.end or hours.start <= minute + 1440 < hours.end:
                return _CLOSED
        factor, learns = 1.0, True
        for one in self._campaigns:
            if one.start <= at < one.end:
                factor, learns = factor * one.factor, False
        return Declared(closed=False, factor=factor, learns=learns)


_made: WeakValueDictionary[int, Calendar] = WeakValueDictionary()
"""By the identity of the settings."""
