"""A schedule as iCalendar (RFC 5545), for people's own calendars: one event a shift, in UTC, so that no zone can be misread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from watchtower.core.oncall.shifts import Shift
from watchtower.model import Instant

_OCTETS = 73
"""Of a line, before it is folded; with the blank that begins the next it stays within 75."""


def calendar(name: str, product: str, zone: str, shifts: Iterable[Shift], at: Instant) -> str:
    """The text of the calendar; gaps are left out. The same shift has the same UID every time."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//watchtower//schedule//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(f'{product}: {name}')}",
        f"X-WR-TIMEZONE:{_text(zone)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for shift in shifts:
        if shift.who:
            lines += _event(name, shift, at)
    lines.append("END:VCALENDAR")
    return "".join(f"{piece}\r\n" for line in lines for piece in _folded(line))


def _event(name: str, shift: Shift, at: Instant) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{_text(f'{name}-{round(shift.begin)}-{shift.who}@watchtower')}",
        f"DTSTAMP:{_moment(at)}",
        f"DTSTART:{_moment(shift.begin)}",
        f"DTEND:{_moment(shift.end)}",
        f"SUMMARY:{_text(shift.who)}",
        f"CATEGORIES:{_text(shift.why)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _moment(at: Instant) -> str:
    return f"{datetime.fromtimestamp(round(at), UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """In pieces of 75 octets, none of which cuts a character."""
    piece, size = "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > _OCTETS:
            yield piece
            piece, size = " ", 1
        piece += sign
        size += octets
    yield piece
