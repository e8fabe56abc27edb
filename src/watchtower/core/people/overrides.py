"""Who stands in for whom in an on-call schedule, because people said so while the daemon runs."""

from __future__ import annotations

from collections.abc import Iterable

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import Payload, kinds, read
from watchtower.core.oncall.shifts import Shift
from watchtower.core.plan import Plan
from watchtower.model import Instant
from watchtower.values import Frozen, Mutable, field, replace

BOOK = "schedule"
"""Stands where other entries name their incident."""
LONGEST = 31 * 86400.0
"""Seconds that somebody stands in for at most: what lasts longer belongs into rules.toml."""
FARTHEST = 366 * 86400.0
"""Seconds from now at which it may begin."""
MOST = 200
"""Overrides that are not over."""


class ShiftOverridden(Payload):
    """Somebody stands in, in a schedule and for a time."""

    kind = "schedule.overridden"
    override: str
    schedule: str
    who: str
    begins_at: Instant
    ends_at: Instant


class OverrideCancelled(Payload):
    """An override was taken back."""

    kind = "schedule.cancelled"
    override: str


KINDS = kinds(ShiftOverridden, OverrideCancelled)


class OnCallOverride(Frozen):
    """`who` is on call by `schedule` from `begins_at` on and before `ends_at`, whatever the schedule says. `id` is empty
    in what is asked for."""

    schedule: str
    who: str
    begins_at: Instant
    ends_at: Instant
    by: str
    reason: str = ""
    id: str = ""


class OverrideBook(Mutable):
    """Overrides that are not over, in the order in which they were made; `last` counts all that there ever were."""

    overrides: dict[str, OnCallOverride] = field(default_factory=dict)
    last: int = 0

    def add(self, entry: LogEntry) -> None:
        """Follows one more entry; those of other kinds are passed over."""
        match read(entry, KINDS):
            case ShiftOverridden() as made:
                self.last = max(self.last, int(made.override.rpartition("-")[2]))
                self.overrides[made.override] = OnCallOverride(
                    made.schedule,
                    made.who,
                    made.begins_at,
                    made.ends_at,
                    entry.by,
                    entry.detail,
                    made.override,
                )
            case OverrideCancelled(override=id):
                self.overrides.pop(id, None)

    def forget(self, at: Instant) -> None:
        """Drops those that are over."""
        self.overrides = {id: one for id, one in self.overrides.items() if one.ends_at > at}

    def why_not(self, plan: Plan, asked: OnCallOverride, at: Instant) -> str:
        """Why there cannot be such an override; "" where there can."""
        if asked.schedule not in plan.people.schedules:
            known = ", ".join(sorted(plan.people.schedules)) or "none is configured"
            return f'there is no schedule "{asked.schedule}": {known}'
        if asked.who not in plan.responders:
            return f'there is no responder "{asked.who}": {", ".join(sorted(plan.responders))}'
        if not asked.ends_at > max(asked.begins_at, at):
            return "it ends after its begin, and after now"
        if asked.ends_at - asked.begins_at > LONGEST or asked.begins_at > at + FARTHEST:
            return "it lasts 31 days at most and begins within a year: write it into rules.toml"
        if len(self.overrides) >= MOST:
            return f"there are {MOST} overrides already"
        return ""


def with_overrides(plan: Plan, overrides: Iterable[OnCallOverride]) -> Plan:
    """The plan with these overrides after those that are written down: they were made by somebody who saw the others. One
    of a schedule or a person that is gone counts no more."""
    mine: dict[str, tuple[Shift, ...]] = {}
    for one in overrides:
        if one.schedule in plan.people.schedules and one.who in plan.responders:
            shift = Shift(one.who, one.begins_at, one.ends_at, "override")
            mine[one.schedule] = (*mine.get(one.schedule, ()), shift)
    if not mine:
        return plan
    schedules = {
        name: schedule.model_copy(update={"overrides": (*schedule.overrides, *mine.get(name, ()))})
        for name, schedule in plan.people.schedules.items()
    }
    return replace(plan, people=replace(plan.people, schedules=schedules))
