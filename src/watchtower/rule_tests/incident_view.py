"""What a test may expect of an incident, beside what an incident itself holds: one table, key by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from watchtower.core.deadlines.duty_state import DutyStanding
from watchtower.core.deadlines.sla_clocks import Clock
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Incident
from watchtower.core.people.actions import roles_of
from watchtower.core.plan import Plan
from watchtower.core.plan.targets import CLOCKS
from watchtower.fields import format_duration, parse_duration
from watchtower.model import Instant
from watchtower.values import Frozen

BY = "watchtower"


class ClockState(StrEnum):
    """Where an SLA clock stands."""

    RUNNING = "running"
    OVERDUE = "overdue"
    PAUSED = "paused"
    MET = "met"
    MET_LATE = "met_late"
    STOPPED = "stopped"


class TimeWindow(Frozen):
    """Seconds from the start of a test, both included."""

    first: float
    last: float

    def __str__(self) -> str:
        ends = [format_duration(one) if one else "0s" for one in dict.fromkeys((self.first, self.last))]
        return "..".join(ends)


def parse_window(text: str) -> TimeWindow:
    """Parses `10m` or `9m..12m`. Raises ValueError."""
    first, dots, last = text.partition("..")
    found = TimeWindow(parse_duration(first), parse_duration(last if dots else first))
    if found.last < found.first:
        raise ValueError(f'"{text}" ends before it begins')
    return found


class IncidentView(Frozen):
    """An incident at a moment of a test that began at `start`."""

    incident: Incident
    history: History
    at: Instant
    start: Instant

    def clock(self, clock: Clock) -> ClockState:
        """Where this clock stands."""
        if clock.met is not None:
            return ClockState.MET if clock.breached is None else ClockState.MET_LATE
        if clock.stopped:
            return ClockState.STOPPED
        if clock.paused_since is not None:
            return ClockState.PAUSED
        return ClockState.OVERDUE if clock.overdue(self.at) else ClockState.RUNNING

    def since(self, at: Instant | None) -> TimeWindow | None:
        """This moment, to the second, from the start of the test."""
        return None if at is None else TimeWindow(*2 * (float(round(at - self.start)),))


Names = Iterable[str]


class Aspect(Frozen):
    """One thing to expect of an incident: `got` finds it, `known` are the names that stand in it; `else_` is what a name
    stands for that is not there."""

    got: Callable[[IncidentView], Any]
    known: Callable[[Plan], Names] | None = None
    else_: str = "not there"

    def of(self, seen: IncidentView, wanted: Any) -> Any:
        """What there is; of a table, the names that are wanted."""
        got = self.got(seen)
        return {name: got.get(name, self.else_) for name in wanted} if isinstance(wanted, Mapping) else got


ASPECTS: Mapping[str, Aspect] = {
    "title": Aspect(lambda seen: seen.incident.title.en),
    "flow": Aspect(lambda seen: seen.incident.flow, lambda plan: plan.flows),
    "flows": Aspect(lambda seen: frozenset(seen.incident.flows), lambda plan: plan.flows),
    "severity": Aspect(lambda seen: seen.incident.severity),
    "record": Aspect(lambda seen: seen.incident.record),
    "state": Aspect(lambda seen: seen.incident.state),
    "onset": Aspect(lambda seen: seen.since(seen.incident.onset)),
    "mitigated": Aspect(lambda seen: seen.since(seen.history.milestones.mitigated_at)),
    "acknowledged_by": Aspect(
        lambda seen: seen.incident.acknowledged_by or None, lambda plan: plan.responders
    ),
    "roles": Aspect(lambda seen: seen.history.people.roles, roles_of),
    "clocks": Aspect(
        lambda seen: {name: seen.clock(one) for name, one in seen.history.deadlines.clocks.items()},
        lambda plan: CLOCKS,
    ),
    "duties": Aspect(
        lambda seen: {id: one.standing for id, one in seen.history.deadlines.duties.items()},
        lambda plan: [one.id for one in plan.deadlines.compliance.duties],
        DutyStanding.CLEAR,
    ),
    "plans": Aspect(
        lambda seen: {run.plan: run.state for run in seen.history.degrade.runs}, lambda plan: plan.degrade
    ),
    "hints": Aspect(
        lambda seen: tuple(one.text for one in seen.history.notes.known if one.by == BY),
    ),
}
"""Each key of an incident in `[[test.expect]]`, in the order in which it is shown."""


def met(wanted: Any, got: Any) -> bool:
    """Whether this is what was wanted: of hints a part of one, of times the window."""
    match wanted, got:
        case TimeWindow(), TimeWindow():
            return bool(wanted.first <= got.first <= wanted.last)
        case (tuple(), frozenset()):
            return frozenset(wanted) == got
        case (tuple(), tuple()):
            return all(any(one in text for text in got) for one in wanted)
    return bool(wanted == got)


def shown(value: Any) -> str:
    """As a person reads it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} {one}" for name, one in value.items()) + "}"
    if isinstance(value, (tuple, frozenset)):
        return "[" + ", ".join(sorted(map(str, value))) + "]"
    return "not yet" if value is None else str(value)
