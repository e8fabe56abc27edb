"""Has that happened by which a step ticks itself? One line each, read from the incident and its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Incident, PageState
from watchtower.core.people.assignment import fillers
from watchtower.core.plan.sops import Auto
from watchtower.core.state import Step

COMMANDER = "commander"
WELL_FOR = 900.0
"""Seconds that it must stay well before it counts as recovered."""

_TESTS: Mapping[Auto, Callable[[Step, Incident, History], bool]] = {
    Auto.OPENED: lambda step, incident, history: True,
    Auto.NOTIFIED: lambda step, incident, history: any(
        t.firing is PageState.DELIVERED for t in incident.notified.values()
    ),
    Auto.ACKNOWLEDGED: lambda step, incident, history: history.milestones.acknowledged_at is not None,
    Auto.COMMANDER: lambda step, incident, history: _commander(step, incident, history),
    Auto.CALL: lambda step, incident, history: history.deadlines.call is not None,
    Auto.CHANGES: lambda step, incident, history: bool(history.notes.changes),
    Auto.CAUSE: lambda step, incident, history: history.milestones.cause_identified_at is not None,
    Auto.STATUS: lambda step, incident, history: bool(history.notes.said),
    Auto.MITIGATED: lambda step, incident, history: _mitigated(incident),
    Auto.RECOVERED: lambda step, incident, history: _recovered(step, incident),
    Auto.ROLLED_BACK: lambda step, incident, history: (
        _mitigated(incident) and bool(history.degrade.runs) and not history.degrade.in_force()
    ),
    Auto.ALL_CLEAR: lambda step, incident, history: incident.notified_all and bool(incident.notified),
    Auto.REVIEW: lambda step, incident, history: bool(history.review.owner),
}


def happened(auto: str, step: Step, incident: Incident) -> bool:
    """False, too, for a word that this version does not know."""
    try:
        test = _TESTS[Auto(auto)]
    except ValueError:
        return False
    return test(step, incident, step.history(incident.id))


def _commander(step: Step, incident: Incident, history: History) -> bool:
    """Somebody took it, or has it by the schedule and acknowledged."""
    if history.people.roles.get(COMMANDER):
        return True
    by = set(fillers(step.plan, COMMANDER, step.at, history.people))
    return bool(by & {*history.people.acks, *incident.acknowledged_by.split(", ")})


def _mitigated(incident: Incident) -> bool:
    return not incident.open or incident.mitigated_at is not None


def _recovered(step: Step, incident: Incident) -> bool:
    if not incident.open:
        return True
    return incident.mitigated_at is not None and step.at - incident.mitigated_at >= WELL_FOR
