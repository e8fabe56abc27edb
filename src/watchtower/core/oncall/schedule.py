"""Who is on call: the first of the overrides, of what a calendar says, and of the rotations, that has somebody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from itertools import pairwise
from typing import Annotated

from watchtower.core.oncall.shifts import Rotation, Shift
from watchtower.core.oncall.turns import OnCallTurns, Override
from watchtower.fields import Field, Written
from watchtower.model import Instant
from watchtower.names import Name

_AHEAD = 400 * 86400.0
"""Seconds that are searched for the next who is on call."""
_STEP = 86400.0
"""Seconds that are looked at first, doubled while that does not do: most schedules change within days."""


class Schedule(OnCallTurns):
    """Who is on call when: turns of one group, or several groups as [[schedule.NAME.layer]].

    Among overrides the last that is written wins: it was added by somebody who saw the others.
    """

    participants: tuple[Name, ...] | None = Field(  # type: ignore[assignment]
        default=None, min_length=1, description="Responders in the order of their turns."
    )
    zone: Annotated[tzinfo, Written(str)] = Field(
        default="UTC", description="The IANA time zone of hand-overs, hours and overrides."
    )
    layer: tuple[Rotation, ...] = Field(
        default=(), description="Groups that cover different hours: the first that has somebody counts."
    )
    overrides: Annotated[tuple[Shift, ...], Written(tuple[Override, ...])] = Field(
        default=(), description="Who stands in when; the last wins."
    )
    ical: str = Field(
        default="", description="An iCalendar file: events that a responder's name is the title of."
    )
    name: str = Field(default="", written=False)
    rotations: tuple[Rotation, ...] = Field(default=(), written=False)
    """In the order in which they are asked: the schedule's own turns, then the layers."""
    calendar: tuple[Shift, ...] = Field(default=(), written=False)
    """What the iCalendar file says."""

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who may ever be on call here, each once."""
        turns = (name for rotation in self.rotations for name in rotation.participants)
        others = (one.who for one in (*self.calendar, *self.overrides))
        return tuple(dict.fromkeys((*turns, *others)))


def on_call(schedule: Schedule, at: Instant) -> str:
    """The name of who is on call now; "" in a gap."""
    return _now(schedule, at)[0]


def _now(schedule: Schedule, at: Instant) -> tuple[str, str]:
    for shift in (*reversed(schedule.overrides), *schedule.calendar):
        if shift.covers(at):
            return shift.who, shift.why
    for rotation in schedule.rotations:
        if who := rotation.who(at):
            return who, "rotation"
    return "", ""


def shifts(schedule: Schedule, begin: Instant, end: Instant) -> list[Shift]:
    """Who is on call from `begin` to `end`, without a hole: a gap is a shift of nobody."""
    edges = {begin, end}
    for rotation in schedule.rotations:
        edges.update(at for at in rotation.edges(begin, end) if begin < at < end)
    for one in (*schedule.overrides, *schedule.calendar):
        edges.update(at for at in (one.begin, one.end) if begin < at < end)
    return _joined(_pieces(schedule, sorted(edges)))


def _pieces(schedule: Schedule, edges: list[Instant]) -> Iterable[Shift]:
    for begin, end in pairwise(edges):
        who, why = _now(schedule, begin)
        yield Shift(who, begin, end, why)


def _joined(pieces: Iterable[Shift]) -> list[Shift]:
    out: list[Shift] = []
    for piece in pieces:
        if out and (out[-1].who, out[-1].why) == (piece.who, piece.why):
            out[-1] = Shift(piece.who, out[-1].begin, piece.end, piece.why)
        else:
            out.append(piece)
    return out


def current(schedule: Schedule, at: Instant) -> Shift:
    """The shift that is on now, whole: with its true begin and end, as far as a year each way."""
    span = _STEP
    while True:
        begin, end = at - span, at + span
        found = next(s for s in shifts(schedule, begin, end) if s.begin <= at < s.end)
        if (found.begin > begin and found.end < end) or end - at > _AHEAD:
            return found
        span *= 2


def following(schedule: Schedule, at: Instant) -> Shift | None:
    """The next shift of somebody other than who is on call now; None when nobody follows within a year.
    Its end may come later: `current` at its begin says when."""
    now, begin, span = on_call(schedule, at), at, _STEP
    while begin < at + _AHEAD:
        for shift in shifts(schedule, begin, begin + span):
            if shift.who not in ("", now):
                return shift
        begin += span
        span *= 2
    return None


def gaps(schedule: Schedule, begin: Instant, end: Instant) -> list[Shift]:
    """When nobody is on call."""
    return [shift for shift in shifts(schedule, begin, end) if not shift.who]
