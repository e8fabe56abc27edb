"""What is declared of a flow at a time: closed, a factor on the usual traffic, or nothing. Pure.

A flow's day begins at midnight in its own zone. A stretch that runs over midnight belongs to the day on which it
begins. Wall-clock times follow daylight saving: a start in the hour that is left out comes an hour later, one in the
hour that comes twice is the first.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from math import ceil, prod
from typing import NamedTuple
from zoneinfo import ZoneInfo

from watchtower.daily_hours import DailyHours
from watchtower.detectors.traffic.declarations import (
    WEEKDAYS,
    Deploy,
    FlowEvent,
    OpeningHours,
    TimetableSettings,
)
from watchtower.model import Instant

_MOVES = {"no": 0, "before": -1, "after": 1}
_MINUTE, _WEEK_OF_MINUTES = 60.0, 7 * 1440
_QUARTER = 15
"""Minutes: a zone is so many whole ones away from UTC, and a clock that changes goes so many ahead or back."""
_FARTHEST = 31
"""Days by which a payday moves at most."""


class DeclaredTime(NamedTuple):
    """What people declare of one moment. `closed`: nothing is expected, evaluated or learnt. `factor`: times what
    is usual. Without `learns` the moment teaches nothing. Only where it is `bounded`, too much is a surge. `by` names the
    setting."""

    closed: bool
    factor: float
    learns: bool
    by: str = ""
    bounded: bool = True


ORDINARY = DeclaredTime(closed=False, factor=1.0, learns=True)
"""A moment of which nothing is declared."""


class Timetable:
    """The declarations of a flow. `off` are holidays, `work` make-up days on a weekend, `rest` the weekdays of rest."""

    __slots__ = ("_by_minute", "_known", "_settings", "_special", "off", "rest", "work", "zone")

    def __init__(self, settings: TimetableSettings) -> None:
        self.zone = ZoneInfo(settings.zone)
        self._settings = settings
        self.work = frozenset(settings.work_days)
        self.off = frozenset(one for one in settings.days_off if isinstance(one, date))
        named = {WEEKDAYS.index(one) for one in settings.days_off if isinstance(one, str)}
        self.rest = frozenset(named or {5, 6})
        self._special = bool(settings.hours or settings.quiet or settings.deploys or settings.events)
        self._by_minute = all(edge % _MINUTE == 0.0 for edge in _edges(settings))
        self._known = (-1.0, ORDINARY)
        """The last minute that was asked for: polls, and the series of a check, come many a minute."""

    def is_off(self, day: date) -> bool:
        """Whether this is a day off: a holiday or a day of rest that is not worked."""
        return day not in self.work and (day.weekday() in self.rest or day in self.off)

    def declared(self, at: Instant) -> DeclaredTime:
        """What is declared of this moment. Where several hold, closed goes first; factors are multiplied."""
        if not self._special:
            return ORDINARY
        when = at // _MINUTE if self._by_minute else at
        if when != self._known[0]:
            self._known = when, self._declared(at)
        return self._known[1]

    def _declared(self, at: Instant) -> DeclaredTime:
        local = datetime.fromtimestamp(at, self.zone)
        closed = self._closed_by(at, local)
        if closed:
            return DeclaredTime(closed=True, factor=0.0, learns=False, by=closed)
        factors = [one.factor for one in self._settings.events if self._happens(one, at, local)]
        if not factors:
            return ORDINARY
        bounded = min(factors) > 1.0
        return DeclaredTime(closed=False, factor=prod(factors), learns=False, by="events", bounded=bounded)

    def until(self, at: Instant) -> Instant | None:
        """When something else is declared than at this time, to the minute; None within a week where nothing is."""
        now = self.declared(at)
        if not self._special:
            return None
        first, edges = (
            int(at // _MINUTE) + 1,
            {0, *(ceil(one / _MINUTE) % _QUARTER for one in _edges(self._settings))},
        )
        later = (n * _MINUTE for n in range(first, first + _WEEK_OF_MINUTES - 1) if n % _QUARTER in edges)
        return next((one for one in later if self.declared(one) != now), None)

    def _closed_by(self, at: Instant, local: datetime) -> str:
        settings, minute = self._settings, local.hour * 60 + local.minute
        if settings.hours is not None and not self._is_open(settings.hours, local.date(), minute):
            return "hours"
        if any(one.holds(minute, back) for one in settings.quiet for back in (0, 1)):
            return "quiet"
        return "deploys" if any(_lasts(one, at, local) for one in settings.deploys) else ""

    def _is_open(self, hours: OpeningHours, day: date, minute: int) -> bool:
        return any(
            one.holds(minute, back)
            for back in (0, 1)
            for one in self._hours_of(hours, day - timedelta(days=back))
        )

    def _hours_of(self, hours: OpeningHours, day: date) -> Sequence[DailyHours]:
        """A holiday has the hours of a day of rest, a make-up workday those of Monday, unless `hours` says others."""
        if day in self.work:
            return hours.by_weekday[0] if hours.work_days is None else hours.work_days
        if day in self.off:
            return hours.by_weekday[max(self.rest)] if hours.days_off is None else hours.days_off
        return hours.by_weekday[day.weekday()]

    def _happens(self, event: FlowEvent, at: Instant, local: datetime) -> bool:
        if event.from_ is not None and event.to is not None:
            return event.from_.timestamp() <= at < event.to.timestamp()
        minute, hours = local.hour * 60 + local.minute, event.hours or DailyHours(0, 1440)
        days = [local.date() - timedelta(days=back) for back in (0, 1) if hours.holds(minute, back)]
        return any(day in self._paydays(event, day) for day in days)

    def _paydays(self, event: FlowEvent, day: date) -> Iterator[date]:
        """The event's days in this month and its neighbours: one that is moved may cross over."""
        step = timedelta(days=_MOVES[event.moved])
        for months in (-1, 0, 1):
            first = (day.replace(day=15) + timedelta(days=31 * months)).replace(day=1)
            last = monthrange(first.year, first.month)[1]
            for number in event.monthly:
                one = first.replace(day=last if number == -1 else min(number, last))
                for _ in range(_FARTHEST):
                    if step and self.is_off(one):
                        one += step
                yield one


