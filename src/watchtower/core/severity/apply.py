"""Stage 4, grade: applies the matrix to an incident; every change has its reason."""

from __future__ import annotations

from dataclasses import replace

from watchtower.core.events import IncidentChanged
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.lifecycle import IncidentWord
from watchtower.core.notify.page_roles import page_roles
from watchtower.core.severity.kinds import LoweringProposed, SeverityChange
from watchtower.core.severity.matrix import MatrixResult, by_matrix
from watchtower.core.severity.response import respond
from watchtower.core.state import Step
from watchtower.model import IncidentState, Severity, Text, worst_of
from watchtower.texts.reasons import PageReason

_COMMANDER = "commander"


def severity_by_matrix(
    step: Step, incident: Incident, fixed: Severity | None, assumed: Severity | None
) -> MatrixResult:
    """The matrix' result of this incident now."""
    history = step.history(incident.id)
    return by_matrix(
        step.plan.severity,
        step.indicators(incident.id),
        fixed=fixed,
        assumed=assumed,
        held_since=history.levels.held_since,
        titles={name: flow.title for name, flow in step.plan.flows.items()},
    )


def apply_severity(
    step: Step,
    incident_id: str,
    *,
    fixed: Severity | None = None,
    assumed: Severity | None = None,
    hidden: bool = False,
    overdue: bool = False,
    reopened: bool = False,
) -> tuple[Severity | None, str]:
    """Bring an incident of the matrix to its levels; the previous response level, and `opened`, `reopened`, `raised`,
    `lowered` or `unchanged`. See `by_matrix` and `respond` for the arguments."""
    incident = step.state.incidents[incident_id]
    history = step.history(incident_id)
    result = severity_by_matrix(step, incident, fixed, assumed)
    if history.levels.response is None and incident.pages:
        # It was graded by fixed severities until now: it goes on from there.
        result = severity_by_matrix(step, incident, worst_of((fixed, incident.severity)), assumed)
    commander = history.people.roles.get(_COMMANDER, "")
    moves = respond(
        step.plan.severity, history.levels, result, step.indicators(incident_id), step.at,
        mitigated=incident.state is IncidentState.MITIGATED, hidden=hidden, commander=commander, overdue=overdue,
        reopened=reopened,
    )  # fmt: skip
    first, detail = history.levels.response is None and not incident.pages, ""
    for move in moves:
        step.log(incident_id, move.said, move.detail, move.by)
        if isinstance(move.said, SeverityChange):
            detail = move.detail
        elif isinstance(move.said, LoweringProposed):
            ask = Text(move.said.en, move.said.zh)
            page_roles(
                step, step.state.incidents[incident_id], [_COMMANDER], PageReason.LOWERING_PROPOSED, ask
            )
    return settle(step, incident_id, detail, first="reopened" if reopened else "opened" if first else "")


def settle(
    step: Step, incident_id: str, detail: str, by: str = "watchtower", *, first: str = ""
) -> tuple[Severity | None, str]:
    """Sets the incident's severities to those of its history. `first`: `opened` or `reopened`, announced by
    that word."""
    incident, levels = step.state.incidents[incident_id], step.history(incident_id).levels
    previous, now = incident.severity, levels.response or incident.severity
    record = worst_of((levels.record, now)) or now
    if first != "opened":
        record = worst_of((record, incident.record)) or record
    after = replace(incident, severity=now, record=record)
    if first:
        step.state.incidents[incident_id] = after
        _restate(step, first, after)
        return None, first
    if now is previous:
        step.state.incidents[incident_id] = after
        return previous, "unchanged"
    reason: IncidentWord = "raised" if now.worse_than(previous) else "lowered"
    step.set_incident(after, reason, detail or f"{previous} -> {now}", by)
    return previous, reason


def _restate(step: Step, first: str, after: Incident) -> None:
    """The line that it opened was written before anybody knew how bad it is: it is told with its level."""
    for index, decision in reversed(list(enumerate(step.decisions))):
        if isinstance(decision, IncidentChanged) and (decision.incident.id, decision.reason) == (
            after.id,
            first,
        ):
            opened = replace(decision.incident, severity=after.severity, record=after.record)
            step.decisions[index] = replace(decision, incident=opened)
            history = step.history(after.id)
            milestones = replace(history.milestones, severity=after.severity, record=after.record)
            step.state.histories[after.id] = replace(history, milestones=milestones)
            return
