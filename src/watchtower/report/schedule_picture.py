"""A schedule as people and programs read it: who is on call, who is next, and a picture of the coming days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from watchtower.core.oncall.schedule import Schedule, current, following, on_call, shifts
from watchtower.core.oncall.shifts import Shift
from watchtower.core.oncall.turns import instant
from watchtower.core.plan import Plan
from watchtower.model import Instant
from watchtower.texts.units import iso

_MARKS = "█▒░▓ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NOBODY = "·"
_COLUMNS = 48
"""Half hours of a day."""


def roles_of(plan: Plan, schedule: Schedule) -> list[str]:
    """The roles that this schedule fills."""
    return [name for name, role in plan.people.roles.items() if role.schedule == schedule.name]


def as_json(plan: Plan, schedule: Schedule, at: Instant, end: Instant) -> dict[str, Any]:
    """`schedule, zone, roles, at, now, next, shifts`; times in UTC, `who` null in a gap."""
    then = following(schedule, at)
    return {
        "schedule": schedule.name,
        "zone": str(schedule.zone),
        "roles": roles_of(plan, schedule),
        "at": iso(at, "seconds"),
        "now": _shift(current(schedule, at)),
        "next": _shift(current(schedule, then.begin)) if then else None,
        "shifts": [_shift(one) for one in shifts(schedule, at, end)],
    }


def _shift(shift: Shift) -> dict[str, Any]:
    return {
        "who": shift.who or None,
        "from": iso(shift.begin, "seconds"),
        "until": iso(shift.end, "seconds"),
        "why": shift.why if shift.who else "gap",
    }


def words(plan: Plan, schedule: Schedule, at: Instant, days: int) -> list[str]:
    """Now and next in words, then a line a day of the schedule's zone."""
    today = datetime.combine(datetime.fromtimestamp(at, schedule.zone).date(), time())
    end = instant(today + timedelta(days=days), schedule.zone)
    roles = roles_of(plan, schedule)
    now, then = current(schedule, at), following(schedule, at)
    lines = [f"{schedule.name} ({schedule.zone}): {', '.join(roles) or 'fills no role'}"]
    lines.append(f"  now   {_name(now)} until {_wall(now.end, schedule.zone)}{_why(now)}")
    if then is None:
        lines.append("  next  nobody else")
    else:
        lines.append(f"  next  {_name(then)} from {_wall(then.begin, schedule.zone)}{_why(then)}")
    marks = _marks(schedule, at, end)
    lines += ["", f"            {'00':<12}{'06':<12}{'12':<12}18"]
    lines += _days(schedule, at, end, marks)
    lines += ["", "  " + "  ".join(f"{mark} {name or 'nobody'}" for name, mark in marks.items())]
    return lines


def _name(shift: Shift) -> str:
    return shift.who or "NOBODY"


def _why(shift: Shift) -> str:
    return "" if shift.why == "rotation" or not shift.who else f" ({shift.why})"


def _wall(at: Instant, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%a %Y-%m-%d %H:%M}"


def _marks(schedule: Schedule, at: Instant, end: Instant) -> Mapping[str, str]:
    """A mark for each person, in the order of their shifts."""
    names = dict.fromkeys(shift.who for shift in shifts(schedule, at, end))
    people = [name for name in names if name]
    marks = {name: _MARKS[index % len(_MARKS)] for index, name in enumerate(people)}
    return marks | ({"": _NOBODY} if "" in names else {})


def _days(schedule: Schedule, at: Instant, end: Instant, marks: Mapping[str, str]) -> Iterator[str]:
    day = datetime.fromtimestamp(at, schedule.zone).date()
    while (midnight := instant(datetime.combine(day, time()), schedule.zone)) < end:
        starts = [
            instant(datetime.combine(day, time()) + timedelta(minutes=30 * n), schedule.zone)
            for n in range(_COLUMNS)
        ]
        last = instant(datetime.combine(day, time()) + timedelta(days=1), schedule.zone)
        found = [
            on_call(schedule, start) if start < end and start + 1800.0 > at else None for start in starts
        ]
        row = "".join(" " if who is None else marks.get(who, _NOBODY) for who in found)
        who = _names(shifts(schedule, max(midnight, at), min(last, end)))
        yield f"  {day:%a %m-%d} {row} {who}"
        day += timedelta(days=1)


def _names(found: Sequence[Shift]) -> str:
    return ", ".join(dict.fromkeys(shift.who or "nobody" for shift in found))
