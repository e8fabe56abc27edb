"""What a drill plays, and when one is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo

from watchtower.model import Instant, Severity, Text

DRILL = "watchtower-drill"
"""Name of the built-in rule that a drill's alert belongs to."""
KEY = "drill:"
"""Begins the key of a drill's incident; the drill's name follows."""
UNPLANNED = "by-hand"
"""Name of a drill that somebody starts without having written it down."""
LASTS = 900.0
"""Seconds that a drill lasts where nothing else is said."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Weekly:
    """A time of the day on some days of the week (0 is Monday), in a zone; `weeks` of the month (1 to 5), none: all.

    A wall time that the clocks skip counts as if they had not been changed yet; of one that comes twice the first.
    """

    at: time
    days: frozenset[int] = frozenset(range(7))
    weeks: frozenset[int] = frozenset()
    zone: tzinfo = UTC

    def last(self, after: Instant, until: Instant) -> Instant | None:
        """The newest moment of it in (after, until]; None when there is none."""
        day = datetime.fromtimestamp(until, self.zone).date() + _DAY
        first = datetime.fromtimestamp(after, self.zone).date() - _DAY
        while day >= first:
            if day.weekday() in self.days and (not self.weeks or (day.day - 1) // 7 + 1 in self.weeks):
                moment = datetime.combine(day, self.at, self.zone).timestamp()
                if after < moment <= until:
                    return moment
            day -= _DAY
        return None


@dataclass(frozen=True, slots=True)
class Drill:
    """`check` is what seems to break, at `level`; it ends after `lasts` seconds, or when everybody who was paged has
    answered. `degrade` are the degradation plans that are practised in it: they are really carried out."""

    name: str
    check: str
    level: Severity
    text: Text
    lasts: float = LASTS
    when: Weekly | None = None
    """None: only by hand."""
    sop: str = ""
    degrade: tuple[str, ...] = ()
    source: str = ""


def said_of(check: str) -> Text:
    """What people read where nothing else is said."""
    return Text(f"Act as if {check} were down", f"请按 {check} 故障处置")


def drill_of(drills: Mapping[str, Drill], key: str) -> Drill | None:
    """The drill that an incident of this key plays, where it is written down."""
    return drills.get(key.removeprefix(KEY)) if key.startswith(KEY) else None


@dataclass(slots=True)
class DrillCalendar:
    """Which drills have come due since it was last asked. What came due while nobody asked for long is not made up
    for: a drill at an unexpected hour would be no drill."""

    asked_at: Instant
    late: float = 300.0
    _seen: dict[str, Instant] = field(default_factory=dict)

    def due(self, drills: Mapping[str, Drill], at: Instant) -> list[Drill]:
        since = max(self.asked_at, at - self.late)
        self.asked_at = max(self.asked_at, at)
        found = []
        for drill in drills.values():
            moment = drill.when.last(since, at) if drill.when else None
            if moment is not None and self._seen.get(drill.name) != moment:
                self._seen[drill.name] = moment
                found.append(drill)
        return found
