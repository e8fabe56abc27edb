"""An incident takes over another, which goes on in it: by itself (`merge`), or because a person says so.

What is moved: alerts that fire, the flows and what they have lost, and who subscribed. What people did in the other stays in
its log.
"""

from __future__ import annotations

from watchtower.core.actions.action import OPTIONAL, TEXT, Action, ActionTaken, action
from watchtower.core.deadlines.standing import still_due
from watchtower.core.degrade.verdict import unfinished
from watchtower.core.impact.stage import join
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.transitions import IncidentSignal, move
from watchtower.core.notes.kinds import NoteWritten
from watchtower.core.notify.routing import announce
from watchtower.core.people.kinds import Subscribed
from watchtower.core.pipeline import declare
from watchtower.core.state import Step
from watchtower.model import AlertState
from watchtower.values import replace


def take_over(step: Step, home: Incident, other: Incident, by: str = "watchtower") -> None:
    """`other` is over and goes on in `home`."""
    join(step, other)  # after a restart its numbers are in its log only
    join(step, home)
    flows = tuple(dict.fromkeys((*home.flows, *other.flows)))
    home = replace(
        home, flows=flows, flow=home.flow or other.flow, matrix=home.matrix or other.matrix,
        onset=min(home.onset, other.onset),
    )  # fmt: skip
    step.set_incident(home, "merged", other.id, by)
    for alert in step.state.alerts_of(other.id, AlertState.FIRING):
        step.set_alert(replace(alert, incident=home.id), "joined", AlertState.FIRING)
    known = step.history(home.id).people.subscribers
    for who in step.history(other.id).people.subscribers:
        if who not in known:
            step.log(home.id, Subscribed(who), who, by)
    step.state.meters.move(other.id, home.id)
    step.opened(other)
    over = move(other, IncidentSignal.RESOLVE, step.at, merged_into=home.id)
    step.set_incident(over, "merged_into", home.id, by)


def _merge(step: Step, other: Incident, did: ActionTaken) -> str:
    home = step.state.incidents.get(str(did.data["into"]).strip().upper())
    if why := _why_not(step, other, home, str(did.data["into"])):
        return why
    assert home is not None
    declare.end(step, declare.declarations(step, other.id))
    take_over(step, home, other, did.by)
    if reason := did.data.get("reason"):
        step.log(home.id, NoteWritten(), f"{other.id}: {reason}", did.by)
    announce(step, other.id, other.severity, "unchanged")
    return ""


def _why_not(step: Step, other: Incident, home: Incident | None, named: str) -> str:
    if home is None or not home.open:
        return f"there is no open incident {named[:50]}"
    if home.id == other.id:
        return f"{other.id} cannot be merged into itself"
    if not (home.kind.of_product and other.kind.of_product):
        return "a drill, and what is about watchtower itself, stay by themselves"
    if other.severity.worse_than(home.severity) or other.record.worse_than(home.record):
        return f"{other.id} is or was worse than {home.id}: merge {home.id} into it"
    history = step.history(other.id)
    if still_due(history):
        return f"a compliance duty of {other.id} is not filed yet: it stays open by itself, or merge {home.id} into it"
    if unfinished(history):
        return (
            f"a degradation plan of {other.id} is under way: roll it back first, or merge {home.id} into it"
        )
    return ""


ACTIONS: tuple[Action, ...] = (action("merge", _merge, into=TEXT, reason=OPTIONAL),)
