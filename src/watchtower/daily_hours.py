"""Days, times with an offset, stretches of the day and zones, as they are written in settings."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watchtower.fields import AfterValidator, BeforeValidator, WithJsonSchema

_HOURS = re.compile(r"^([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])$")


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError('write a day such as "2026-10-01"') from error


def _moment(value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError('write a time such as "2026-11-11T00:00:00+08:00"') from error
    if moment.tzinfo is None:
        raise ValueError('write the time with its offset, such as "2026-11-11T00:00:00+08:00"')
    return moment


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-11T00:00:00+08:00"]}),
]


class DailyHours:
    """A stretch of every day in minutes after midnight; `end` is past 1440 when it runs over midnight."""

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DailyHours) and (self.start, self.end) == (other.start, other.end)

    def __hash__(self) -> int:
        return hash((self.start, self.end))

    def holds(self, minute: int, days_ago: int = 0) -> bool:
        """Whether the minute (after midnight) lies in it; `days_ago` is how long before that day it began."""
        return self.start <= minute + days_ago * 1440 < self.end


def daily_hours(value: Any) -> DailyHours:
    """Reads `"22:00-06:00"`. Raises ValueError."""
    if isinstance(value, DailyHours):
        return value
    found = _HOURS.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('write a stretch of the day, such as "02:00-05:30" or "22:00-06:00"')
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    return DailyHours(start, end if end > start else end + 1440)


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f'there is no time zone "{value}": write one such as "Asia/Shanghai"') from error
    return value


QuietHours = Annotated[
    DailyHours,
    BeforeValidator(daily_hours),
    WithJsonSchema({"type": "string", "pattern": _HOURS.pattern, "examples": ["02:00-05:30"]}),
]
Zone = Annotated[str, AfterValidator(_zone)]
"""An IANA time zone."""


def zone_of(name: str) -> tzinfo:
    """The zone of an IANA name, or of an offset such as `UTC+08:00`; UTC where this machine does not know it."""
    if found := re.fullmatch(r"UTC([+-])(\d\d):(\d\d)", name):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(offset if found[1] == "+" else -offset)
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
