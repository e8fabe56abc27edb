"""Stage 3, correlate: alerts that began or ceased to fire become incidents that open, grow and resolve.

One incident per flow, or per check where there is no flow; every blind spot goes to the one incident
about watchtower's own sight, so that many unknown at once are one page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from watchtower.core.alerts import Alert
from watchtower.core.incidents import Incident
from watchtower.core.state import BLIND, UNREACHED, Step
from watchtower.model import AlertState, IncidentState, Text


def correlate(step: Step, changed: Sequence[Alert]) -> list[str]:
    """Incidents that these alerts touch, by id, in order."""
    touched: dict[str, None] = {}
    for alert in changed:
        if alert.state is AlertState.FIRING:
            touched[_join(step, alert)] = None
        elif alert.incident:
            _leave(step, alert)
            touched[alert.incident] = None
    return list(touched)


def _join(step: Step, alert: Alert) -> str:
    key = incident_key(step, alert)
    incident = step.state.open_incident(key)
    onset = alert.onset if alert.onset is not None else step.at
    opened = incident is None
    if incident is None:
        step.state.last_incident += 1
        incident = Incident(
            id=f"INC-{step.state.last_incident}", key=key, title=_title(step, key, alert), flow=_flow(step, alert),
            state=IncidentState.TRIGGERED, severity=alert.severity, record=alert.severity,
            opened_at=step.at, onset=onset, sop=_sop(step, alert),
        )  # fmt: skip
    alert = replace(alert, incident=incident.id)
    step.state.alerts[alert.key] = alert
    step.set_alert(alert, "joined", AlertState.FIRING)
    step.set_incident(
        replace(incident, onset=min(incident.onset, onset)),
        "opened" if opened else "alert_added",
        _name(alert),
    )
    return incident.id


def _leave(step: Step, alert: Alert) -> None:
    incident = step.state.incidents[alert.incident]
    if not incident.open:
        return
    if step.state.alerts_of(incident.id, AlertState.FIRING):
        step.set_incident(incident, "alert_resolved", _name(alert))
        return
    step.set_incident(
        replace(incident, state=IncidentState.RESOLVED, resolved_at=step.at), "resolved", _name(alert)
    )


def incident_key(step: Step, alert: Alert) -> str:
    """`blind`, `unreached`, `flow:NAME` or `check:NAME`."""
    if alert.rule == BLIND:
        return "blind"
    if alert.rule == UNREACHED:
        return "unreached"
    flow = _flow(step, alert)
    return f"flow:{flow}" if flow else f"check:{alert.check}"


def _flow(step: Step, alert: Alert) -> str:
    check = step.plan.checks.get(alert.check)
    return "" if check is None or alert.rule == BLIND else check.flow_of(alert.series)


def _title(step: Step, key: str, alert: Alert) -> Text:
    if key == "blind":
        return Text("Watchtower cannot see", "监控失明")
    if key == "unreached":
        return Text("Nobody could be reached", "告警无人送达")
    flow = step.plan.flows.get(_flow(step, alert))
    if flow is not None:
        return flow.title
    check = step.plan.checks[alert.check]
    return check.title or Text(check.name, check.name)


def _sop(step: Step, alert: Alert) -> str:
    rule = step.plan.rules.get(alert.rule)
    return rule.sop if rule else ""


def _name(alert: Alert) -> str:
    where = f"{alert.check} [{alert.series}]" if alert.series else alert.check
    return f"{alert.rule} on {where}"
