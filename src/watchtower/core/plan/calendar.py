"""Time limits: real time, working time, working days or calendar months, in the team's calendar."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from watchtower.daily_hours import DailyHours, Day, QuietHours, Zone
from watchtower.fields import (
    BeforeValidator,
    Field,
    Table,
    WithJsonSchema,
    Written,
    format_duration,
    parse_duration,
)
from watchtower.model import Instant, Text
from watchtower.values import Frozen

_LONGEST = 800
"""Days that are looked at: a calendar of nothing but days off must not be searched for ever."""


class Count(StrEnum):
    """What a span counts."""

    TIME = "time"
    WORK_HOURS = "work hours"
    WORK_DAYS = "work days"
    MONTHS = "months"


class CalendarSpan(Frozen):
    """`amount` is in seconds for `TIME`, else in hours, days or months."""

    amount: float
    count: Count = Count.TIME

    def __str__(self) -> str:
        if self.count is Count.TIME:
            return format_duration(self.amount)
        words = str(self.count)
        return f"{self.amount:g} {words.removesuffix('s') if self.amount == 1 else words}"

    @property
    def text(self) -> Text:
        """The span in words."""
        zh = {Count.WORK_HOURS: "个工作小时", Count.WORK_DAYS: "个工作日", Count.MONTHS: "个月"}
        return Text(str(self), str(self) if self.count is Count.TIME else f"{self.amount:g} {zh[self.count]}")

    @property
    def least(self) -> float:
        """Seconds that it takes at least, for comparison."""
        size = {Count.TIME: 1.0, Count.WORK_HOURS: 3600.0, Count.WORK_DAYS: 86400.0, Count.MONTHS: 2419200.0}
        return self.amount * size[self.count]


SPAN_PATTERN = r"^(([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w))+|[0-9]+(\.[0-9]+)? (work hours?|work days?|months?))$"
_WORDS = re.compile(r"^([0-9]+(?:\.[0-9]+)?) (work hours?|work days?|months?)$")


def parse_span(text: str) -> CalendarSpan:
    """`"5m"`, `"1d12h"`, `"4 work hours"`, `"5 work days"`, `"1 month"`. Raises ValueError with a hint."""
    if found := _WORDS.match(text):
        count = Count(found[2].removesuffix("s") + "s")
        amount = float(found[1])
        if amount <= 0 or (count is not Count.WORK_HOURS and not amount.is_integer()) or amount > 366:
            raise ValueError(f'"{text}" is no span: work days and months are whole numbers above 0')
        return CalendarSpan(amount, count)
    try:
        seconds = parse_duration(text)
    except ValueError:
        raise ValueError(
            f'"{text}" is no span: write "5m", "1h30m", "1d", "4 work hours", "5 work days" or "1 month"'
        ) from None
    if seconds <= 0:
        raise ValueError(f'"{text}" is no span: it must be longer than 0s')
    return CalendarSpan(seconds)


def _span(value: object) -> CalendarSpan:
    if isinstance(value, CalendarSpan):
        return value
    if not isinstance(value, str):
        raise ValueError('a span is a text such as "5m", "1d", "4 work hours", "5 work days" or "1 month"')
    return parse_span(value)


LimitSpan = Annotated[
    CalendarSpan,
    BeforeValidator(_span),
    WithJsonSchema({"type": "string", "pattern": SPAN_PATTERN, "examples": ["5m", "1d", "5 work days", "1 month"]}),
]  # fmt: skip
"""Time that people have, as a text."""


class WorkCalendar(Table):
    """When people work, for targets in work hours and work days: local days that are no weekend and no holiday."""

    zone: Annotated[str, Written(Zone | None)] = Field(
        default=None,
        description="Where they work, such as Asia/Shanghai. Default: the first responder's zone.",
    )
    hours: QuietHours = Field(
        default=DailyHours(9 * 60, 18 * 60), description="From when to when. Default: 09:00-18:00."
    )
    holidays: str = Field(
        default="", description="Country whose holidays and make-up workdays count, such as CN."
    )
    days_off: tuple[Day, ...] = Field(default=(), description="Further days off.", strict=False)
    work_days: tuple[Day, ...] = Field(
        default=(), description="Days of a weekend that are worked.", strict=False
    )
    weekend: frozenset[int] = Field(default=frozenset({5, 6}), written=False)
    """Monday is 0."""

    def works(self, day: date) -> bool:
        if day in self.work_days:
            return True
        return day.weekday() not in self.weekend and day not in self.days_off

    def minutes_within(self, hours: Sequence[DailyHours], start: Instant, end: Instant) -> float:
        """Minutes between the two moments that lie in these stretches of the day, which do not overlap."""
        zone = ZoneInfo(self.zone) if self.zone else UTC
        day, found = datetime.fromtimestamp(start, zone).date() - timedelta(days=1), 0.0
        for _ in range(_LONGEST):
            midnight = datetime.combine(day, time(), zone)
            if midnight.timestamp() > end:
                break
            for one in hours:
                begin, close = ((midnight + timedelta(minutes=m)).timestamp() for m in (one.start, one.end))
                found += max(0.0, min(close, end) - max(begin, start)) / 60.0
            day += timedelta(days=1)
        return found

    def after(self, at: Instant, span: CalendarSpan) -> Instant:
        """The moment that is `span` after `at`. Working days end at closing time: the day itself is not counted."""
        match span.count:
            case Count.TIME:
                return at + span.amount
            case Count.WORK_HOURS:
                return self._after_hours(at, span.amount * 3600.0)
            case Count.WORK_DAYS:
                return self._after_days(at, int(span.amount))
            case Count.MONTHS:
                return self._after_months(at, int(span.amount))

    def _after_hours(self, at: Instant, left: float) -> Instant:
        for day in self._days(self._local(at).date()):
            begin, end = max(at, self._moment(day, self.hours.start)), self._moment(day, self.hours.end)
            if begin < end:
                if left <= end - begin:
                    return begin + left
                left -= end - begin
        return at + left

    def _after_days(self, at: Instant, left: int) -> Instant:
        first = self._local(at).date() + timedelta(days=1)
        for number, day in enumerate(self._days(first), 1):
            if number == left:
                return self._moment(day, self.hours.end)
        return at + left * 86400.0

    def _after_months(self, at: Instant, months: int) -> Instant:
        """The same day of a later month, or that month's last day: a deadline is never later than it reads."""
        local = self._local(at)
        year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
        last = monthrange(year, month + 1)[1]
        return local.replace(year=year, month=month + 1, day=min(local.day, last), fold=0).timestamp()

    def _days(self, first: date) -> Iterator[date]:
        """Working days from `first` on."""
        for offset in range(_LONGEST):
            day = first + timedelta(days=offset)
            if self.works(day):
                yield day

    @property
    def _where(self) -> ZoneInfo:
        return ZoneInfo(self.zone or "UTC")

    def _local(self, at: Instant) -> datetime:
        return datetime.fromtimestamp(at, UTC).astimezone(self._where)

    def _moment(self, day: date, minute: int) -> Instant:
        start = datetime.combine(day, time(), self._where)
        if minute >= 1440:
            return datetime.combine(day + timedelta(days=1), time(), self._where).timestamp()
        return start.replace(hour=minute // 60, minute=minute % 60).timestamp()
