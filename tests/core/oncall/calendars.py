"""Schedules and moments for the tests, short enough to read as a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from watchtower.core.oncall.schedule import Schedule
from watchtower.core.oncall.shifts import Rotation, Shift
from watchtower.core.oncall.turns import Hours, instant

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
    return Rotation(
        participants=tuple(people.split()), zone=zone, start=datetime.fromisoformat(start), rotation=every,
        restrict=tuple(hours), days_off=days_off,
    )  # fmt: skip


def hours(begin: str, end: str, days: frozenset[int] = WORKDAYS) -> Hours:
    return Hours(days, time.fromisoformat(begin), time.fromisoformat(end))


def override(who: str, begin: str, end: str, zone: ZoneInfo) -> Shift:
    return Shift(who, at(begin, zone), at(end, zone), "override")


def schedule(
    *rotations: Rotation, overrides: Sequence[Shift] = (), calendar: Sequence[Shift] = ()
) -> Schedule:
    said = tuple(replace(event, why="calendar") for event in calendar)
    return Schedule(
        name="weekly", rotations=rotations, overrides=tuple(overrides), calendar=said, zone=rotations[0].zone
    )


def lines(found: Sequence[Shift], zone: ZoneInfo) -> list[str]:
    """`Mon 10-19 10:00+0200 - Mon 10-26 10:00+0100 li` of each shift."""
    return [f"{_wall(s.begin, zone)} - {_wall(s.end, zone)} {s.who or '(nobody)'}" for s in found]


def _wall(at: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%a %m-%d %H:%M%z}"
