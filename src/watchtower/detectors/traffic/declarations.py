"""What a team may declare about a flow's time: opening hours, days of rest, planned pauses, events."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self

from watchtower.daily_hours import DailyHours, Day, Moment, QuietHours, Zone, daily_hours
from watchtower.fields import BeforeValidator, Duration, Field, Settings, WithJsonSchema, model_validator

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RANGE = re.compile(r"^([a-z]{3})(?:-([a-z]{3}))?$")
_START = re.compile(r"^(\*|[01][0-9]|2[0-3]):([0-5][0-9])$")
_DAY_MINUTES = 1440
_HOUR, _DAY = 3600.0, 86400.0
_SPECIAL_DAYS = ("days_off", "work_days")
_WHOLE = (DailyHours(0, _DAY_MINUTES),)
_WORDS = {"open": _WHOLE, "closed": ()}


def weekdays(text: str) -> tuple[int, ...]:
    """`mon-fri` as (0, 1, 2, 3, 4), `sat` as (5,), `sat-mon` as (5, 6, 0). Raises ValueError."""
    found = _RANGE.match(text)
    if found is None or not {found[1], found[2] or found[1]} <= set(WEEKDAYS):
        raise ValueError(f'"{text}" is no weekday: write one such as "sat", or several such as "mon-fri"')
    first, last = WEEKDAYS.index(found[1]), WEEKDAYS.index(found[2] or found[1])
    return tuple((first + n) % 7 for n in range((last - first) % 7 + 1))


class OpeningHours:
    """The open stretches of each weekday, from Monday, and of days off and make-up workdays where these differ."""

    __slots__ = ("by_weekday", "days_off", "work_days")

    def __init__(
        self,
        by_weekday: Sequence[Sequence[DailyHours]],
        days_off: Sequence[DailyHours] | None = None,
        work_days: Sequence[DailyHours] | None = None,
    ) -> None:
        self.by_weekday, self.days_off, self.work_days = by_weekday, days_off, work_days

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OpeningHours) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def _parts(self) -> tuple[object, ...]:
        return self.by_weekday, self.days_off, self.work_days


def _stretches(value: Any) -> tuple[DailyHours, ...]:
    if isinstance(value, str) and value in _WORDS:
        return _WORDS[value]
    try:
        return tuple(daily_hours(one) for one in (value if isinstance(value, list) else [value]))
    except ValueError:
        raise ValueError(
            'write "09:00-17:30", several such as ["09:30-11:30", "13:00-15:00"], "open" or "closed"'
        ) from None


def _opening_hours(value: Any) -> OpeningHours:
    if isinstance(value, OpeningHours):
        return value
    if not isinstance(value, dict):
        raise ValueError('write a table such as { mon-fri = "09:00-17:30", sat-sun = "closed" }')
    wrong: list[str] = []
    days: dict[int, tuple[DailyHours, ...]] = {}
    special: dict[str, tuple[DailyHours, ...]] = {}
    for key, written in value.items():
        try:
            stretches = _stretches(written)
        except ValueError as error:
            wrong.append(f"{key}: {error}")
            stretches = ()
        if key in _SPECIAL_DAYS:
            special[key] = stretches
            continue
        try:
            named = weekdays(key)
        except ValueError as error:
            wrong.append(str(error))
            continue
        wrong += [f"{key}: {WEEKDAYS[day]} has hours already" for day in named if day in days]
        days.update(dict.fromkeys(named, stretches))
    missing = [name for n, name in enumerate(WEEKDAYS) if n not in days]
    if missing and not wrong:
        wrong.append(f'nothing is said of {", ".join(missing)}: write hours, or "closed"')
    if wrong:
        raise ValueError("; ".join(wrong))
    return OpeningHours(tuple(days[n] for n in range(7)), special.get("days_off"), special.get("work_days"))


_STRETCH = {"type": "string", "pattern": r"^(open|closed|[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2})$"}
HoursByWeekday = Annotated[
    OpeningHours,
    BeforeValidator(_opening_hours),
    WithJsonSchema(
        {
            "type": "object",
            "patternProperties": {
                r"^((mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?|days_off|work_days)$": {
                    "anyOf": [_STRETCH, {"type": "array", "items": _STRETCH}]
                }
            },
            "additionalProperties": False,
            "examples": [{"mon-fri": "09:00-17:30", "sat": "10:00-14:00", "sun": "closed"}],
        }
    ),
]


def _day_off(value: Any) -> date | str:
    if isinstance(value, str) and value in WEEKDAYS:
        return value
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError('write a day such as "2026-10-01", or a weekday such as "sun"') from error


DayOff = Annotated[
    date | str,
    BeforeValidator(_day_off),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"enum": list(WEEKDAYS)}]}),
]


def _start(value: Any) -> str:
    if not isinstance(value, str) or not _START.match(value):
        raise ValueError('write a time such as "02:30", or "*:00" for every hour')
    return value


def _several_weekdays(value: Any) -> tuple[int, ...]:
    if isinstance(value, (list, tuple)) and all(isinstance(one, int) for one in value):
        return tuple(value)
    names = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(day for name in names for day in weekdays(str(name))))


class Deploy(Settings):
    """A planned pause: while it lasts, nothing is expected, evaluated or learnt."""

    at: Annotated[str, BeforeValidator(_start), WithJsonSchema({"type": "string", "pattern": _START.pattern})] | None = Field(
        default=None, description='When it begins, in `zone`: "02:30", or "*:00" for every hour.'
    )  # fmt: skip
    from_: Moment | None = Field(
        default=None, alias="from", description="In place of `at`: when it begins, once, with its offset."
    )
    for_: Duration = Field(alias="for", gt=0, le=_DAY, description="How long it lasts, at most 1d.")
    days: Annotated[
        tuple[int, ...],
        BeforeValidator(_several_weekdays),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
    ] = Field(default=(0, 1, 2, 3, 4, 5, 6), description='Weekdays of `at`, such as "mon-fri" or ["tue", "thu"].')  # fmt: skip

    @model_validator(mode="after")
    def _begins_once(self) -> Self:
        if (self.at is None) == (self.from_ is None):
            raise ValueError('write either `at`, such as "02:30" or "*:00", or `from`')
        if self.at is not None and self.at.startswith("*") and self.for_ >= _HOUR:
            raise ValueError("a pause that begins every hour is shorter than one hour")
        return self


class FlowEvent(Settings):
    """A time with more (or fewer) requests than usual. The detector does not learn from it."""

    from_: Moment | None = Field(
        default=None, alias="from", description="When it begins, with its offset from UTC."
    )
    to: Moment | None = Field(default=None, description="When it ends.")
    monthly: tuple[int, ...] = Field(
        default=(), strict=False,
        description="In place of `from` and `to`: days of every month, such as [10, 25]; -1 is the last.",
    )  # fmt: skip
    moved: Literal["no", "before", "after"] = Field(
        default="no",
        description="Of a day of `monthly` that is off: it comes on the workday before, or after.",
    )
    hours: QuietHours | None = Field(
        default=None, description='Of such a day: from when to when, such as "09:00-12:00". Default: all of it.'
    )  # fmt: skip
    factor: float = Field(
        default=1.0, gt=0, description="Times what is usual; 1.0 where nobody knows: more is no surge."
    )

    @model_validator(mode="after")
    def _once_or_monthly(self) -> Self:
        once = self.from_ is not None and self.to is not None
        if once == bool(self.monthly) or (self.from_ is None) != (self.to is None):
            raise ValueError("write either `from` and `to`, or `monthly`")
        if self.from_ is not None and self.to is not None and self.to <= self.from_:
            raise ValueError("it ends before it begins")
        if not all(1 <= day <= 31 or day == -1 for day in self.monthly):
            raise ValueError("days of a month are 1 to 31, or -1 for the last")
        return self


class TimetableSettings(Settings):
    """What a team may declare about a flow's time; every key is optional."""

    zone: Zone = Field(default="UTC", description="Whose days and nights these are, such as Asia/Shanghai.")
    holidays: str = Field(
        default="", description="Country whose holidays and make-up workdays count, such as CN."
    )
    days_off: tuple[DayOff, ...] = Field(
        default=(), strict=False, description='Days that are like a weekend; weekdays in place of "sat" and "sun".'
    )  # fmt: skip
    work_days: tuple[Day, ...] = Field(
        default=(), description="Days of a weekend that are worked.", strict=False
    )
    hours: HoursByWeekday | None = Field(
        default=None, description='When it is open, such as { mon-fri = "09:00-17:30", sat-sun = "closed" }.'
    )
    quiet: tuple[QuietHours, ...] = Field(
        default=(), description="Hours of every day in which nothing is evaluated or learnt.", strict=False
    )  # fmt: skip
    deploys: tuple[Deploy, ...] = Field(
        default=(), description="Planned pauses, in which nothing is evaluated or learnt.", strict=False
    )
    events: tuple[FlowEvent, ...] = Field(
        default=(), description="Times in which traffic is not as usual: a payday, a campaign.", strict=False
    )
