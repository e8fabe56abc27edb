"""Executes what people do to an incident: acknowledge, resolve, or an action of a feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.core.actions.action import ActionTaken, accept
from watchtower.core.drills import stage as drills
from watchtower.core.events import Refused
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.transitions import IncidentSignal, move
from watchtower.core.notify.routing import announce
from watchtower.core.people.acknowledge import acknowledge
from watchtower.core.pipeline import declare, results
from watchtower.core.pipeline.declare import declarations
from watchtower.core.pipeline.features import ACTIONS
from watchtower.core.state import Step
from watchtower.model import AlertState
from watchtower.texts.reasons import PageReason


def acknowledged(step: Step, incident_id: str, by: str, via: str, late: bool = False) -> list[Alert]:
    """Acknowledges the incident; from a page (its link, or a button under it) all incidents that pages with it told of.
    After enough acknowledgements a further one changes nothing."""
    who = step.plan.responders.get(by)
    by_page = via == "link" or (who is not None and via in who.addresses)
    also = step.history(incident_id).people.together.get(by, ()) if by_page else ()
    ended = [alert for one in also for alert in _acknowledged(step, one, by, via)]
    return _acknowledged(step, incident_id, by, via, late) + ended


def _acknowledged(step: Step, incident_id: str, by: str, via: str, late: bool = False) -> list[Alert]:
    incident = step.state.incidents.get(incident_id)
    if incident is not None and incident.open and incident.drill:
        drills.answered(step, incident, by, via)
    if incident is None:
        return []
    acknowledge(step, incident, by, via, late)
    return results.reached(step, incident_id)


def resolved(step: Step, incident_id: str, by: str, via: str) -> list[Alert]:
    """Resolves the incident by hand, unless an alert still fires; one by which a person declared it ends with it."""
    incident = step.state.incidents.get(incident_id)
    if incident is None or not incident.open:
        return []
    if incident.drill:
        return drills.end(step, incident, "stopped", by)
    declared = declarations(step, incident_id)
    if len(declared) < len(step.state.alerts_of(incident_id, AlertState.FIRING)):
        step.not_paged(incident_id, PageReason.STILL_FIRING, by)
        return []
    declare.end(step, declared)
    step.set_incident(move(incident, IncidentSignal.RESOLVE, step.at), "resolved", via, by)
    announce(step, incident_id, incident.severity, "unchanged")
    return []


def did(step: Step, incident_id: str, name: str, by: str, via: str, data: Mapping[str, Any]) -> None:
    """Executes one of `ACTIONS`, or refuses it with all that is wrong and changes nothing."""
    action, incident = ACTIONS.get(name), step.state.incidents.get(incident_id)
    why = ""
    if action is None:
        why = f'there is no action "{name}"'
    elif incident is None:
        why = f"there is no incident {incident_id} under way"
    elif not incident.open and not action.closed:
        why = f"{incident_id} is over"
    else:
        try:
            given = accept(action, data, step.at)
        except ValueError as error:
            why = str(error)
        else:
            why = action.act(step, incident, ActionTaken(by, via, given, step.at))
            _announce(step, incident)
    if why:
        step.decide(Refused(step.at, "refused", incident_id, why))


def _announce(step: Step, before: Incident) -> None:
    """Notifies people of a severity that a person changed, like of any other change."""
    now = step.state.incidents.get(before.id)
    if now is not None and now.open and now.severity is not before.severity:
        reason = "raised" if now.severity.worse_than(before.severity) else "lowered"
        announce(step, before.id, before.severity, reason)
