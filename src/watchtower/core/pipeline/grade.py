"""Stage 4, grade: the severity of an incident now (response) and at its worst (record).

By the severity matrix, from its numbers, where a rule asks for it; else the worst severity among its firing alerts.
The record level never falls.
"""

from __future__ import annotations

from dataclasses import replace

from watchtower.core.impact.stage import join, note, numbers
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.kinds import NO_DATA
from watchtower.core.incident.lifecycle import IncidentWord
from watchtower.core.pipeline.features import factors
from watchtower.core.severity.apply import apply_severity
from watchtower.core.severity.factors import Factors
from watchtower.core.severity.overrides import standing
from watchtower.core.state import Step
from watchtower.model import AlertState, Severity, worst_of


def grade(step: Step, incident_id: str) -> tuple[Severity | None, str]:
    """Sets the incident's severities; returns the previous response severity and a reason: `opened`,
    `reopened`, `raised`, `lowered`, `unchanged`."""
    incident = step.state.incidents[incident_id]
    known = factors(step.history(incident_id))
    _measure(step, incident, known)
    if incident.matrix and incident.open:
        fixed, assumed = _stated(step, incident_id)
        outcome = apply_severity(
            step, incident_id, fixed=fixed, assumed=assumed, hidden=known.hides_fault,
            overdue=known.overdue, reopened=incident_id in step.reopened,
        )  # fmt: skip
        if outcome[1] != "unchanged":
            _measure(step, step.state.incidents[incident_id], factors(step.history(incident_id)), force=True)
        return outcome
    return _by_rules(step, incident)


def _measure(step: Step, incident: Incident, known: Factors, *, force: bool = False) -> None:
    """Computes the numbers as of now, and logs them from time to time."""
    if not incident.open:
        step.state.meters.drop(incident.id)
        return
    if incident.flows:
        join(step, incident)
    indicators = numbers(step, incident, known)
    if indicators is not None:
        step.state.numbers[incident.id] = indicators
        note(step, incident, indicators, force=force)


def _stated(step: Step, incident_id: str) -> tuple[Severity | None, Severity | None]:
    """The worst severity of firing rules, and the worst that is assumed while the matrix has no numbers."""
    fixed: list[Severity] = []
    assumed: list[Severity] = []
    for alert in step.state.alerts_of(incident_id, AlertState.FIRING):
        rule = step.plan.rules.get(alert.rule)
        (assumed if rule is not None and rule.matrix else fixed).append(alert.severity)
    return worst_of(fixed), worst_of(assumed)


def _by_rules(step: Step, incident: Incident) -> tuple[Severity | None, str]:
    firing = step.state.alerts_of(incident.id, AlertState.FIRING)
    worst = worst_of(alert.severity for alert in firing)
    if worst is None:
        return incident.severity, "unchanged"
    without = sum(1 for a in firing if a.rule == NO_DATA)
    if without >= step.plan.no_data.many and step.plan.no_data.severity_many.worse_than(worst):
        worst = step.plan.no_data.severity_many
    worst = standing(step.history(incident.id).levels, worst)
    previous = incident.severity
    record = min(worst, incident.record)
    if incident.id in step.reopened:
        step.state.incidents[incident.id] = replace(incident, severity=worst, record=record)
        return None, "reopened"
    if not incident.pages:
        step.state.incidents[incident.id] = replace(incident, severity=worst, record=worst)
        return None, "opened"
    if worst is previous:
        return previous, "unchanged"
    reason: IncidentWord = "raised" if worst.worse_than(previous) else "lowered"
    step.set_incident(replace(incident, severity=worst, record=record), reason, f"{previous} -> {worst}")
    return previous, reason
