"""Shifts out of an iCalendar file, as calendar and on-call programs export them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

from watchtower.core.people.shifts import Override
from watchtower.errors import install

_BACK, _AHEAD = timedelta(days=400), timedelta(days=800)
"""How far events that recur are written out, from now."""
_MOST = 5000


@dataclass(frozen=True, slots=True)
class CalendarFault(Exception):
    """The file gives no shifts."""

    what: str
    hint: str = ""


def shifts_in(path: Path, zone: tzinfo) -> list[Override]:
    """Every event as a shift of whoever its title names, in order of time. All-day events, and times without a zone,
    are in `zone`. Raises CalendarFault."""
    try:
        import icalendar
    except ImportError:
        raise CalendarFault(
            "needs the library that reads iCalendar files, which is not installed",
            install("ical"),
        ) from None
    try:
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
    except OSError as error:
        raise CalendarFault(
            f"{path.name} cannot be read: {error.strerror}", "a path beside this file"
        ) from None
    except ValueError as error:
        raise CalendarFault(f"{path.name} is no iCalendar file: {error}") from None
    found = [shift for event in calendar.walk("VEVENT") for shift in _shifts(event, zone)]
    if len(found) > _MOST:
        raise CalendarFault(f"{path.name} has more than {_MOST} shifts", "export a shorter time")
    return sorted(found, key=lambda one: (one.begin, one.end, one.who))


def _shifts(event: Any, zone: tzinfo) -> Iterator[Override]:
    who = str(event.get("summary", "")).strip()
    begin = event.decoded("dtstart", None)
    if begin is None or str(event.get("status", "")).upper() == "CANCELLED":
        return
    length = _length(event, begin)
    for start in _starts(event, begin, zone):
        at = _aware(start, zone)
        yield Override(who, at.timestamp(), _aware(start + length, zone).timestamp())


def _length(event: Any, begin: date) -> timedelta:
    end = event.decoded("dtend", None)
    if end is not None:
        return _naive(end) - _naive(begin)
    lasts = event.decoded("duration", None)
    return lasts if lasts is not None else timedelta(days=0 if isinstance(begin, datetime) else 1)


def _starts(event: Any, begin: date, zone: tzinfo) -> Iterable[date]:
    """The wall times at which it begins, in the event's own zone."""
    rule = event.get("rrule")
    skipped = {_aware(one.dt, zone) for group in _many(event.get("exdate")) for one in group.dts}
    if rule is None:
        return [begin]
    from dateutil.rrule import rrulestr

    inside = begin.tzinfo if isinstance(begin, datetime) else None
    first = _naive(begin)
    text = rule.to_ical().decode()
    if "UNTIL" in rule:
        # Reckoned on the wall: the last time must be there, too.
        until = _aware(rule["UNTIL"][0], zone).astimezone(inside or zone).replace(tzinfo=None)
        text = ";".join(
            f"UNTIL={until:%Y%m%dT%H%M%S}" if part.startswith("UNTIL=") else part for part in text.split(";")
        )
    now = datetime.now(UTC).replace(tzinfo=None)
    walls = rrulestr(text, dtstart=first).between(now - _BACK, now + _AHEAD, inc=True)[: _MOST + 1]
    found = [wall.replace(tzinfo=inside) for wall in walls]
    return [one for one in found if _aware(one, zone) not in skipped]


def _many(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _naive(value: date) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime.combine(value, time())


def _aware(value: date, zone: tzinfo) -> datetime:
    when = value if isinstance(value, datetime) else datetime.combine(value, time())
    return when if when.tzinfo else when.replace(tzinfo=zone)
