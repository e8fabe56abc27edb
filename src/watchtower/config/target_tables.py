"""[targets] and [work_hours]: how long each level may take for what, and when people work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from watchtower.config.holidays import with_holidays
from watchtower.config.pack_files import SPAN_PATTERN
from watchtower.config.problems import Entry
from watchtower.core.deadlines.calendar import Span, WorkCalendar, parse_span
from watchtower.core.deadlines.packs import Compliance
from watchtower.core.deadlines.targets import CLOCKS, DEFAULTS, DeadlinePolicy
from watchtower.detectors.traffic.settings import DailyHours, Day, QuietHours, Zone
from watchtower.fields import BeforeValidator, Field, Settings, WithJsonSchema
from watchtower.model import Severity

OFF = "off"
_USUAL = DailyHours(9 * 60, 18 * 60)


def _target(value: object) -> Span | str:
    if isinstance(value, Span) or value == OFF:
        return value
    if not isinstance(value, str):
        raise ValueError('a target is a text such as "5m", "1d", "4 work hours", "5 work days", or "off"')
    return parse_span(value)


TargetField = Annotated[
    Span | str,
    BeforeValidator(_target),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": SPAN_PATTERN}, {"const": OFF}],
            "examples": ["5m", "1d", "4 work hours", "5 work days", "off"],
        }
    ),
]
"""Time that people have, or `off`: no such clock."""


class LevelTargets(Settings):
    """One level's clocks. What is left out keeps its default."""

    detect: TargetField | None = Field(default=None, description="To be seen; measured afterwards only.")
    acknowledge: TargetField | None = Field(default=None, description="Until somebody says: I have it.")
    call: TargetField | None = Field(default=None, description="Until the call is open and roles are filled.")
    mitigate_goal: TargetField | None = Field(
        default=None, description="Until the bleeding should have stopped; missing it is written down only."
    )
    mitigate: TargetField | None = Field(default=None, description="Until it must have stopped.")
    resolve: TargetField | None = Field(
        default=None, description="Until it is over; missed while it is still bad, the level is raised."
    )
    status: TargetField | None = Field(default=None, description="Between two internal status updates.")
    public_first: TargetField | None = Field(
        default=None, description="From the call to the first word outside."
    )
    public: TargetField | None = Field(
        default=None, description="Between two external updates, for the first two hours."
    )
    public_later: TargetField | None = Field(
        default=None, description="Between two external updates thereafter, unless one announced the next."
    )
    review_draft: TargetField | None = Field(
        default=None, description="From the end to the draft of the review."
    )
    review: TargetField | None = Field(default=None, description="From the end to the review's meeting.")


class TargetsTable(Settings):
    """How long each level may take for what."""

    warn_at: float = Field(default=0.8, gt=0, lt=1, description="Share of a clock after which to warn.")
    P0: LevelTargets | None = Field(default=None, description="The worst level.")
    P1: LevelTargets | None = Field(default=None, description="Level P1.")
    P2: LevelTargets | None = Field(default=None, description="Level P2.")
    P3: LevelTargets | None = Field(default=None, description="Level P3.")
    P4: LevelTargets | None = Field(default=None, description="The least level.")


class WorkHoursTable(Settings):
    """When people work, for targets in work hours and work days."""

    zone: Zone | None = Field(
        default=None,
        description="Where they work, such as Asia/Shanghai. Default: the first responder's zone.",
    )
    hours: QuietHours | None = Field(default=None, description="From when to when. Default: 09:00-18:00.")
    holidays: str = Field(
        default="", description="Country whose holidays and make-up workdays count, such as CN."
    )
    days_off: tuple[Day, ...] = Field(default=(), description="Further days off.", strict=False)
    work_days: tuple[Day, ...] = Field(
        default=(), description="Days of a weekend that are worked.", strict=False
    )  # fmt: skip


def policy_of(
    table: TargetsTable | None, hours: WorkHoursTable | None, zone: str, compliance: Compliance
) -> DeadlinePolicy:
    """What holds: the defaults, and what is written over them. `zone` is where people are when nobody says."""
    targets = {level: _level(DEFAULTS[level], getattr(table, level, None)) for level in Severity}
    return DeadlinePolicy(
        targets, calendar_of(hours, zone), table.warn_at if table else 0.8, table is not None, compliance
    )


def calendar_of(table: WorkHoursTable | None, zone: str) -> WorkCalendar:
    if table is None:
        return WorkCalendar(zone)
    off: tuple[date, ...] = table.days_off
    worked: tuple[date, ...] = table.work_days
    hours = table.hours or _USUAL
    return WorkCalendar(table.zone or zone, hours.start, hours.end, frozenset(off), frozenset(worked))


def read_hours(table: WorkHoursTable, entry: Entry) -> WorkHoursTable:
    """With its country's holidays; hours over midnight are refused."""
    if table.hours is not None and table.hours.end > 1440:
        entry.wrong(("hours",), "work hours cannot run over midnight", "write them as 09:00-18:00")
    found: WorkHoursTable = with_holidays(table, entry, ())
    return found


def check_targets(table: TargetsTable, entry: Entry, remind: Mapping[Severity, float]) -> None:
    """What is written rightly and yet makes no sense. `remind` is how often people are reminded, by level."""
    all_ = {level: _level(DEFAULTS[level], getattr(table, level, None)) for level in Severity}
    for level, spans in all_.items():
        written = (getattr(table, level) or LevelTargets()).model_fields_set
        goal, limit = spans.get("mitigate_goal"), spans.get("mitigate")
        if goal and limit and goal.least > limit.least and written & {"mitigate_goal", "mitigate"}:
            key = "mitigate_goal" if "mitigate_goal" in written else "mitigate"
            what = f"the goal of {goal} comes after the limit of {limit}"
            entry.doubtful("goal-after-limit", (level, key), what, "the goal is the earlier one")
        acknowledge, often = spans.get("acknowledge"), remind.get(level, 0.0)
        if "acknowledge" in written and acknowledge and 0 < acknowledge.least < often:
            what = f"is over before anybody is reminded ([paging.{level}] remind_every)"
            entry.doubtful("clock-before-reminder", (level, "acknowledge"), what, "remind more often")
        if "acknowledge" not in spans or "resolve" not in spans:
            missing = " and ".join(n for n in ("acknowledge", "resolve") if n not in spans)
            if written:
                entry.doubtful(
                    "level-without-target", (level,), f"{level} has no target to {missing}",
                    "nothing tells when it takes too long",
                )  # fmt: skip
    _lenient(all_, table, entry)


def _lenient(all_: Mapping[Severity, Mapping[str, Span]], table: TargetsTable, entry: Entry) -> None:
    """A worse level with more time than a lesser one."""
    for name in CLOCKS:
        for worse, less in zip(Severity, list(Severity)[1:], strict=False):
            mine, theirs = all_[worse].get(name), all_[less].get(name)
            if mine is None or theirs is None or mine.least <= theirs.least:
                continue
            for level in (worse, less):
                given: Any = getattr(table, level)
                if given is not None and name in given.model_fields_set:
                    what = f"{worse} has {mine} to {name}, and {less} only {theirs}"
                    entry.doubtful("lenient-level", (level, name), what, "a worse level takes less time")
                    break


def _level(defaults: Mapping[str, Span], table: LevelTargets | None) -> dict[str, Span]:
    spans = dict(defaults)
    for name in table.model_fields_set if table is not None else ():
        value = getattr(table, name)
        if isinstance(value, Span):
            spans[name] = value
        elif value == OFF:
            spans.pop(name, None)
    return spans
