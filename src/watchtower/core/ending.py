"""When an incident that is being watched is over: calm for long enough, on real traffic, with nothing unseen."""

from __future__ import annotations

from dataclasses import replace

from watchtower.core.incidents import Incident
from watchtower.core.indicators import Indicators
from watchtower.core.route import announce
from watchtower.core.state import Step
from watchtower.model import IncidentState, Instant


def calm_since(incident: Incident, indicators: Indicators | None) -> Instant | None:
    """Since when nothing fires and every flow has its users back; None while that is not so, or cannot be seen."""
    if incident.mitigated_at is None or incident.state is not IncidentState.MITIGATED:
        return None
    if indicators is None:
        return incident.mitigated_at
    if not indicators.seen or any(flow.back_since is None for flow in indicators.flows):
        return None
    return max([incident.mitigated_at, *(flow.back_since or 0.0 for flow in indicators.flows)])


def follow(step: Step, incident: Incident) -> None:
    """Resolve what has been calm for as long as its worst level asks."""
    if incident.state is not IncidentState.MITIGATED:
        return
    calm = calm_since(incident, step.indicators(incident.id))
    if calm is None or step.at - calm < step.plan.incident.resolve_after.get(incident.record, 0.0):
        return
    step.set_incident(
        replace(incident, state=IncidentState.RESOLVED, resolved_at=step.at),
        "resolved",
        "calm for long enough",
    )
    announce(step, incident.id, incident.severity, "unchanged")
