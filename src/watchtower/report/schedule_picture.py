"""A rota as people and programs read it: who is on call, who is next, and a picture of the coming days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from watchtower.core.people.rota import Rota, current, following, on_call, shifts
from watchtower.core.people.shifts import Shift, instant
from watchtower.core.plan import Plan
from watchtower.model import Instant

_MARKS = "█▒░▓ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NOBODY = "·"
_COLUMNS = 48
"""Half hours of a day."""


def roles_of(plan: Plan, rota: Rota) -> list[str]:
    """The roles that this rota fills."""
    return [name for name, role in plan.people.roles.items() if role.rota == rota.name]


def as_json(plan: Plan, rota: Rota, at: Instant, end: Instant) -> dict[str, Any]:
    """`rota, zone, roles, at, now, next, shifts`; times in UTC, `who` null in a gap."""
    then = following(rota, at)
    return {
        "rota": rota.name,
        "zone": str(rota.zone),
        "roles": roles_of(plan, rota),
        "at": _iso(at),
        "now": _shift(current(rota, at)),
        "next": _shift(current(rota, then.begin)) if then else None,
        "shifts": [_shift(one) for one in shifts(rota, at, end)],
    }


def _shift(shift: Shift) -> dict[str, Any]:
    return {
        "who": shift.who or None,
        "from": _iso(shift.begin),
        "until": _iso(shift.end),
        "why": shift.why if shift.who else "gap",
    }


def _iso(at: Instant) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def words(plan: Plan, rota: Rota, at: Instant, days: int) -> list[str]:
    """Now and next in words, then a line a day of the rota's zone."""
    today = datetime.combine(datetime.fromtimestamp(at, rota.zone).date(), time())
    end = instant(today + timedelta(days=days), rota.zone)
    roles = roles_of(plan, rota)
    now, then = current(rota, at), following(rota, at)
    lines = [f"{rota.name} ({rota.zone}): {', '.join(roles) or 'fills no role'}"]
    lines.append(f"  now   {_name(now)} until {_wall(now.end, rota.zone)}{_why(now)}")
    if then is None:
        lines.append("  next  nobody else")
    else:
        lines.append(f"  next  {_name(then)} from {_wall(then.begin, rota.zone)}{_why(then)}")
    marks = _marks(rota, at, end)
    lines += ["", f"            {'00':<12}{'06':<12}{'12':<12}18"]
    lines += _days(rota, at, end, marks)
    lines += ["", "  " + "  ".join(f"{mark} {name or 'nobody'}" for name, mark in marks.items())]
    return lines


def _name(shift: Shift) -> str:
    return shift.who or "NOBODY"


def _why(shift: Shift) -> str:
    return "" if shift.why == "rotation" or not shift.who else f" ({shift.why})"


def _wall(at: Instant, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%a %Y-%m-%d %H:%M}"


def _marks(rota: Rota, at: Instant, end: Instant) -> Mapping[str, str]:
    """A mark for each person, in the order of their shifts."""
    names = dict.fromkeys(shift.who for shift in shifts(rota, at, end))
    people = [name for name in names if name]
    marks = {name: _MARKS[index % len(_MARKS)] for index, name in enumerate(people)}
    return marks | ({"": _NOBODY} if "" in names else {})


def _days(rota: Rota, at: Instant, end: Instant, marks: Mapping[str, str]) -> Iterator[str]:
    day = datetime.fromtimestamp(at, rota.zone).date()
    while (midnight := instant(datetime.combine(day, time()), rota.zone)) < end:
        starts = [
            instant(datetime.combine(day, time()) + timedelta(minutes=30 * n), rota.zone)
            for n in range(_COLUMNS)
        ]
        last = instant(datetime.combine(day, time()) + timedelta(days=1), rota.zone)
        found = [on_call(rota, start) if start < end and start + 1800.0 > at else None for start in starts]
        row = "".join(" " if who is None else marks.get(who, _NOBODY) for who in found)
        who = _names(shifts(rota, max(midnight, at), min(last, end)))
        yield f"  {day:%a %m-%d} {row} {who}"
        day += timedelta(days=1)


def _names(found: Sequence[Shift]) -> str:
    return ", ".join(dict.fromkeys(shift.who or "nobody" for shift in found))
