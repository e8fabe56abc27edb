"""Keys of `[check.detect]` for traffic."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from watchtower.fields import (
    AfterValidator,
    BeforeValidator,
    Duration,
    Field,
    Settings,
    WithJsonSchema,
    model_validator,
    parse_duration,
)

_PER = re.compile(r"^([0-9]+(?:\.[0-9]+)?) per (\S+)$")
_HOURS = re.compile(r"^([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])$")


def _per(value: Any) -> float:
    found = _PER.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('write how many in what time, such as "1 per 90d" or "30 per 1m"')
    span = parse_duration(found[2])
    if span <= 0.0 or float(found[1]) <= 0.0:
        raise ValueError("both the number and the time must be above zero")
    return float(found[1]) / span


Frequency = Annotated[
    float,
    BeforeValidator(_per),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[0-9]+(\.[0-9]+)? per ([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w))+$",
            "examples": ["1 per 90d", "30 per 1m"],
        }
    ),
]
"""So many a second, written as `"30 per 1m"`."""


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


def _hours(value: Any) -> DailyHours:
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
    BeforeValidator(_hours),
    WithJsonSchema({"type": "string", "pattern": _HOURS.pattern, "examples": ["02:00-05:30"]}),
]
Zone = Annotated[str, AfterValidator(_zone)]


class Campaign(Settings):
    """A time with more (or fewer) requests than usual. The detector does not learn from it."""

    from_: Moment = Field(alias="from", description="When it begins, with its offset from UTC.")
    to: Moment = Field(description="When it ends.")
    factor: float = Field(default=1.0, gt=0, description="Times what is usual; 1.0 where nobody knows.")

    @model_validator(mode="after")
    def _forward(self) -> Campaign:
        if self.to <= self.from_:
            raise ValueError("it ends before it begins")
        return self

    @property
    def start(self) -> float:
        return self.from_.timestamp()

    @property
    def end(self) -> float:
        return self.to.timestamp()


class TrafficSettings(Settings):
    """What a team may declare about its traffic; every key is optional."""

    false_pages: Frequency | None = Field(
        default=None,
        description="How often chance alone may look like a silence. Default: 1 per 90d, unless zero_for stands alone.",
    )
    zero_for: Duration | None = Field(
        default=None,
        gt=0,
        description="A fixed rule: nothing for so long is silence. Alone it replaces the learnt one.",
    )
    expect_at_least: Frequency | None = Field(
        default=None, description="What must come before the flow has been learnt, such as 30 per 1m."
    )
    capacity: Frequency | None = Field(
        default=None, description="What the flow can carry, such as 6000 per 1m."
    )
    zone: Zone = Field(default="UTC", description="Whose days and nights these are, such as Asia/Shanghai.")
    holidays: str = Field(
        default="", description="Country whose holidays and make-up workdays count, such as CN."
    )
    days_off: tuple[Day, ...] = Field(default=(), description="Days that are like a weekend.", strict=False)
    work_days: tuple[Day, ...] = Field(
        default=(), description="Days of a weekend that are worked.", strict=False
    )
    quiet: tuple[QuietHours, ...] = Field(
        default=(), description="Hours of every day in which nothing is evaluated or learnt.", strict=False
    )
    campaigns: tuple[Campaign, ...] = Field(
        default=(), description="Times in which traffic is not as usual.", strict=False
    )
