"""From `[schedule.NAME]` to a Schedule: zones, first turns, days off and calendars looked up."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path

from watchtower.config.calendars import CalendarFault, shifts_in
from watchtower.config.holidays import days_off
from watchtower.config.lines import Loc
from watchtower.config.problems import Entry, did_you_mean
from watchtower.core.oncall.schedule import Schedule
from watchtower.core.oncall.shifts import Rotation, Shift
from watchtower.core.oncall.turns import (
    DAY,
    DAYS,
    OnCallTurns,
    Override,
    date_of,
    handover_of,
    hours_of,
    instant,
    moment_of,
    turn_of,
)
from watchtower.model import Instant

_FIRST = date(2024, 1, 1)
"""A Monday: turns of which nobody says when they began are reckoned from here."""


def schedule_of(name: str, table: Schedule, entry: Entry, people: set[str]) -> Schedule | None:
    """Makes the schedule; None where it is wrong, and every fault is reported. `people` are the names that there are."""
    faults, written = len(entry.report.problems), vars(table)
    zone = zone_at(entry, ("zone",), written.get("zone", "UTC"))
    layers: list[tuple[Loc, OnCallTurns]] = [((), table)] if table.participants else []
    layers += [(("layer", index), layer) for index, layer in enumerate(table.layer)]
    if not layers and not table.ical:
        entry.wrong((), "nobody takes turns here", "write participants, [[schedule.NAME.layer]] or ical")
    made = {
        "name": name,
        "zone": zone,
        "rotations": tuple(
            one for path, layer in layers if (one := _rotation(layer, entry, path, zone, people))
        ),
        "overrides": tuple(_overrides(entry, written.get("overrides", ()), zone, people)),
        "calendar": _calendar(table, entry, zone, people),
    }
    return None if len(entry.report.problems) > faults else table.model_copy(update=made)


def zone_at(entry: Entry, path: Loc, name: str) -> tzinfo:
    """Returns the zone of this name. Where there is none, it reports a fault and returns UTC."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = did_you_mean(name, zoneinfo.available_timezones())
        entry.wrong(
            path, f'there is no time zone "{name}"', hint or 'write an IANA name, such as "Asia/Shanghai"'
        )
        return UTC


def _rotation(layer: OnCallTurns, entry: Entry, path: Loc, zone: tzinfo, people: set[str]) -> Rotation | None:
    written = vars(layer)
    if path and "zone" in written:
        zone = zone_at(entry, (*path, "zone"), written["zone"])
    participants = layer.participants or ()
    for index, who in enumerate(participants):
        entry.look_up((*path, "participants", index), "responder", who, people)
    every = turn_of(written.get("rotation", "weekly"))
    day, at = handover_of(written.get("handover") or "10:00")
    if day is not None and every % timedelta(days=7):
        entry.wrong(
            (*path, "handover"),
            f"not every turn ({written['rotation']}) begins on {DAYS[day]}",
            'leave the day out, as in "10:00", or write rotation = "weekly"',
        )
        return None
    start = date_of(written["start"]) if written.get("start") else _FIRST + DAY * (day or 0)
    if day is not None and start.weekday() != day:
        nearest = start + DAY * ((day - start.weekday()) % 7)
        entry.wrong(
            (*path, "start"),
            f"{start} is a {start:%A}, and the hand-over is on {DAYS[day]}",
            f'write start = "{nearest}", or another day of hand-over',
        )
        return None
    off = (
        days_off(layer.skip_holidays, entry, (*path, "skip_holidays")) if layer.skip_holidays else frozenset()
    )
    return Rotation(
        participants=participants, zone=zone, start=datetime.combine(start, at), rotation=every,
        restrict=tuple(hours_of(text) for text in written.get("restrict", ())), days_off=off,
    )  # fmt: skip


def _overrides(entry: Entry, written: Iterable[Override], zone: tzinfo, people: set[str]) -> Iterator[Shift]:
    for index, one in enumerate(written):
        entry.look_up(("overrides", index, "who"), "responder", one.who, people)
        begin, end = _instant(one.from_, zone), _instant(one.until, zone)
        if end <= begin:
            entry.wrong(
                ("overrides", index, "until"), "the override ends before it begins", "write a time after from"
            )
        yield Shift(one.who, begin, end, "override")


def _instant(text: str, zone: tzinfo) -> Instant:
    when = moment_of(text)
    return when.timestamp() if when.tzinfo else instant(when, zone)


def _calendar(table: Schedule, entry: Entry, zone: tzinfo, people: set[str]) -> tuple[Shift, ...]:
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
