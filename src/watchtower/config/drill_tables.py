"""`[drill.NAME]`: what is practised, and when."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Collection
from datetime import time
from typing import Annotated, Literal

from watchtower.config.problems import Entry, did_you_mean
from watchtower.core.plan.drills import LASTS, UNPLANNED, Drill, Weekly, said_of
from watchtower.fields import AfterValidator, Duration, Field, Settings, WithJsonSchema, Words
from watchtower.model import Severity

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _clock(value: str) -> str:
    if not re.fullmatch(_CLOCK[1:-1], value):
        raise ValueError(f'"{value}" is no time of the day: write hours and minutes, such as "10:30"')
    return value


class DrillTable(Settings):
    """A drill: a check seems to break, real pages go out, marked as a drill."""

    check: str = Field(min_length=1, description="The check that seems to break.")
    level: Severity = Field(description="At which level people are paged.")
    text: Words | None = Field(default=None, description="What people read. Default: that the check is down.")
    lasts: Duration = Field(
        default=LASTS,
        ge=1,
        le=86400,
        description="It ends by itself after so long, or when all have answered.",
    )
    at: Annotated[
        str | None,
        AfterValidator(lambda value: _clock(value) if value else value),
        WithJsonSchema({"type": "string", "pattern": _CLOCK}),
    ] = Field(default=None, description='Time of the day, such as "10:30". Default: only by hand.')
    days: tuple[Day, ...] = Field(default=(), description="Days of the week. Default: every day.")
    weeks: tuple[Annotated[int, Field(ge=1, le=5)], ...] = Field(
        default=(), description="Weeks of the month, 1 to 5. Default: every week."
    )
    zone: str = Field(default="UTC", description="The IANA time zone of `at`.")
    sop: str = Field(
        default="", description="The procedure to practise. Default: that of the check's first rule."
    )
    degrade: tuple[str, ...] = Field(
        default=(), description="Degradation plans to practise: they are really carried out, once approved."
    )


def check_drill(
    name: str, table: DrillTable, entry: Entry, checks: Collection[str], sops: Collection[str], plans: Collection[str]
) -> None:  # fmt: skip
    """Names that are not there, and times that cannot be."""
    if name == UNPLANNED:
        entry.wrong((), f'"{UNPLANNED}" is what drills without a name are called', "choose another name")
    if table.check not in checks:
        entry.wrong(
            ("check",), f'there is no check "{table.check}"', did_you_mean(table.check, checks, "checks")
        )
    if table.sop and table.sop not in sops:
        hint = did_you_mean(table.sop, sops, "procedures")
        entry.wrong(("sop",), f'there is no procedure "{table.sop}"', hint)
    for index, plan in enumerate(table.degrade):
        if plan not in plans:
            hint = did_you_mean(plan, plans, "degradation plans")
            entry.wrong(("degrade", index), f'there is no degradation plan "{plan}"', hint)
    try:
        zoneinfo.ZoneInfo(table.zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        hint = did_you_mean(table.zone, known) or 'write an IANA name, such as "Asia/Shanghai"'
        entry.wrong(("zone",), f'there is no time zone "{table.zone}"', hint)
    if table.at is None:
        for key in ("days", "weeks"):
            if key in entry.raw:
                entry.wrong((key,), "it has no time of the day", 'write at = "10:30"')


def drill_of(name: str, table: DrillTable, source: str = "") -> Drill:
    """The drill as the engine knows it."""
    when = None
    if table.at is not None:
        days = frozenset(_DAYS.index(day) for day in table.days) or frozenset(range(7))
        when = Weekly(
            time.fromisoformat(table.at), days, frozenset(table.weeks), zoneinfo.ZoneInfo(table.zone)
        )
    said = table.text or said_of(table.check)
    return Drill(name, table.check, table.level, said, table.lasts, when, table.sop, table.degrade, source)
