"""Stage 4, grade: how bad an incident is now (response level) and was at its worst (record level).

For now the worst severity among its firing alerts. The record level never falls.
"""

from __future__ import annotations

from dataclasses import replace

from watchtower.core.state import BLIND, Step
from watchtower.model import AlertState, Severity


def grade(step: Step, incident_id: str) -> tuple[Severity | None, str]:
    """Set the incident's levels; the previous response level and a reason: `opened`, `raised`, `lowered`, `unchanged`."""
    incident = step.state.incidents[incident_id]
    firing = step.state.alerts_of(incident_id, AlertState.FIRING)
    if not firing:
        return incident.severity, "unchanged"
    worst = min((a.severity for a in firing), key=lambda s: s.rank)
    blind = sum(1 for a in firing if a.rule == BLIND)
    if blind >= step.plan.blind.many and step.plan.blind.severity_many.worse_than(worst):
        worst = step.plan.blind.severity_many
    previous = incident.severity
    if incident_id in step.reopened:
        step.state.incidents[incident_id] = replace(
            incident, severity=worst, record=min(worst, incident.record)
        )
        return None, "reopened"
    if not incident.pages:
        step.state.incidents[incident_id] = replace(incident, severity=worst, record=worst)
        return None, "opened"
    if worst is previous:
        return previous, "unchanged"
    reason = "raised" if worst.worse_than(previous) else "lowered"
    record = worst if worst.worse_than(incident.record) else incident.record
    step.set_incident(replace(incident, severity=worst, record=record), reason, f"{previous} -> {worst}")
    return previous, reason
