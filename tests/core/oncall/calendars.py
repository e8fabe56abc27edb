"""Schedules and moments for the tests, short enough to read as a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from watchtower.core.oncall.schedule import Schedule
from watchtower.core.oncall.shifts import Hours, Override, Rotation, Shift, instant

BERLIN, NEW_YORK, SHANGHAI = (
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("America/New_York"),
    ZoneInfo("Asia/Shanghai"),
)
WEEK = timedelta(days=7)
WORKDAYS = frozenset(range(5))


def at(text: str, zone: ZoneInfo) -> float:
    """The instant of `2026-03-29 10:00` on the wall there."""
    return instant(datetime.fromisoformat(text), zone)


def rotation(
    people: str,
    zone: ZoneInfo,
    start: str,
    every: timedelta = WEEK,
    hours: Sequence[Hours] = (),
    off: str = "",
) -> Rotation:
    """`people` and days off are words separated by spaces."""
    days_off = frozenset(date.fromisoformat(day) for day in off.split())
    return Rotation(tuple(people.split()), zone, datetime.fromisoformat(start), every, tuple(hours), days_off)


def hours(begin: str, end: str, days: frozenset[int] = WORKDAYS) -> Hours:
    return Hours(days, time.fromisoformat(begin), time.fromisoformat(end))


def override(who: str, begin: str, end: str, zone: ZoneInfo) -> Override:
    return Override(who, at(begin, zone), at(end, zone))


def schedule(
    *rotations: Rotation, overrides: Sequence[Override] = (), calendar: Sequence[Override] = ()
) -> Schedule:
    return Schedule("weekly", rotations, tuple(overrides), tuple(calendar), rotations[0].zone)


def lines(found: Sequence[Shift], zone: ZoneInfo) -> list[str]:
    """`Mon 10-19 10:00+0200 - Mon 10-26 10:00+0100 li` of each shift."""
    return [f"{_wall(s.begin, zone)} - {_wall(s.end, zone)} {s.who or '(nobody)'}" for s in found]


def _wall(at: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%a %m-%d %H:%M%z}"
