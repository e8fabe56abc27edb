"""Actions about people: take a role, assign it, join, leave."""

from __future__ import annotations

from watchtower.core.actions.action import OPTIONAL, TEXT, Action, ActionTaken, action
from watchtower.core.incident.incidents import Incident
from watchtower.core.people import kinds
from watchtower.core.people.assignment import BACKUP
from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.plan import Plan
from watchtower.core.state import Step


def roles_of(plan: Plan) -> set[str]:
    """Every known role: the built-in ones and those of the files."""
    named = {one.role for one in plan.responders.values()}
    paged = {
        role
        for policy in plan.paging.values()
        for role in (*policy.roles, *policy.inform_urgently, *policy.inform)
    }
    return {*DUTIES, *plan.people.roles, *named, *paged} - {BACKUP}


def _take(step: Step, incident: Incident, did: ActionTaken) -> str:
    return _fill(step, incident, did.data["role"], did.by, did.by)


def _assign(step: Step, incident: Incident, did: ActionTaken) -> str:
    who = did.data["who"]
    if who not in step.plan.responders:
        return f'there is no responder "{who}": {", ".join(sorted(step.plan.responders))}'
    return _fill(step, incident, did.data["role"], who, did.by)


def _fill(step: Step, incident: Incident, role: str, who: str, by: str) -> str:
    known = roles_of(step.plan)
    if role not in known:
        return f'there is no role "{role}": {", ".join(sorted(known))}'
    before = step.history(incident.id).people.roles.get(role, "")
    if before == who:
        return f"{who} is {role} already"
    detail = f"{role}: {who}" + (f" instead of {before}" if before else "")
    step.log(incident.id, kinds.RoleFilled(role, who), detail, by)
    return ""


def _hand_back(step: Step, incident: Incident, did: ActionTaken) -> str:
    role = did.data["role"]
    if role not in step.history(incident.id).people.roles:
        return f"nobody took {role} here"
    step.log(incident.id, kinds.RoleVacated(role), role, did.by)
    return ""


def _join(step: Step, incident: Incident, did: ActionTaken) -> str:
    if did.by in step.history(incident.id).people.present:
        return f"{did.by} is here already"
    step.log(incident.id, kinds.PersonJoined(did.by), did.by, did.by)
    return ""


def _leave(step: Step, incident: Incident, did: ActionTaken) -> str:
    people = step.history(incident.id).people
    if did.by not in people.present and did.by not in people.roles.values():
        return f"{did.by} is not here"
    step.log(incident.id, kinds.PersonLeft(did.by), did.by, did.by)
    return ""


def _subscribe(step: Step, incident: Incident, did: ActionTaken) -> str:
    who = did.data.get("who", did.by)
    responder = step.plan.responders.get(who)
    if responder is None:
        return f'there is no responder "{who}": {", ".join(sorted(step.plan.responders))}'
    if not any(channel in responder.addresses for channel in step.plan.quiet):
        return f"{who} has no address for {', '.join(step.plan.quiet)}: a status update wakes nobody"
    if who in step.history(incident.id).people.subscribers:
        return f"{who} has subscribed already"
    step.log(incident.id, kinds.Subscribed(who), who, did.by)
    return ""


def _unsubscribe(step: Step, incident: Incident, did: ActionTaken) -> str:
    who = did.data.get("who", did.by)
    if who not in step.history(incident.id).people.subscribers:
        return f"{who} has not subscribed"
    step.log(incident.id, kinds.Unsubscribed(who), who, did.by)
    return ""


ACTIONS: tuple[Action, ...] = (
    action("take", _take, role=TEXT),
    action("assign", _assign, role=TEXT, who=TEXT),
    action("hand_back", _hand_back, role=TEXT),
    action("join", _join),
    action("leave", _leave),
    action("subscribe", _subscribe, who=OPTIONAL),
    action("unsubscribe", _unsubscribe, closed=True, who=OPTIONAL),
)