def _edges(settings: TimetableSettings) -> Iterator[float]:
    """When anything that is written begins and ends: seconds after midnight, after a full hour, or an instant."""
    hours = settings.hours
    stretches = [*settings.quiet, *(event.hours for event in settings.events if event.hours)]
    for day in (*hours.by_weekday, hours.days_off or (), hours.work_days or ()) if hours else ():
        stretches += day
    for one in stretches:
        yield from (one.start * _MINUTE, one.end * _MINUTE)
    for deploy in settings.deploys:
        begins = deploy.from_.timestamp() if deploy.from_ else int(str(deploy.at)[-2:]) * _MINUTE
        yield from (begins, begins + deploy.for_)
    for event in settings.events:
        yield from (moment.timestamp() for moment in (event.from_, event.to) if moment)


def _lasts(deploy: Deploy, at: Instant, local: datetime) -> bool:
    """Whether this pause lasts at this time, which is `local` in the flow's zone."""
    if deploy.from_ is not None:
        return 0.0 <= at - deploy.from_.timestamp() < deploy.for_
    hour, minute = str(deploy.at).split(":")
    if hour == "*":
        since = (local.minute - int(minute)) % 60 * 60.0 + local.second + local.microsecond / 1e6
        began = datetime.fromtimestamp(at - since, local.tzinfo)
        return since < deploy.for_ and began.weekday() in deploy.days
    for back in (0, 1):
        day = local.date() - timedelta(days=back)
        begin = datetime.combine(day, time(int(hour), int(minute)), local.tzinfo).timestamp()
        if day.weekday() in deploy.days and 0.0 <= at - begin < deploy.for_:
            return True
    return False
