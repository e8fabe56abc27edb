"""The clocks of one incident, and its duties: a slice of its history, changed by `deadlines.*` entries only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from watchtower.core.deadlines.duty_state import DutyState, duties_after
from watchtower.core.deadlines.targets import CLOCKS
from watchtower.core.entry import LogEntry
from watchtower.model import Instant


@dataclass(frozen=True, slots=True)
class Clock:
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


@dataclass(frozen=True, slots=True)
class Call:
    """The call where people talk."""

    link: str
    at: Instant
    by: str


@dataclass(frozen=True, slots=True)
class Deadlines:
    """`level` is the response level that the clocks were last set for."""

    level: str = ""
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    duties: Mapping[str, DutyState] = field(default_factory=dict)
    call: Call | None = None
    outage: Mapping[str, Any] | None = None
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
        """This slice of the history with one more entry of its own kind. What cannot be understood changes nothing."""
        word = entry.kind.partition(".")[2]
        try:
            if (change := _CHANGES.get(word)) is not None:
                return change(self, entry)
            duties = duties_after(self.duties, word, entry)
        except (KeyError, TypeError, ValueError, AttributeError):
            return self
        return self if duties is self.duties else replace(self, duties=duties)


def _set(deadlines: Deadlines, *clocks: Clock, level: str = "") -> Deadlines:
    changed = {**deadlines.clocks, **{clock.name: clock for clock in clocks}}
    return replace(deadlines, clocks=changed, level=level or deadlines.level)


def _started(deadlines: Deadlines, entry: LogEntry) -> Deadlines:
    """`clocks`: name -> due, warn. Those that are there begin anew."""
    level, clocks = str(entry.data.get("level", "")), []
    for name, spans in entry.data["clocks"].items():
        if name not in CLOCKS:
            continue  # of another version
        due, warn = float(spans["due"]), float(spans["warn"])
        before = deadlines.clocks.get(name)
        made = Clock(str(name), level or deadlines.level, entry.at, due, warn)
        if before is not None:
            made = replace(
                made, restarted=before.restarted + 1, kept=before.kept + bool(spans.get("kept")), missed=before.missed
            )  # fmt: skip
        clocks.append(made)
    return _set(deadlines, *clocks, level=level)


def _leveled(deadlines: Deadlines, entry: LogEntry) -> Deadlines:
    """Another response level: `clocks` are those whose time got shorter."""
    level, clocks = str(entry.data["level"]), []
    for name, spans in entry.data.get("clocks", {}).items():
        clock = replace(
            deadlines.clocks[name], level=level, due=float(spans["due"]), warn=float(spans["warn"])
        )
        clocks.append(clock)
    return _set(deadlines, *clocks, level=level)


def _named(deadlines: Deadlines, entry: LogEntry) -> Clock:
    return deadlines.clocks[entry.data["clock"]]


def _warned(deadlines: Deadlines, entry: LogEntry) -> Deadlines:
    return _set(deadlines, replace(_named(deadlines, entry), warned=entry.at))


def _met(deadlines: Deadlines, entry: LogEntry) -> Deadlines:
    when = entry.data.get("when")
    met = float(when) if isinstance(when, (int, float)) else entry.at
    return _set(deadlines, replace(_named(deadlines, entry), met=met, paused_since=None))


def _breached(deadlines: Deadlines, entry: LogEntry) -> Deadlines:
    """With `due`: a clock that goes on to its next time."""
    clock = _named(deadlines, entry)
    clock = replace(
        clock,
        breached=clock.breached if clock.breached is not None else entry.at,
        misses=clock.misses + 1,
        missed=clock.missed + 1,
    )
    if "due" in entry.data:
        clock = replace(clock, due=float(entry.data["due"]), warn=float(entry.data["warn"]), warned=entry.at)
    return _set(deadlines, clock)


def _stopped(deadlines: Deadlines, entry: LogEntry) -> Deadlines:
    found = [deadlines.clocks[name] for name in entry.data["clocks"] if name in deadlines.clocks]
    return _set(deadlines, *(replace(clock, stopped=True, paused_since=None) for clock in found))


def _paused(deadlines: Deadlines, entry: LogEntry) -> Deadlines:
    clock = replace(_named(deadlines, entry), paused_since=entry.at, pause_reason=entry.detail)
    return _set(deadlines, clock)


def _resumed(deadlines: Deadlines, entry: LogEntry) -> Deadlines:
    clock = _named(deadlines, entry)
    if clock.paused_since is None:
        return deadlines
    away = entry.at - clock.paused_since
    return _set(
        deadlines,
        replace(
            clock, paused_since=None, paused_for=clock.paused_for + away, due=clock.due + away, warn=clock.warn + away
        ),
    )  # fmt: skip


def _call(deadlines: Deadlines, entry: LogEntry) -> Deadlines:
    return replace(deadlines, call=Call(str(entry.data["link"]), entry.at, entry.by))


def _outage(deadlines: Deadlines, entry: LogEntry) -> Deadlines:
    return replace(deadlines, outage=dict(entry.data))


_CHANGES: Mapping[str, Callable[[Deadlines, LogEntry], Deadlines]] = {
    "started": _started,
    "leveled": _leveled,
    "warned": _warned,
    "met": _met,
    "breached": _breached,
    "stopped": _stopped,
    "paused": _paused,
    "resumed": _resumed,
    "call": _call,
    "outage": _outage,
}
