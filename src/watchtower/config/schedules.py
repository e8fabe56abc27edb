"""From `[schedule.NAME]` to a Schedule: zones, first turns, days off and calendars looked up."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path

from watchtower.config.calendars import CalendarFault, shifts_in
from watchtower.config.holidays import days_off
from watchtower.config.people_tables import (
    DAYS,
    LayerTable,
    ScheduleTable,
    day_of,
    handover_of,
    hours_of,
    moment_of,
    turn_of,
)
from watchtower.config.problems import Entry, did_you_mean
from watchtower.core.oncall.schedule import Schedule
from watchtower.core.oncall.shifts import Override, Rotation, instant
from watchtower.model import Instant

_FIRST = date(2024, 1, 1)
"""A Monday: turns of which nobody says when they began are reckoned from here."""
_DAY = timedelta(days=1)


def schedule_of(name: str, table: ScheduleTable, entry: Entry, people: set[str]) -> Schedule | None:
    """The schedule; None where it is wrong, with every fault reported. `people` are the names that there are."""
    faults = len(entry.report.problems)
    zone = zone_at(entry, ("zone",), table.zone)
    layers: list[tuple[tuple[str | int, ...], LayerTable | ScheduleTable]] = (
        [((), table)] if table.participants else []
    )
    layers += [(("layer", index), layer) for index, layer in enumerate(table.layer)]
    if not layers and not table.ical:
        entry.wrong((), "nobody takes turns here", "write participants, [[schedule.NAME.layer]] or ical")
    rotations = [_rotation(layer, entry, path, zone, people) for path, layer in layers]
    overrides = tuple(_overrides(table, entry, zone, people))
    calendar = _calendar(table, entry, zone, people)
    if len(entry.report.problems) > faults:
        return None
    return Schedule(name, tuple(one for one in rotations if one), overrides, calendar, zone)


def zone_at(entry: Entry, path: tuple[str | int, ...], name: str) -> tzinfo:
    """The zone of this name; a fault, and UTC, where there is none."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = did_you_mean(name, zoneinfo.available_timezones())
        entry.wrong(
            path, f'there is no time zone "{name}"', hint or 'write an IANA name, such as "Asia/Shanghai"'
        )
        return UTC


def _rotation(
    layer: LayerTable | ScheduleTable,
    entry: Entry,
    path: tuple[str | int, ...],
    zone: tzinfo,
    people: set[str],
) -> Rotation | None:
    if path and layer.zone:
        zone = zone_at(entry, (*path, "zone"), layer.zone)
    for index, who in enumerate(layer.participants or ()):
        unknown(entry, (*path, "participants", index), who, people)
    every = turn_of(layer.rotation)
    day, at = handover_of(layer.handover) if layer.handover else (None, handover_of("10:00")[1])
    if day is not None and every % timedelta(days=7):
        entry.wrong(
            (*path, "handover"),
            f"not every turn ({layer.rotation}) begins on {DAYS[day]}",
            'leave the day out, as in "10:00", or write rotation = "weekly"',
        )
        return None
    start = day_of(layer.start) if layer.start else _FIRST + _DAY * (day or 0)
    if day is not None and start.weekday() != day:
        nearest = start + _DAY * ((day - start.weekday()) % 7)
        entry.wrong(
            (*path, "start"),
            f"{start} is a {start:%A}, and the hand-over is on {DAYS[day]}",
            f'write start = "{nearest}", or another day of hand-over',
        )
        return None
    off = (
        days_off(layer.skip_holidays, entry, (*path, "skip_holidays")) if layer.skip_holidays else frozenset()
    )
    hours = tuple(hours_of(text) for text in layer.restrict)
    return Rotation(layer.participants or (), zone, datetime.combine(start, at), every, hours, off)


def _overrides(table: ScheduleTable, entry: Entry, zone: tzinfo, people: set[str]) -> Iterator[Override]:
    for index, one in enumerate(table.overrides):
        unknown(entry, ("overrides", index, "who"), one.who, people)
        begin, end = _instant(one.from_, zone), _instant(one.until, zone)
        if end <= begin:
            entry.wrong(("overrides", index, "until"), "ends before it begins", "")
        yield Override(one.who, begin, end)


def _instant(text: str, zone: tzinfo) -> Instant:
    when = moment_of(text)
    return when.timestamp() if when.tzinfo else instant(when, zone)


def _calendar(table: ScheduleTable, entry: Entry, zone: tzinfo, people: set[str]) -> tuple[Override, ...]:
    if not table.ical:
        return ()
    path = Path(entry.file).parent / table.ical
    try:
        found = shifts_in(path, zone)
    except CalendarFault as fault:
        entry.wrong(("ical",), fault.what, fault.hint)
        return ()
    strange = sorted({one.who for one in found} - people)
    for who in strange[:5]:
        hint = did_you_mean(who, people, "responders")
        entry.wrong(("ical",), f'an event in {table.ical} is called "{who}", and no responder is', hint)
    return tuple(found)


def unknown(entry: Entry, path: tuple[str | int, ...], who: str, people: set[str]) -> None:
    """A fault where nobody has this name."""
    if who not in people:
        entry.wrong(path, f'there is no responder "{who}"', did_you_mean(who, people, "responders"))
