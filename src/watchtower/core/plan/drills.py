"""The configuration of drills, and when one is due."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Annotated, Literal, TypeVar, get_args
from zoneinfo import ZoneInfo

from watchtower.fields import AfterValidator, Duration, Field, Table, WithJsonSchema, Words
from watchtower.model import Instant, Severity, Text
from watchtower.values import Mutable, field

UNPLANNED = "by-hand"
"""Name of a drill that somebody starts without having written it down."""
FAILED_ON_PURPOSE = "drill"
"""The code of a page that a drill let fail."""
LASTS = 900.0
"""Seconds that a drill lasts where nothing else is said."""
_DAY = timedelta(days=1)


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS = get_args(Day)
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _clock(value: str | None) -> str | None:
    if value and not re.fullmatch(_CLOCK[1:-1], value):
        raise ValueError(f'"{value}" is no time of the day: write hours and minutes, such as "10:30"')
    return value


class Recurring(Table):
    """Something that is due at a time of the day, on some days."""

    at: Annotated[
        str | None, AfterValidator(_clock), WithJsonSchema({"type": "string", "pattern": _CLOCK})
    ] = Field(default=None, description='Time of the day, such as "10:30". Default: only by hand.')
    days: tuple[Day, ...] = Field(default=(), description="Days of the week. Default: every day.")
    weeks: tuple[Annotated[int, Field(ge=1, le=5)], ...] = Field(
        default=(), description="Weeks of the month, 1 to 5. Default: every week."
    )
    zone: str = Field(default="UTC", description="The IANA time zone of `at`.")

    def last(self, after: Instant, until: Instant) -> Instant | None:
        """The newest moment in (after, until] at which it is due; None when there is none.

        A wall time that the clocks skip counts as if they had not been changed yet; of one that comes twice the first.
        """
        if self.at is None:
            return None
        zone, clock = ZoneInfo(self.zone), time.fromisoformat(self.at)
        day = datetime.fromtimestamp(until, zone).date() + _DAY
        first = datetime.fromtimestamp(after, zone).date() - _DAY
        while day >= first:
            on_this_day = not self.days or _DAYS[day.weekday()] in self.days
            if on_this_day and (not self.weeks or (day.day - 1) // 7 + 1 in self.weeks):
                moment = datetime.combine(day, clock, zone).timestamp()
                if after < moment <= until:
                    return moment
            day -= _DAY
        return None


class Drill(Recurring):
    """A drill: a check seems to break, real pages go out, marked as a drill."""

    name: str = Field(default="", written=False)
    source: str = Field(default="", written=False)
    check: str = Field(min_length=1, description="The check that seems to break.")
    severity: Severity = Field(description="The severity at which people are paged.")
    text: Words | None = Field(default=None, description="What people read. Default: that the check is down.")
    lasts: Duration = Field(
        default=LASTS,
        ge=1,
        le=86400,
        description="It ends by itself after so long, or when all have answered.",
    )
    sop: str = Field(
        default="", description="The procedure to practise. Default: that of the check's first rule."
    )
    degrade: tuple[str, ...] = Field(
        default=(), description="Degradation plans to practise: they are really carried out, once approved."
    )

    fails: Mapping[str, str] | Literal["drawn"] = Field(
        default={},
        description='By responder a kind of channel that fails on purpose; "drawn": each week that of another.',
    )

    @property
    def said(self) -> Text:
        """What people read."""
        return self.text or Text(f"Act as if {self.check} were down", f"请按 {self.check} 故障处置")


Due = TypeVar("Due", bound=Recurring)


class DrillCalendar(Mutable):
    """Which drills have come due since it was last asked. What came due while nobody asked for long is not made up
    for: a drill at an unexpected hour would be no drill."""

    asked_at: Instant
    late: float = 300.0
    _seen: dict[str, Instant] = field(default_factory=dict)

    def due(self, drills: Mapping[str, Due], at: Instant) -> list[Due]:
        since = max(self.asked_at, at - self.late)
        self.asked_at = max(self.asked_at, at)
        found = []
        for name, drill in drills.items():
            moment = drill.last(since, at)
            if moment is not None and self._seen.get(name) != moment:
                self._seen[name] = moment
                found.append(drill)
        return found
