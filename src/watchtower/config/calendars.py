"""Reads shifts from an iCalendar file, as calendar and on-call programs export them; also from one behind a URL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from watchtower.core.oncall.shifts import Shift
from watchtower.core.plan.recurrence import AHEAD, BACK
from watchtower.errors import install

_STRIDE = timedelta(days=200)
"""Events are written out so much at a time: one that has no end is noticed before all of it is written."""
_MOST = 5000
DEADLINE, LARGEST = 10.0, 1 << 20
"""Seconds and bytes for a calendar behind a URL."""
_TOO_OFTEN = ("SECONDLY", "MINUTELY")
_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE")


@dataclass(frozen=True, slots=True)
class CalendarFault(Exception):
    """The file gives no shifts."""

    what: str
    hint: str = ""


def shifts_in(path: Path, zone: tzinfo, now: datetime | None = None) -> list[Shift]:
    """Every event as a shift of whoever its title names, in order of time: around `now` (by default the clock's).

    RFC 5545 with exceptions: instances that are moved, swapped (another title) or cancelled, EXDATE, RDATE, a start and
    an end in different zones. All-day events, and times without a zone, are in `zone`. What is not understood is a
    CalendarFault, never a shift that is left out.
    """
    try:
        return shifts_of(path.read_bytes(), path.name, zone, now)
    except OSError as error:
        raise CalendarFault(
            f"{path.name} cannot be read: {error.strerror}", "a path beside this file"
        ) from None


def is_url(ical: str) -> bool:
    return ical.startswith(("https://", "http://"))


def fetched(url: str) -> bytes:
    """The calendar behind this URL. Raises CalendarFault, which names the host only: such a URL often holds a key."""
    from watchtower.curl import CurlFleet, FetchError, Request

    async def answer() -> bytes:
        fleet = CurlFleet()
        fleet.start(asyncio.get_running_loop())
        try:
            got = await fleet.fetch(
                Request(url, timeout=DEADLINE, follow_redirects=True, max_body_bytes=LARGEST)
            )
        finally:
            fleet.stop()
        if got.status != 200:
            raise FetchError("status", f"HTTP {got.status}")
        return got.body

    try:
        host = urlsplit(url).hostname
    except ValueError:
        raise CalendarFault(
            "the URL of the calendar is none", "https://calendar.example/releases.ics"
        ) from None
    try:
        with ThreadPoolExecutor(1) as aside:  # whoever reads a configuration may have a loop of its own
            return aside.submit(lambda: asyncio.run(answer())).result()
    except FetchError as error:
        detail = error.detail if error.reason == "status" else error.reason
        raise CalendarFault(f"the calendar of {host} cannot be fetched: {detail}") from None


def installed() -> None:
    """Raises CalendarFault where the library is missing."""
    try:
        import icalendar  # noqa: F401 - whether it is there
        import recurring_ical_events  # noqa: F401 - as above
    except ImportError:
        raise CalendarFault(
            "needs the library that reads iCalendar files, which is not installed", install("ical")
        ) from None


def shifts_of(data: bytes, name: str, zone: tzinfo, now: datetime | None = None) -> list[Shift]:
    """The same of a calendar's text, which is called `name` in what is raised."""
    installed()
    import icalendar
    import recurring_ical_events

    try:
        calendar = icalendar.Calendar.from_ical(data)
    except (ValueError, LookupError, TypeError) as error:
        raise CalendarFault(f"{name} is no iCalendar file: {error}") from None
    for fault in _not_understood(calendar):
        raise CalendarFault(f"{name}: {fault}", "take it out of the calendar, or write it as single events")
    at, shifts = now or datetime.now(UTC), dict[Shift, None]()
    try:
        query = recurring_ical_events.of(calendar)
        for days in range(-BACK.days, AHEAD.days, _STRIDE.days):
            begin = at + timedelta(days=days)
            found = query.between(begin, begin + _STRIDE)
            shifts.update((_shift(event, zone), None) for event in found if not _cancelled(event))
            if len(shifts) > _MOST:
                raise CalendarFault(f"{name} has more than {_MOST} shifts", "export a shorter time")
    except (ValueError, LookupError, TypeError, OverflowError, AttributeError) as error:
        raise CalendarFault(f"{name} has an event that is not understood: {error}") from None
    return sorted(shifts, key=lambda one: (one.begin, one.end, one.who))


def _not_understood(calendar: Any) -> Iterator[str]:
    """Raises a CalendarFault for an event that would be read otherwise than it is meant."""
    known: set[tuple[str, str]] = set()
    for event in calendar.walk("VEVENT"):
        name = f'event "{event.get("summary", "")}"'
        if event.get("dtstart") is None:
            yield f"{name} has no DTSTART"
        for error in event.errors:
            yield f"{name}: {error[0]} is not understood: {error[1]}"
        for rule in _many(event.get("rrule")):
            if str(rule.get("FREQ", [""])[0]).upper() in _TOO_OFTEN:
                yield f"{name} repeats every minute or second"
            if rule.get("INTERVAL", [1])[0] < 1:  # it would be written out for ever
                yield f"{name} repeats with an INTERVAL below 1"
            if "RSCALE" in rule:
                yield f"{name} repeats by another calendar (RSCALE)"
        if "exrule" in event:
            yield f"{name} has an EXRULE, which RFC 5545 took out"
        for key in _TIMES:
            for value in _many(event.get(key)):
                if value.params.get("TZID") and _zone_of(value) is None:
                    yield f'{name}: there is no zone "{value.params["TZID"]}" for its {key}'
                if key == "RECURRENCE-ID" and str(value.params.get("RANGE", "")).upper() == "THISANDPRIOR":
                    yield f"{name} changes all instances before one (RANGE=THISANDPRIOR)"
        instance = (
            str(event.get("uid", "")),
            _text(event.get("recurrence-id")) + _text(event.get("sequence")),
        )
        if instance[0] and instance in known:
            yield f"{name} stands in it twice with the same UID"
        known.add(instance)


def _text(value: Any) -> str:
    return "" if value is None else f"{value.to_ical()!r};" if hasattr(value, "to_ical") else f"{value};"


def _zone_of(value: Any) -> tzinfo | None:
    times = [one.dt for one in value.dts] if hasattr(value, "dts") else [value.dt]
    first = times[0][0] if times and isinstance(times[0], tuple) else times[0] if times else None
    return first.tzinfo if isinstance(first, datetime) else UTC


def _many(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _cancelled(event: Any) -> bool:
    return str(event.get("status", "")).upper() == "CANCELLED"


def _shift(event: Any, zone: tzinfo) -> Shift:
    begin = event["DTSTART"].dt
    end = event["DTEND"].dt if "DTEND" in event else begin
    who = str(event.get("summary", "")).strip()
    return Shift(who, _aware(begin, zone).timestamp(), _aware(end, zone).timestamp(), "calendar")


def _aware(value: date, zone: tzinfo) -> datetime:
    when = value if isinstance(value, datetime) else datetime.combine(value, time())
    return when if when.tzinfo else when.replace(tzinfo=zone)
