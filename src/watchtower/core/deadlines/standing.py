"""What clocks and duties mean for the incident: for its severity, and for how long it is kept."""

from __future__ import annotations

from watchtower.core.deadlines.duty_state import DutyStanding, DutyState
from watchtower.core.incident.history import History
from watchtower.core.plan.packs import StepKind
from watchtower.core.severity.factors import Factors

FROM_THE_LEVEL = frozenset((
    "severity", "critical_severity", "critical_affected", "critical_impact", "raw_minutes", "critical_minutes",
    "found_minutes", "peak_minutes", "flow_minutes", "downtime_12m",
))  # fmt: skip
"""Indicators that say again what made the level."""


def factors(history: History) -> Factors:
    """A time to resolve that is over, and duties."""
    duties, apart = duties_of(history)
    return Factors(overdue=promotes(history), duties=duties, duties_apart=apart)


def duties_of(history: History) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Duties that hold the level up: triggered ones while it is still bad or a notice is unfiled. The second are those
    that say more than the level and the minutes, from which the level comes already."""
    bad = history.milestones.mitigated_at is None and history.milestones.resolved_at is None
    open_ = [
        duty
        for duty in history.deadlines.duties.values()
        if duty.standing is DutyStanding.TRIGGERED
        and (bad or any(filing.kind == StepKind.NOTIFY for filing in duty.unfiled))
    ]
    return tuple(duty.id for duty in open_), tuple(duty.id for duty in open_ if _apart(duty))


def _apart(duty: DutyState) -> bool:
    met = {line["indicator"] for line in duty.evidence.get("tests", ()) if line["mark"] == "met"}
    return not met <= FROM_THE_LEVEL


def promotes(history: History) -> bool:
    """Whether the response level's time to resolve is over and nothing has been mitigated: once a level."""
    clock = history.deadlines.open("resolve")
    if clock is None or clock.breached is None or history.milestones.mitigated_at is not None:
        return False
    return clock.level == history.deadlines.level


def still_due(history: History) -> bool:
    """Whether a resolved incident must be kept: something about it is still due."""
    deadlines = history.deadlines
    if any(duty.unfiled for duty in deadlines.duties.values()):
        return True
    return any(clock.open for clock in deadlines.clocks.values() if clock.name in ("review_draft", "review"))
