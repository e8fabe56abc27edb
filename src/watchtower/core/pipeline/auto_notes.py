"""Notes that the engine adds to an incident by itself, each once, such as that users cannot reach the service."""

from __future__ import annotations

from watchtower.core.incident.incidents import Incident
from watchtower.core.notes.kinds import FactKnown
from watchtower.core.state import State, Step
from watchtower.model import AlertState

BY = "watchtower"


def advance(step: Step, incident: Incident) -> None:
    """Requests stopped, the service is well, and enough views from outside fail: users cannot reach it. Said also
    where no rule asks for it."""
    if not incident.open or incident.id in step.state.hinted:
        return
    for alert in step.state.alerts_of(incident.id, AlertState.FIRING):
        facts = step.state.facts.get(alert.key, {})
        if facts.get("reach.unreachable") is not True:
            continue
        step.state.hinted.add(incident.id)
        if any(item.by == BY for item in step.history(incident.id).notes.known):
            return  # before a restart
        said = (facts.get("reach.because"), facts.get("reach.because_zh"))
        step.log(incident.id, FactKnown(), " ".join(text for text in said if isinstance(text, str)), BY)
        return


def forget(state: State, incident: str) -> None:
    """Forgets the incident."""
    state.hinted.discard(incident)
