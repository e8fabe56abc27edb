"""From `[[maintenance]]` to its times: a start and a rule of RFC 5545, or the events of an iCalendar file or URL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from watchtower.config.calendars import CalendarFault, fetched, installed, is_url, shifts_in, shifts_of
from watchtower.config.problems import Entry
from watchtower.config.schedules import zone_at
from watchtower.core.oncall.turns import instant, moment_of
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.plan.recurrence import EVERY_WEEK, TimeSpan, joined, recurring


def written_out(table: Maintenance | None, entry: Entry, now: datetime | None = None) -> Maintenance | None:
    """The window with its times around `now` (by default the clock's); None where it is wrong, with every fault
    reported."""
    if table is None:
        return None
    faults, zone = len(entry.report.problems), zone_at(entry, ("zone",), table.zone)
    at = now or datetime.now(UTC)
    unread = ""
    try:
        spans = _of_calendar(table, entry, zone, at) if table.ical else _of_rule(table, entry, zone, at)
    except CalendarFault as fault:
        spans, unread = [], fault.what
        entry.doubtful(
            "unread-calendar", ("ical",), fault.what, "nothing is held back by it until it can be read"
        )
    if len(entry.report.problems) > faults:
        return None
    return table.model_copy(update={"spans": joined(spans), "unread": unread})


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
    if not table.rrule:
        begin = instant(first, zone)
        return [(begin, begin + table.for_)]
    try:
        return recurring(table.rrule, first.replace(tzinfo=zone), table.for_, now)
    except ValueError as error:
        entry.wrong(("rrule",), f"{table.rrule!r} {error}", EVERY_WEEK)
        return []


def _of_calendar(table: Maintenance, entry: Entry, zone: tzinfo, now: datetime) -> Iterable[TimeSpan]:
    """Raises CalendarFault for a calendar behind a URL that cannot be read now: that is no fault of the file."""
    for key in ("from", "for", "rrule"):
        if key in entry.raw:
            entry.wrong((key,), "stands beside ical, which says when", "keep one of them")
    try:
        installed()
        far = is_url(table.ical)
        found = [] if far else shifts_in(Path(entry.file).parent / table.ical, zone, now)
    except CalendarFault as fault:
        entry.wrong(("ical",), fault.what, fault.hint)
        return []
    if far:
        found = shifts_of(fetched(table.ical), "the calendar", zone, now)
    return [(one.begin, one.end) for one in found if one.end > one.begin]
