"""The tables of schedules in `rules.toml`."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated

from watchtower.core.oncall.shifts import Hours
from watchtower.fields import (
    AfterValidator,
    Field,
    Settings,
    WithJsonSchema,
    parse_duration,
)
from watchtower.names import Name

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_HANDOVER = re.compile(rf"^(?:({'|'.join(DAYS)}) )?({_CLOCK})$")
_HOURS = re.compile(rf"^(?:([A-Za-z,-]+) )?({_CLOCK})-({_CLOCK}|24:00)$")
_SHORTEST = timedelta(hours=1)


def _turn(value: str) -> timedelta:
    if value in ("daily", "weekly"):
        return timedelta(days=1 if value == "daily" else 7)
    try:
        turn = timedelta(seconds=parse_duration(value))
    except ValueError:
        raise ValueError(
            f'"{value}" is no rotation: write daily, weekly, or a time such as "12h" or "2w"'
        ) from None
    if turn < _SHORTEST:
        raise ValueError("a turn takes an hour at least")
    return turn


def _handover(value: str) -> tuple[int | None, time]:
    found = _HANDOVER.match(value)
    if found is None:
        raise ValueError(f'"{value}" is no hand-over: write a time, or a day and a time, such as "Mon 10:00"')
    return (DAYS.index(found[1]) if found[1] else None), time.fromisoformat(found[2])


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f'"{value}" is no day: write one such as "2026-01-05"') from None


def _moment(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f'"{value}" is no time: write one such as "2026-02-16 10:00"') from None


def _hours(value: str) -> Hours:
    found = _HOURS.match(value)
    if found is None:
        raise ValueError(f'"{value}" are no hours: write days and hours, such as "Mon-Fri 09:00-18:00"')
    end = "00:00" if found[3] == "24:00" else found[3]
    return Hours(_days(found[1]), time.fromisoformat(found[2]), time.fromisoformat(end))


def _days(text: str | None) -> frozenset[int]:
    if not text:
        return frozenset(range(7))
    out: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(
                f'"{part}" are no days: write {", ".join(DAYS)}, or from one to another: Mon-Fri'
            )
        begin = DAYS.index(first)
        span = (DAYS.index(last) - begin) % 7 if dash else 0
        out.update((begin + n) % 7 for n in range(span + 1))
    return frozenset(out)


def _text(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", **({"pattern": pattern} if pattern else {}), "examples": list(examples)}
    )


Turn = Annotated[
    str, AfterValidator(lambda text: (_turn(text), text)[1]), _text("", "daily", "weekly", "12h", "2w")
]
Handover = Annotated[
    str,
    AfterValidator(lambda text: (_handover(text), text)[1]),
    _text(_HANDOVER.pattern, "Mon 10:00", "09:00"),
]
Day = Annotated[
    str, AfterValidator(lambda text: (_day(text), text)[1]), _text(r"^\d{4}-\d{2}-\d{2}$", "2026-01-05")
]
Moment = Annotated[str, AfterValidator(lambda text: (_moment(text), text)[1]), _text("", "2026-02-16 10:00")]
Covered = Annotated[
    str, AfterValidator(lambda text: (_hours(text), text)[1]), _text("", "Mon-Fri 09:00-18:00")
]
"""Texts that are right; `turn_of` and the others say what they mean."""

turn_of, handover_of, day_of, moment_of, hours_of = _turn, _handover, _day, _moment, _hours


class OverrideTable(Settings):
    """Somebody stands in."""

    who: Name = Field(description="The responder.")
    from_: Moment = Field(alias="from", description="From this time on, in the schedule's zone.")
    until: Moment = Field(description="Until this time.")


class LayerTable(Settings):
    """People who take turns, in certain hours."""

    participants: tuple[Name, ...] = Field(
        min_length=1, description="Responders in the order of their turns."
    )
    rotation: Turn = Field(default="weekly", description="How long a turn is: daily, weekly, or a time.")
    handover: Handover | None = Field(default=None, description="When the next takes over, on the wall.")
    start: Day | None = Field(default=None, description="The day on which the first one's turn begins.")
    zone: str | None = Field(default=None, description="The IANA time zone; the schedule's when left out.")
    restrict: tuple[Covered, ...] = Field(default=(), description="Only these hours of these days.")
    skip_holidays: str = Field(default="", description='Not on the holidays of this country, such as "CN".')


class ScheduleTable(LayerTable):
    """Who is on call when: turns of one group, or several groups as [[schedule.NAME.layer]]."""

    participants: tuple[Name, ...] | None = Field(  # type: ignore[assignment]
        default=None, min_length=1, description="Responders in the order of their turns."
    )
    zone: str = Field(default="UTC", description="The IANA time zone of hand-overs, hours and overrides.")
    layer: tuple[LayerTable, ...] = Field(
        default=(), description="Groups that cover different hours: the first that has somebody counts."
    )
    overrides: tuple[OverrideTable, ...] = Field(default=(), description="Who stands in when; the last wins.")
    ical: str = Field(
        default="", description="An iCalendar file: events that a responder's name is the title of."
    )
