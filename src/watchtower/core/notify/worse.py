"""What gets worse while the severity stays: a flow that fails in part is down, or another core flow suffers. Told once."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.core.events import AlertChanged, IncidentChanged
from watchtower.core.incident.incidents import Incident
from watchtower.core.indicators import DEGRADED, DOWN, WHOLE, FlowImpact, Indicators
from watchtower.core.notify.alert_text import text_now
from watchtower.core.notify.measured import title_of
from watchtower.core.notify.messages import NotePoint
from watchtower.core.notify.suffering import title_of_flow
from watchtower.core.state import Step
from watchtower.model import AlertState, Text, Tier


def worse(step: Step, incident: Incident, found: Indicators) -> Sequence[FlowImpact]:
    """Flows that are worse than they ever were in this incident, so that people must know; none at its first numbers."""
    reached = step.history(incident.id).impact.reached
    if not reached:
        return ()
    sure = [flow for flow in found.flows if flow.seen and flow.seen_twice and flow.confirmed]
    return [flow for flow in sure if _is_news(flow, reached.get(flow.flow, 0.0))]


def _is_news(flow: FlowImpact, before: float) -> bool:
    # What strays around a tenth was told of: it is news when it is twice what it was.
    joins = flow.tier is Tier.CORE and before < DEGRADED <= flow.impact and flow.impact >= 2.0 * before
    return joins or before < DOWN <= flow.impact


def sentence(step: Step, incident: Incident, flows: Sequence[FlowImpact]) -> Text:
    """What people are told: the newest alert of each of these flows as it is now, or that the flow is down."""
    said = [_of_flow(step, incident, flow) for flow in flows]
    return Text("; ".join(one.en for one in said), "；".join(one.zh for one in said))


def dependency(step: Step, incident: Incident) -> NotePoint | None:
    """What the incident depends on, where this event found it to fail: whoever knows of one flow is to know of its cause."""
    found = (d for d in step.decisions if isinstance(d, IncidentChanged) and d.incident.id == incident.id)
    if not any(d.reason == "dependency_found" for d in found):
        return None
    joined = (d.alert for d in step.decisions if isinstance(d, AlertChanged) and d.reason == "joined")
    cause = next((alert for alert in joined if alert.incident == incident.id), None)
    check = step.plan.checks.get(cause.check) if cause is not None else None
    if cause is None or check is None:
        return None
    said, title = text_now(step.plan, step.state, cause), title_of(check)
    if title.en not in said.en:
        said = Text(f"{title.en}: {said.en}", f"{title.zh}：{said.zh}")
    subjects = {check.name, check.flow_of(cause.series)}
    needing = sum(not below.isdisjoint(subjects) for below in step.plan.below.values())
    need = Text(f", {needing} flows need it", f"，{needing} 项业务依赖它") if needing > 1 else Text("", "")
    return NotePoint(
        f"dependency.{check.name}",
        Text(f"what it depends on fails: {said.en}{need.en}", f"其依赖发生故障：{said.zh}{need.zh}"),
    )


def _of_flow(step: Step, incident: Incident, flow: FlowImpact) -> Text:
    title = title_of_flow(step, flow.flow)
    firing = step.state.alerts_of(incident.id, AlertState.FIRING)
    checks = ((alert, step.plan.checks.get(alert.check)) for alert in firing)
    mine = [
        alert for alert, check in checks if check is not None and check.flow_of(alert.series) == flow.flow
    ]
    newest = max(mine, key=lambda alert: alert.fired_at or 0.0, default=None)
    if newest is not None and newest.text.en:
        now = text_now(step.plan, step.state, newest)
        now = Text(now.en.removeprefix(f"{title.en}: "), now.zh.removeprefix(f"{title.zh}："))
        own = title == incident.title
        en, zh = ("it got worse", "影响加重") if own else (f"{title.en} got worse", f"{title.zh}影响加重")
        return Text(f"{en}: {now.en}", f"{zh}：{now.zh}")
    share = f"{flow.impact:.0%}"
    if flow.impact >= WHOLE:
        return Text(f"{title.en} is down now", f"{title.zh}现已中断")
    if flow.impact >= DOWN:
        return Text(f"{title.en} is all but down: {share} lost", f"{title.zh}几近中断：受损 {share}")
    return Text(f"{title.en} suffers too: {share} lost", f"{title.zh}也受影响：受损 {share}")
