"""[targets] and [work_hours]: how long each level may take for what, and when people work."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.config.holidays import with_holidays
from watchtower.config.problems import Entry
from watchtower.core.plan.calendar import CalendarSpan, WorkCalendar
from watchtower.core.plan.packs import Compliance
from watchtower.core.plan.targets import CLOCKS, DeadlinePolicy, Targets
from watchtower.model import Severity


def policy_of(
    table: Targets | None, hours: WorkCalendar | None, zone: str, compliance: Compliance
) -> DeadlinePolicy:
    """Returns the policy that holds. People are in `zone` unless the file says otherwise."""
    calendar = hours or WorkCalendar()
    calendar = calendar.model_copy(update={"zone": calendar.zone or zone})
    return DeadlinePolicy(table or Targets(), calendar, table is not None, compliance)


def read_hours(table: WorkCalendar, entry: Entry) -> WorkCalendar:
    """Reads the hours, with their country's holidays. It refuses hours over midnight."""
    if table.hours.end > 1440:
        entry.wrong(("hours",), "work hours cannot run over midnight", "write them as 09:00-18:00")
    found: WorkCalendar = with_holidays(table, entry, ())
    return found


def check_targets(table: Targets, entry: Entry, remind: Mapping[Severity, float]) -> None:
    """Warns of what is valid and yet makes no sense. `remind` is how often people are reminded, by level."""
    all_ = {level: table.of(level) for level in Severity}
    for level, spans in all_.items():
        written = entry.raw.get(level, {}).keys()
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
                    "severity-without-target", (level,), f"{level} has no target to {missing}",
                    "nothing tells when it takes too long",
                )  # fmt: skip
    _lenient(all_, entry)


def _lenient(all_: Mapping[Severity, Mapping[str, CalendarSpan]], entry: Entry) -> None:
    """Warns of a worse level that has more time than a lesser one."""
    for name in CLOCKS:
        for worse, less in zip(Severity, list(Severity)[1:], strict=False):
            mine, theirs = all_[worse].get(name), all_[less].get(name)
            if mine is None or theirs is None or mine.least <= theirs.least:
                continue
            for level in (worse, less):
                if name in entry.raw.get(level, {}):
                    what = f"{worse} has {mine} to {name}, and {less} only {theirs}"
                    entry.doubtful(
                        "lenient-severity", (level, name), what, "a worse severity takes less time"
                    )
                    break
