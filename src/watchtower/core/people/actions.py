"""Actions about people: take a role, assign it, join, leave."""

from __future__ import annotations

from watchtower.core.actions.action import Action, ActionTaken, needed, optional
from watchtower.core.incident.incidents import Incident
from watchtower.core.people import kinds
from watchtower.core.people.assignment import BACKUP
from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.plan import Plan
from watchtower.core.state import Step
from watchtower.model import Text

_ROLE = needed(
    "the role: commander, deputy, scribe, tech_lead, product, …",
    "角色：commander、deputy、scribe、tech_lead、product 等",
)
_WHO = needed("the responder's name", "响应人姓名")


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


_SUBSCRIBER = optional(
    "Whom, by the name in rules.toml. Default: you.", "订阅人（rules.toml 中的姓名），默认为本人。"
)
ACTIONS: tuple[Action, ...] = (
    Action("take", Text("Take a role in this incident", "在本事件中担任角色"), _take, {"role": _ROLE}),
    Action(
        "assign", Text("Give somebody a role in this incident", "为本事件指派角色"), _assign, {"role": _ROLE, "who": _WHO}
    ),
    Action("hand_back", Text("Return a role to its usual holder", "交还角色给默认人员"), _hand_back, {"role": _ROLE}),
    Action("join", Text("Join the incident", "登记加入处置")  , _join),
    Action("leave", Text("Leave the incident; your roles become free", "登记离开，所任角色随之空出"), _leave),
    Action(
        "subscribe", Text("Get the status updates of this incident", "订阅本事件的进展通报"), _subscribe, {"who": _SUBSCRIBER}
    ),
    Action(
        "unsubscribe", Text("Get them no more", "取消订阅进展通报"), _unsubscribe, {"who": _SUBSCRIBER}, closed=True
    ),
)  # fmt: skip
