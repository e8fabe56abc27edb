"""The stage of drills: an alert that nothing measured goes the whole way, until it is over or something real happens."""

from __future__ import annotations

from watchtower.core.drills import canary, on_purpose
from watchtower.core.drills.kinds import DrillAnswered, DrillEnded, DrillOpened
from watchtower.core.events import CanaryAsked, DrillBegan, DrillStopped, IncidentChanged, Refused
from watchtower.core.incident.alerts import Alert, advance
from watchtower.core.incident.incidents import Incident, PageState
from watchtower.core.incident.kinds import DRILL, IncidentKind
from watchtower.core.notify import own_faults
from watchtower.core.plan import Plan
from watchtower.core.plan.drills import UNPLANNED, Drill
from watchtower.core.state import Step
from watchtower.model import AlertState, Severity, Text
from watchtower.values import replace

REAL = Severity.P2
"""A real incident at least as bad as this ends a drill, and keeps one from beginning."""


def handle(step: Step, event: DrillBegan | DrillStopped | CanaryAsked) -> list[Alert]:
    """The alerts of drills that change."""
    match event:
        case DrillBegan():
            return begin(step, event)
        case DrillStopped(who):
            return stop(step, who)
        case CanaryAsked():
            canary.send(step, event)
    return []


def begin(step: Step, event: DrillBegan) -> list[Alert]:
    """The drill's alert, firing; none, and a refusal, where it may not begin now."""
    drill = event.drill
    why_not = _why_not(step, drill)
    if why_not:
        step.decide(Refused(step.at, "drill_refused", "", why_not))
        return []
    blank = Alert(
        DRILL, drill.check, drill.name, severity=drill.severity, when=f"drill {drill.name}", text=drill.said
    )
    alert = replace(advance(blank, True, step.at), onset=step.at)
    step.set_alert(alert, "drill", AlertState.INACTIVE)
    return [alert]


def began(step: Step, event: DrillBegan) -> None:
    """After its incident was opened: what a restart must know of it."""
    incident = step.state.open_incident(IncidentKind.DRILL.key(event.drill.name))
    if incident is not None:
        drill = event.drill
        opened = DrillOpened(drill.check, event.via, str(drill.severity), step.at + drill.lasts)
        step.log(incident.id, opened, drill.name, event.by)


def answered(step: Step, incident: Incident, by: str, via: str) -> None:
    """Somebody answered; in a drill everybody's answer counts, also after the first."""
    if by not in step.history(incident.id).drill.answers:
        step.log(incident.id, DrillAnswered(), via, by)


def end(step: Step, incident: Incident, why: str, by: str = "watchtower", detail: str = "") -> list[Alert]:
    """The drill is over: its alert, resolved."""
    out = []
    for alert in step.state.alerts_of(incident.id, AlertState.FIRING):
        if alert.rule == DRILL:
            after = replace(advance(alert, False, step.at), text=_ended(why, detail))
            step.set_alert(after, "drill_ended", alert.state)
            out.append(after)
    if out:
        step.log(incident.id, DrillEnded(detail if why == "preempted" else ""), why, by)
        if why in ("time", "everybody_answered"):
            out += _fallbacks(step, incident)
    return out


def _fallbacks(step: Step, incident: Incident) -> list[Alert]:
    """Alerts about people whom no other way reached when one failed on purpose, and the end of earlier ones."""
    drill, out = drill_of(step.plan, incident), list[Alert]()
    for who, kind in (
        on_purpose.failing(step.plan, drill, incident.onset).items() if drill is not None else ()
    ):
        took = on_purpose.arrived(incident, who, kind)
        out += own_faults.fallback(step, who, kind, took) if took is not None else []
    return out


def stop(step: Step, by: str) -> list[Alert]:
    """All drills that are under way, because a person says so."""
    return [alert for incident in running(step) for alert in end(step, incident, "stopped", by)]


def due(step: Step) -> list[Alert]:
    """Drills whose time has run out, or in which everybody who was paged has answered."""
    out: list[Alert] = []
    for incident in running(step):
        record = step.history(incident.id).drill
        told = {name for (name, _), t in incident.notified.items() if t.firing is PageState.DELIVERED}
        waiting = any(t.firing is PageState.QUEUED for t in incident.notified.values())
        if record.ends_at is None or step.at >= record.ends_at:
            out += end(step, incident, "time")
        elif told and not waiting and told <= set(record.answers):
            out += end(step, incident, "everybody_answered")
    return out


def preempted(step: Step) -> list[Alert]:
    """Drills that end because this event showed something real."""
    if not any(isinstance(d, IncidentChanged) and _real(d.incident) for d in step.decisions):
        return []
    real = next(d.incident for d in step.decisions if isinstance(d, IncidentChanged) and _real(d.incident))
    return [alert for i in running(step) for alert in end(step, i, "preempted", detail=real.id)]


def drill_of(plan: Plan, incident: Incident) -> Drill | None:
    """The drill that this incident plays, where it is written down."""
    return plan.drills.get(incident.key.partition(":")[2]) if incident.kind is IncidentKind.DRILL else None


def running(step: Step) -> list[Incident]:
    """Drills that are under way: looked up by key, not searched for in a storm of incidents."""
    found = (
        step.state.open_incident(IncidentKind.DRILL.key(name)) for name in (*step.plan.drills, UNPLANNED)
    )
    return [incident for incident in found if incident is not None]


def sop_of(step: Step, name: str, check: str) -> str:
    """The procedure to practise: the drill's, else that of the first rule that judges the check."""
    drill = step.plan.drills.get(name)
    if drill is not None and drill.sop:
        return drill.sop
    return next((rule.sop for rule in step.plan.rules_of(check) if rule.sop), "")


def _real(incident: Incident) -> bool:
    return (
        incident.open
        and not incident.drill
        and (incident.kind.of_product or incident.kind is IncidentKind.NO_DATA)
        and incident.severity.rank <= REAL.rank
    )


def _why_not(step: Step, drill: Drill) -> str:
    if drill.check not in step.plan.checks:
        return f'there is no check "{drill.check}"'
    busy = running(step)
    if busy:
        return f"{busy[0].id} is a drill that is still under way"
    real = next((i for i in step.state.incidents.values() if _real(i)), None)
    return f"{real.id} ({real.severity}) is open, and no drill" if real else ""


def _ended(why: str, detail: str) -> Text:
    match why:
        case "preempted":
            return Text(
                f"The drill is cancelled: {detail} is real and comes first", f"演练取消：{detail} 为真实事件，优先处理"
            )  # fmt: skip
        case "everybody_answered":
            return Text("The drill is over: everybody has answered", "演练结束：所有人均已响应")
        case "stopped":
            return Text("The drill was stopped", "演练已停止")
        case _:
            return Text("The drill is over", "演练结束")
