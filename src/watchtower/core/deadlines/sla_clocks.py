"""The clocks of one incident, and its duties: a slice of its history, changed by `deadlines.*` entries only."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.deadlines import kinds
from watchtower.core.deadlines.duty_state import DutyState, duties_after
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import read
from watchtower.core.plan.targets import CLOCKS
from watchtower.model import Instant
from watchtower.values import Frozen, field, replace


class Clock(Frozen):
    """One clock. `due` and `warn` already count every pause that is over. `misses` in a row, `missed` and `kept`
    in all, are of clocks that start anew each time they are met. `stopped`: it does not matter any more."""

    name: str
    level: str
    started: Instant
    due: Instant
    warn: Instant
    warned: Instant | None = None
    met: Instant | None = None
    breached: Instant | None = None
    paused_since: Instant | None = None
    paused_for: float = 0.0
    pause_reason: str = ""
    restarted: int = 0
    misses: int = 0
    kept: int = 0
    missed: int = 0
    stopped: bool = False

    @property
    def open(self) -> bool:
        return self.met is None and not self.stopped

    @property
    def running(self) -> bool:
        return self.open and self.paused_since is None

    def left(self, at: Instant) -> float:
        """Seconds until it is due, negative when overdue; a clock that is paused stands still."""
        return self.due - (at if self.paused_since is None else self.paused_since)

    def overdue(self, at: Instant) -> bool:
        return self.open and (self.misses > 0 or self.breached is not None or self.left(at) <= 0)


class Call(Frozen):
    """The call where people talk."""

    link: str
    at: Instant
    by: str


class Deadlines(Frozen):
    """`level` is the response level that the clocks were last set for."""

    level: str = ""
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    duties: Mapping[str, DutyState] = field(default_factory=dict)
    call: Call | None = None
    outage: kinds.OutageCounted | None = None
    """What was written into the history when the incident was over."""

    def open(self, name: str) -> Clock | None:
        """The clock of this name, if it is there and open."""
        clock = self.clocks.get(name)
        return clock if clock is not None and clock.open else None

    def next_due(self) -> tuple[str, Instant] | None:
        """The next clock or filing that comes due, by name; None when none is open."""
        dues = [(c.due, c.name) for c in self.clocks.values() if c.running]
        dues += [(step.due, f"{duty.id}.{step.id}") for duty in self.duties.values() for step in duty.unfiled]
        return (min(dues)[1], min(dues)[0]) if dues else None

    def after(self, entry: LogEntry) -> Deadlines:
        """This slice of the history with one more entry. What cannot be understood changes nothing."""
        said, at = read(entry, kinds.KINDS), entry.at
        try:
            match said:
                case None:
                    return self
                case kinds.ClocksStarted():
                    return _started(self, said, at)
                case kinds.ClocksShortened():
                    return _shortened(self, said)
                case kinds.ClocksStopped(clocks=names):
                    found = [self.clocks[name] for name in names if name in self.clocks]
                    return _set(self, *(replace(clock, stopped=True, paused_since=None) for clock in found))
                case kinds.ClockWarned(clock=name):
                    return _set(self, replace(self.clocks[name], warned=at))
                case kinds.ClockMet(clock=name, when=when):
                    return _set(
                        self, replace(self.clocks[name], met=at if when is None else when, paused_since=None)
                    )
                case kinds.ClockBreached(clock=name):
                    return _set(self, _breached(self.clocks[name], said, at))
                case kinds.ClockPaused(clock=name):
                    return _set(self, replace(self.clocks[name], paused_since=at, pause_reason=entry.detail))
                case kinds.ClockResumed(clock=name):
                    return _set(self, _resumed(self.clocks[name], at))
                case kinds.CallOpened(link=link):
                    return replace(self, call=Call(link, at, entry.by))
                case kinds.OutageCounted():
                    return replace(self, outage=said)
                case _:
                    return replace(self, duties=duties_after(self.duties, said, entry))
        except (KeyError, ValueError):  # of a clock, a duty or a standing that this version does not know
            return self


def _set(deadlines: Deadlines, *clocks: Clock, level: str = "") -> Deadlines:
    changed = {**deadlines.clocks, **{clock.name: clock for clock in clocks}}
    return replace(deadlines, clocks=changed, level=level or deadlines.level)


def _started(deadlines: Deadlines, said: kinds.ClocksStarted, at: Instant) -> Deadlines:
    """Those that are there begin anew."""
    clocks = []
    for name, laid in said.clocks.items():
        if name not in CLOCKS:
            continue  # of another version
        before = deadlines.clocks.get(name)
        made = Clock(name, said.severity or deadlines.level, at, laid.due, laid.warn)
        if before is not None:
            kept = before.kept + (laid.kept is True)
            made = replace(made, restarted=before.restarted + 1, kept=kept, missed=before.missed)
        clocks.append(made)
    return _set(deadlines, *clocks, level=said.severity)


def _shortened(deadlines: Deadlines, said: kinds.ClocksShortened) -> Deadlines:
    clocks = [
        replace(deadlines.clocks[name], level=said.severity, due=laid.due, warn=laid.warn)
        for name, laid in said.clocks.items()
    ]
    return _set(deadlines, *clocks, level=said.severity)


def _breached(clock: Clock, said: kinds.ClockBreached, at: Instant) -> Clock:
    first = clock.breached if clock.breached is not None else at
    clock = replace(clock, breached=first, misses=clock.misses + 1, missed=clock.missed + 1)
    if said.due is None or said.warn is None:
        return clock
    return replace(clock, due=said.due, warn=said.warn, warned=at)


def _resumed(clock: Clock, at: Instant) -> Clock:
    if clock.paused_since is None:
        return clock
    away = at - clock.paused_since
    return replace(
        clock, paused_since=None, paused_for=clock.paused_for + away, due=clock.due + away, warn=clock.warn + away
    )  # fmt: skip
