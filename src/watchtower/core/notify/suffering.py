"""What a page says of users: which flows suffer now, how many users, and what was undone before it came back."""

from __future__ import annotations

from watchtower.core.checklists.tasks import TaskState
from watchtower.core.incident.incidents import Incident
from watchtower.core.indicators import DEGRADED, Estimate
from watchtower.core.notify.messages import FlowState
from watchtower.core.state import Step
from watchtower.model import AlertState, Language, Text
from watchtower.texts.units import duration_words

_MOST = 8
"""Flows that a page names."""
_DONE = 2
"""The newest measures that an all-clear names."""


def flows_of(step: Step, incident: Incident) -> tuple[FlowState, ...]:
    """The incident's flows that suffer, the worst first; where none is seen to, those that need what fails."""
    found = step.indicators(incident.id)
    hit = [flow for flow in (found.flows if found else ()) if flow.impact >= DEGRADED]
    if hit:
        hit.sort(key=lambda flow: (-flow.impact, -flow.weight))
        return tuple(FlowState(title_of_flow(step, flow.flow), round(flow.impact, 4)) for flow in hit[:_MOST])
    plan = step.plan
    firing = step.state.alerts_of(incident.id, AlertState.FIRING) if plan.stood_on else []
    failing = ({alert.check for alert in firing} | set(incident.flows if firing else ())) & plan.stood_on
    needing = [flow for flow, below in plan.below.items() if failing & below] if failing else []
    return tuple(FlowState(title_of_flow(step, flow)) for flow in needing[:_MOST] if flow in plan.flows)


def worst_of(step: Step, incident: Incident) -> tuple[FlowState, ...]:
    """The flows that suffered in it, each with the most that it ever did, the worst first."""
    reached = step.history(incident.id).impact.reached
    hit = sorted((-impact, name) for name, impact in reached.items() if impact >= DEGRADED)
    return tuple(FlowState(title_of_flow(step, name), round(-impact, 4)) for impact, name in hit[:_MOST])


def done(step: Step, incident: Incident) -> Text | None:
    """What people recorded that they did about it, and its cause, if anything."""
    history = step.history(incident.id)
    said = [
        (run.started_at, Text(f"{run.plan} was carried out", f"执行降级预案 {run.plan}"))
        for run in history.degrade.runs
        if run.started_at is not None
    ]
    said += [
        (task.at or 0.0, task.text)
        for task in history.sop.tasks
        if task.state is TaskState.DONE and not task.auto and task.sop == incident.sop
    ]
    said += [(item.at, Text(item.text, item.text)) for item in history.notes.tried]
    texts = [text for _, text in sorted(said, key=lambda one: one[0])[-_DONE:]]
    en, zh = "; ".join(one.en for one in texts), "；".join(one.zh for one in texts)
    parts = [Text(f"Done: {en}", f"已采取：{zh}")] if texts else []
    if history.notes.cause is not None:
        cause = history.notes.cause.text
        parts.append(Text(f"Cause: {cause}", f"原因：{cause}"))
    return Text(". ".join(one.en for one in parts), "。".join(one.zh for one in parts)) if parts else None


def users_of(step: Step, incident: Incident) -> Estimate | None:
    """Users who are affected; None where nobody can tell, or none is."""
    found = step.indicators(incident.id)
    users = found.affected_users if found else None
    return users if users is not None and users.point >= 1 else None


def undone(step: Step, incident: Incident) -> Text | None:
    """What was rolled back or changed since the incident was well, if anything."""
    history = step.history(incident.id)
    well = history.milestones.well_since
    if well is None:
        return None
    said = [
        (run.ended_at, Text(f"{run.plan} was rolled back", f"回退了降级预案 {run.plan}"))
        for run in history.degrade.runs
        if run.ended_at is not None
    ]
    said += [
        (item.at if item.due is None else item.due, Text(item.text, item.text))
        for item in history.notes.changes
    ]
    said = [one for one in said if one[0] >= well]
    if not said:
        return None
    at, what = max(said, key=lambda one: one[0])
    en, zh = (duration_words(round(max(0.0, step.at - at)), language) for language in Language)
    return Text(f"{en} before: {what.en}", f"{zh}前：{what.zh}")


def title_of_flow(step: Step, name: str) -> Text:
    """What people call a flow."""
    flow = step.plan.flows.get(name)
    return flow.title if flow is not None else Text(name, name)
