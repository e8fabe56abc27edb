"""How the turns of a schedule are written: how long they are, when they are handed over, in which hours and by whom not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any

from watchtower.fields import AfterValidator, Field, Table, WithJsonSchema, Written, parse_duration
from watchtower.model import Instant
from watchtower.names import Name
from watchtower.values import Frozen

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_HANDOVER = re.compile(rf"^(?:({'|'.join(DAYS)}) )?({_CLOCK})$")
_HOURS = re.compile(rf"^(?:([A-Za-z,-]+) )?({_CLOCK})-({_CLOCK}|24:00)$")
_SHORTEST = timedelta(hours=1)
DAY = timedelta(days=1)


def instant(wall: datetime, zone: tzinfo) -> Instant:
    """UTC seconds of a wall time without a zone, in this zone."""
    return wall.replace(tzinfo=zone, fold=0).timestamp()


def wall(at: Instant, zone: tzinfo) -> datetime:
    """The wall time at this instant, without its zone."""
    return datetime.fromtimestamp(at, zone).replace(tzinfo=None)


class Hours(Frozen):
    """Hours of some days of the week (0 is Monday). They pass midnight when `end` is not after `begin`."""

    days: frozenset[int]
    begin: time
    end: time

    def on(self, day: date, zone: tzinfo) -> tuple[Instant, Instant] | None:
        """Begin and end of the hours that begin on this day; None where there are none."""
        if day.weekday() not in self.days:
            return None
        last = day if self.end > self.begin else day + DAY
        return instant(datetime.combine(day, self.begin), zone), instant(
            datetime.combine(last, self.end), zone
        )


def turn_of(value: str) -> timedelta:
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


def handover_of(value: str) -> tuple[int | None, time]:
    found = _HANDOVER.match(value)
    if found is None:
        raise ValueError(f'"{value}" is no hand-over: write a time, or a day and a time, such as "Mon 10:00"')
    return (DAYS.index(found[1]) if found[1] else None), time.fromisoformat(found[2])


def date_of(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f'"{value}" is no day: write one such as "2026-01-05"') from None


def moment_of(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f'"{value}" is no time: write one such as "2026-02-16 10:00"') from None


def hours_of(value: str) -> Hours:
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


def _checked(meaning: Callable[[str], object], pattern: str, *examples: str) -> Any:
    """A text that `meaning` can read."""
    said = {"type": "string", **({"pattern": pattern} if pattern else {}), "examples": list(examples)}
    return Annotated[str, AfterValidator(lambda text: (meaning(text), text)[1]), WithJsonSchema(said)]


WallTime = _checked(moment_of, "", "2026-02-16 10:00")
"""A time on the wall, without its zone."""


class Override(Table):
    """Somebody stands in."""

    who: Name = Field(description="The responder.")
    from_: Annotated[str, Written(WallTime)] = Field(
        alias="from", description="From this time on, in the schedule's zone."
    )
    until: Annotated[str, Written(WallTime)] = Field(description="Until this time.")


class OnCallTurns(Table):
    """People who take turns, in certain hours."""

    participants: tuple[Name, ...] = Field(
        min_length=1, description="Responders in the order of their turns."
    )
    rotation: Annotated[timedelta, Written(_checked(turn_of, "", "daily", "weekly", "12h", "2w"))] = Field(
        default="weekly", description="How long a turn is: daily, weekly, or a time."
    )
    handover: Annotated[str, Written(_checked(handover_of, _HANDOVER.pattern, "Mon 10:00", "09:00") | None)] = Field(
        default=None, description="When the next takes over, on the wall."
    )  # fmt: skip
    start: Annotated[datetime, Written(_checked(date_of, r"^\d{4}-\d{2}-\d{2}$", "2026-01-05") | None)] = (
        Field(default=None, description="The day on which the first one's turn begins.")
    )
    """In the plan with the time of the hand-over, on the wall."""
    zone: Annotated[tzinfo, Written(str | None)] = Field(
        default=None, description="The IANA time zone; the schedule's when left out."
    )
    restrict: Annotated[
        tuple[Hours, ...], Written(tuple[_checked(hours_of, "", "Mon-Fri 09:00-18:00"), ...])
    ] = Field(default=(), description="Only these hours of these days.")
    skip_holidays: str = Field(default="", description='Not on the holidays of this country, such as "CN".')
