"""From `[[maintenance]]` to its times: a start and a rule of RFC 5545, or the events of an iCalendar file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from watchtower.config.calendars import AHEAD, BACK, CalendarFault, shifts_in
from watchtower.config.problems import Entry
from watchtower.config.schedules import zone_at
from watchtower.core.oncall.turns import instant, moment_of
from watchtower.core.plan.maintenance import Maintenance, TimeSpan

_MOST = 20_000
_TOO_OFTEN = ("SECONDLY", "MINUTELY")
_EVERY_WEEK = 'write one such as "FREQ=WEEKLY;BYDAY=TH"'


def written_out(table: Maintenance | None, entry: Entry, now: datetime | None = None) -> Maintenance | None:
    """The window with its times around `now` (by default the clock's); None where it is wrong, with every fault
    reported."""
    if table is None:
        return None
    faults, zone = len(entry.report.problems), zone_at(entry, ("zone",), table.zone)
    at = now or datetime.now(UTC)
    spans = _of_calendar(table, entry, zone, at) if table.ical else _of_rule(table, entry, zone, at)
    if len(entry.report.problems) > faults:
        return None
    return table.model_copy(update={"spans": tuple(_joined(sorted(spans)))})


def _of_rule(table: Maintenance, entry: Entry, zone: tzinfo, now: datetime) -> Iterable[TimeSpan]:
    missing = [key for key in ("from", "for") if key not in entry.raw]
    for key in missing:
        entry.wrong((), f"has no {key}", 'write from = "2026-11-26T23:00" and for = "3h", or ical')
    if missing:
        return []
    first = moment_of(table.from_)
    if first.tzinfo is not None:
        entry.wrong(("from",), f'"{table.from_}" has a zone of its own', "leave it out, and write zone")
        return []
    begins = _recurring(table.rrule, entry, first.replace(tzinfo=zone), now) if table.rrule else [first]
    return [(begin, begin + table.for_) for begin in (instant(one, zone) for one in begins)]


def _recurring(rrule: str, entry: Entry, first: datetime, now: datetime) -> list[datetime]:
    """Begins on the clocks of the zone of `first`; one in the hour that is left out comes an hour later."""
    from dateutil.rrule import rrulestr

    parts = dict(part.partition("=")[::2] for part in rrule.upper().split(";"))
    if parts.get("FREQ") in _TOO_OFTEN:
        entry.wrong(("rrule",), f"{rrule!r} recurs every minute or second", _EVERY_WEEK)
        return []
    try:
        found: list[datetime] = rrulestr(rrule, dtstart=first).between(now - BACK, now + AHEAD, inc=True)
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
        entry.wrong(("rrule",), f"{rrule!r} is no rule of RFC 5545: {error}", _EVERY_WEEK)
        return []
    if len(found) > _MOST:
        entry.wrong(("rrule",), f"{rrule!r} recurs more than {_MOST} times", _EVERY_WEEK)
    return found[:_MOST]


def _of_calendar(table: Maintenance, entry: Entry, zone: tzinfo, now: datetime) -> Iterable[TimeSpan]:
    for key in ("from", "for", "rrule"):
        if key in entry.raw:
            entry.wrong((key,), "stands beside ical, which says when", "keep one of them")
    try:
        found = shifts_in(Path(entry.file).parent / table.ical, zone, now)
    except CalendarFault as fault:
        entry.wrong(("ical",), fault.what, fault.hint)
        return []
    return [(one.begin, one.end) for one in found if one.end > one.begin]


def _joined(spans: Iterable[TimeSpan]) -> list[TimeSpan]:
    """Spans that overlap or touch, as one."""
    out: list[TimeSpan] = []
    for begin, end in spans:
        if out and begin <= out[-1][1]:
            out[-1] = out[-1][0], max(end, out[-1][1])
        else:
            out.append((begin, end))
    return out
