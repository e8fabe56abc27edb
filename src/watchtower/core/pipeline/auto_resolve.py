"""Resolves a mitigated incident: after long enough without alerts, on real traffic, with nothing unknown."""

from __future__ import annotations

from watchtower.core.impact.meter import SLIGHT
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.transitions import IncidentSignal, move
from watchtower.core.indicators import Indicators
from watchtower.core.notify.routing import announce, users_back
from watchtower.core.state import Step
from watchtower.model import AlertState, IncidentState, Instant

_CALM = 300.0
"""Seconds, doubled for each relapse, after which what recurred is said to be mitigated again."""


def calm_since(incident: Incident, indicators: Indicators | None) -> Instant | None:
    """Since when nothing fires and every flow has its users back; None while that is not so, or unknown."""
    if incident.mitigated_at is None or incident.state is not IncidentState.MITIGATED:
        return None
    if indicators is None:
        return incident.mitigated_at
    backs = _all_back(indicators)
    return None if backs is None else max([incident.mitigated_at, *backs])


def _all_back(indicators: Indicators) -> list[Instant] | None:
    """Since when each flow has its users back; None while one has not, or nobody can see."""
    backs = [flow.back_since for flow in indicators.flows if flow.back_since is not None]
    return backs if indicators.seen and len(backs) == len(indicators.flows) else None


def _watched(step: Step, incident: Incident) -> bool:
    """Whether the configuration still has the checks that can show the end: those of all its flows, or
    without any, those of its alerts."""
    if incident.flows:
        return step.plan.by_check.measured.issuperset(incident.flows)
    return not step.state.alerts_of(incident.id, AlertState.UNWATCHED)


def _looked_at(step: Step, incident: Incident) -> bool:
    """Whether something that fired in it was measured since this daemon started: before that nobody knows how it is."""
    known = step.state.alerts_of(incident.id, AlertState.RESOLVED)
    series = [(alert.check, alert.series) for alert in known if alert.check in step.plan.checks]
    return not series or any(one in step.state.last for one in series)


def _settled(step: Step, incident: Incident, since: Instant) -> bool:
    """Whether it has been well for long enough to say so. After each relapse twice as long: what comes and goes around a
    threshold is one tail of one outage. What was bad at last for an hour on end came and went no more."""
    known = step.history(incident.id).milestones
    again = known.recurred + known.reopened
    if not again:
        return True
    alerts = step.state.alerts_of(incident.id, AlertState.RESOLVED)
    last, began = max(((a.resolved_at or 0.0, a.fired_at or 0.0) for a in alerts), default=(0.0, 0.0))
    longest = step.plan.incident.reopen_within
    return last - began >= longest or step.at - max(since, last) >= min(_CALM * 2.0**again, longest)


def advance(step: Step, incident: Incident) -> None:
    """Mitigates an incident whose alerts stopped firing; resolves one that was calm for as long as its worst
    severity requires. One of fixed severities that outlasts its alerts is resolved once its users are back."""
    if not incident.open or not (incident.matrix or incident.flows) or step.state.alerts.fires(incident.id):
        return
    if not _watched(step, incident):
        gone = move(incident, IncidentSignal.UNWATCH, step.at)
        step.set_incident(gone, "unwatched", "what saw it has left the configuration")
        announce(step, incident.id, incident.severity, "unchanged")
        return
    indicators = step.indicators(incident.id)
    if incident.state is not IncidentState.MITIGATED:
        since = _back_since(step, incident, indicators)
        if since is None or not _looked_at(step, incident) or not _settled(step, incident, since):
            return
        calm = move(incident, IncidentSignal.CALM, since)
        incident = step.set_incident(calm, "mitigated", "nothing fires, and its users are back")
        if incident.matrix and not _over(step, incident, indicators):  # else the all-clear says both
            users_back(step, incident)
            return
    elif indicators is not None and indicators.seen and any(f.impact >= SLIGHT for f in indicators.flows):
        back = move(incident, IncidentSignal.RECUR, step.at, again_at=step.at)
        step.set_incident(back, "recurred", "its users are missing again")
        if not step.history(incident.id).severity.calm:  # else its severity is raised again, and that is told
            announce(step, incident.id, incident.severity, "unchanged")
        return
    if incident.matrix and not _over(step, incident, indicators):
        return
    step.set_incident(
        move(incident, IncidentSignal.RESOLVE, step.at),
        "resolved",
        "calm for long enough",
    )
    announce(step, incident.id, incident.severity, "unchanged")


def _over(step: Step, incident: Incident, indicators: Indicators | None) -> bool:
    """Whether it has been calm for as long as its worst severity requires."""
    since = calm_since(incident, indicators)
    return since is not None and step.at - since >= step.plan.incident.resolve_after.get(incident.record, 0.0)


def _back_since(step: Step, incident: Incident, indicators: Indicators | None) -> Instant | None:
    """Since when its users are back; None while they are not, or nobody can see."""
    if not incident.matrix:
        fell = [meter for meter in step.state.meters.of(incident.id) if meter.fell]
        backs = [meter.back_since for meter in fell if meter.back_since is not None]
        return max(backs, default=step.at) if len(backs) == len(fell) else None
    if indicators is None:
        return step.at
    known = _all_back(indicators)
    return None if known is None else max(known, default=step.at)
