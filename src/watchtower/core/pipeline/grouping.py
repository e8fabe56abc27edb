"""Stage 3, group: alerts that began or ceased to fire become incidents that open, grow and resolve.

One incident per flow, or per check where there is no flow, and what hangs together joins it (`related`). All series
without data share one incident, so that many at once are one page. A relapse soon after the end reopens the incident.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchtower.core.drills.stage import sop_of
from watchtower.core.impact.kinds import ImpactEntered
from watchtower.core.impact.stage import join
from watchtower.core.incident import kinds
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import PENDING, Incident, PageState
from watchtower.core.incident.lifecycle import IncidentWord
from watchtower.core.incident.transitions import START, IncidentSignal, move
from watchtower.core.locations.lost import title_of_lost
from watchtower.core.notify.measured import title_of
from watchtower.core.pipeline.merge import merge
from watchtower.core.pipeline.related_incidents import related, subjects_about
from watchtower.core.state import Step
from watchtower.model import AlertState, IncidentState, Instant, Text
from watchtower.values import replace

_TITLES: Mapping[str, Text] = {
    kinds.NO_DATA: Text("No data", "监控盲区"),
    kinds.UNREACHED: Text("Nobody could be reached", "告警无人送达"),
    kinds.CHANNEL: Text("A channel sends no pages", "通知渠道无法发送"),
    kinds.GAP: Text("Nobody watched", "监控中断"),
}
_TITLE = 80
"""Characters of the title of a declared incident without a flow."""


def group(step: Step, changed: Sequence[Alert]) -> list[str]:
    """Groups these alerts; returns the changed incidents by id, in order."""
    touched: dict[str, None] = {}
    for alert in changed:
        if alert.state is AlertState.FIRING:
            for incident in _join(step, alert):
                touched[incident] = None
        elif alert.incident:
            _leave(step, alert)
            touched[alert.incident] = None
    return list(touched)


def _join(step: Step, alert: Alert) -> list[str]:
    """The incident of this alert, and those that merged into it now."""
    key = incident_key(step, alert)
    onset = alert.onset if alert.onset is not None else step.at
    incident, why = _home(step, alert, key, onset)
    rule = step.plan.rules.get(alert.rule)
    flow = _flow(step, alert)
    if incident is None:
        step.state.last_incident += 1
        incident = Incident(
            id=f"INC-{step.state.last_incident}", key=key, title=_title(step, alert), flow=flow,
            state=START, severity=alert.severity, record=alert.severity,
            opened_at=step.at, onset=onset, sop=_sop(step, alert), drill=alert.rule == kinds.DRILL,
            origin=step.state.identities.origin(
                step.state.instance, key, alert, step.at, step.declared[2] if step.declared else ""
            ),
        )  # fmt: skip
        name = step.state.identities.told_as(incident.id, incident.origin)
        incident = replace(incident, told_as=name)
        step.opening[incident.id] = []
    elif not incident.open:
        incident = _reopened(step, incident, onset)
    elif incident.state is IncidentState.MITIGATED:
        again = max(onset, incident.mitigated_at or 0.0)
        incident = move(incident, IncidentSignal.RECUR, step.at, again_at=again)
        why = "recurred"
    incident = replace(
        incident,
        onset=min(incident.onset, onset),
        flow=incident.flow or flow,
        flows=incident.flows if not flow or flow in incident.flows else (*incident.flows, flow),
        matrix=incident.matrix or (rule is not None and rule.matrix) or alert.when == kinds.BY_MATRIX,
    )
    again = alert.incident == incident.id and incident.id not in step.reopened and not _warns(step, alert)
    alert = replace(alert, incident=incident.id)
    step.state.alerts[alert.key] = alert
    step.state.incidents[incident.id] = incident
    if not again:  # an alert that ended and fires again is no news to those who heard of it
        step.set_alert(alert, "joined", AlertState.FIRING)
    if alert.rule == kinds.DECLARED and step.declared is not None:
        by, values, _ = step.declared
        step.set_incident(incident, why, alert.text.en, by)
        for name, value in values.items():
            step.log(incident.id, ImpactEntered(name, value), f"{name}: {value}", by)
    else:
        step.set_incident(incident, why, _name(alert))
    if alert.rule in kinds.BUILT_IN or _warns(step, alert):
        return [incident.id]
    return [incident.id, *merge(step, incident, subjects_about(flow, alert.check))]


def _home(step: Step, alert: Alert, key: str, onset: Instant) -> tuple[Incident | None, IncidentWord]:
    """The incident of this alert, and the reason for joining it."""
    incident = step.state.open_incident(key)
    if incident is not None:
        return incident, "alert_added"
    if alert.rule not in kinds.BUILT_IN and not _warns(step, alert):
        found = related(step, alert, _flow(step, alert), onset)
        if found is not None:
            return found
    over = _to_reopen(step, alert, key)
    if over is None:
        return None, "opened"
    return over, "alert_added" if over.open else "reopened"


def _to_reopen(step: Step, alert: Alert, key: str) -> Incident | None:
    """The ended incident that this alert reopens: its own, one about the same, or one that its flow was part
    of; instead of a merged one, the one that it merged into."""
    flow = _flow(step, alert) if alert.rule not in kinds.BUILT_IN else ""
    own = step.state.incidents.get(alert.incident)
    found = [own] if own is not None and flow in ("", *own.flows) else []
    found += reversed(step.state.incidents.over(key))
    if flow:
        found += [i for i in step.state.incidents.of_flows([flow]) if not i.open]
    for over in found:
        last: Incident = over
        while last.merged_into in step.state.incidents:
            last = step.state.incidents[last.merged_into]
        if not last.merged_into and (last.open or step.may_reopen(last)):
            return last
    return None


def _reopened(step: Step, incident: Incident, onset: Instant) -> Incident:
    """Reopens the incident, bad again since `onset`: everybody who was notified of the end is paged again, and an
    acknowledgement is needed again."""
    for page in step.state.pages_of(incident.id, *PENDING):
        if page.kind.ends:
            step.set_page(replace(page, state=PageState.CANCELLED), "superseded")
    notified = {
        address: replace(known, resolved=None)
        for address, known in incident.notified.items()
        # Word that it is over had not arrived, or word of it is still on its way.
        if known.resolved in (PageState.QUEUED, PageState.FAILING) or known.firing in PENDING
    }
    for alert in step.state.alerts_of(incident.id, AlertState.UNWATCHED):
        # People were notified so; what is watched holds the incident up from here on.
        step.set_alert(replace(alert, state=AlertState.INACTIVE), "unwatched", alert.state)
    step.reopened[incident.id] = incident.acknowledged_by
    step.opening[incident.id] = []
    again = max(onset, incident.mitigated_at or incident.resolved_at or 0.0)
    return move(
        incident, IncidentSignal.REOPEN, step.at, notified=notified, reminded_at=step.at, again_at=again
    )


def _leave(step: Step, alert: Alert) -> None:
    incident = step.state.incidents[alert.incident]
    if not incident.open:
        return
    if incident.matrix or step.state.alerts.fires(incident.id) or _fell(step, incident):
        # Where nothing fires any more, whether its users are well again is seen from real traffic (`auto_resolve`).
        left = alert.state is AlertState.UNWATCHED
        step.set_incident(incident, "alert_unwatched" if left else "alert_resolved", _name(alert))
        return
    unseen = step.state.alerts_of(incident.id, AlertState.UNWATCHED)
    over = move(incident, IncidentSignal.UNWATCH if unseen else IncidentSignal.RESOLVE, step.at)
    step.set_incident(over, "unwatched" if unseen else "resolved", _name(alert))


def _fell(step: Step, incident: Incident) -> bool:
    """Whether the requests of one of its flows fell: then they show when it is over."""
    join(step, incident)  # after a restart its numbers are in its log only
    return any(meter.fell for meter in step.state.meters.by_incident.get(incident.id, {}).values())


def incident_key(step: Step, alert: Alert) -> str:
    """What the incident of this alert is about: `no_data`, `unreached`, `gap`, `drill:NAME`, `channel:NAME`, `flow:NAME`,
    `location:NAME`, `check:NAME` or `declared:ID`."""
    kind = kinds.BUILT_IN.get(alert.rule)
    if kind is kinds.IncidentKind.DECLARED:
        return alert.check
    if kind is not None:
        if kind in (kinds.IncidentKind.CHANNEL, kinds.IncidentKind.LOCATION):
            return kind.key(alert.check)
        return kind.key(alert.series) if kind is kinds.IncidentKind.DRILL else str(kind)
    flow = _flow(step, alert)
    if flow:
        return kinds.IncidentKind.FLOW.key(flow)
    group = _group(step, alert)
    return kinds.IncidentKind.CHECK.key(f"{alert.check}/{group}" if group else alert.check)


def _group(step: Step, alert: Alert) -> str:
    """What an alert that somebody else raised shares its incident by; empty for others."""
    check = step.plan.checks.get(alert.check)
    return check.alerts.group_of(alert.series) if check is not None and check.alerts is not None else ""


def _flow(step: Step, alert: Alert) -> str:
    if alert.rule == kinds.DECLARED:
        kind, _, name = alert.check.partition(":")
        return name if kind == kinds.IncidentKind.FLOW else ""
    check = step.plan.checks.get(alert.check)
    if check is None or alert.rule == kinds.NO_DATA or _warns(step, alert):
        return ""
    return check.flow_of(alert.series)


def _warns(step: Step, alert: Alert) -> bool:
    """Whether this is a warning that may wait. It gets an incident of its own, because acknowledging an
    expiring certificate does not acknowledge the outage that follows."""
    rule, check = step.plan.rules.get(alert.rule), step.plan.checks.get(alert.check)
    return rule is not None and (
        rule.escalate_after > 0
        or (check is not None and check.detector == "runway" and "runway." in rule.when)
    )


def _title(step: Step, alert: Alert) -> Text:
    if alert.rule in _TITLES:
        return _TITLES[alert.rule]
    if alert.rule == kinds.LOCATION:
        return title_of_lost(step.plan, alert.check)
    flow = step.plan.flows.get(_flow(step, alert))
    if flow is not None:
        return flow.title
    if alert.rule == kinds.DECLARED:
        said = alert.text.en.partition("\n")[0]
        said = said if len(said) <= _TITLE else f"{said[: _TITLE - 1]}…"
        return Text(said, said)
    if group := _group(step, alert):
        return Text(group, group)
    return title_of(step.plan.checks[alert.check])


def _sop(step: Step, alert: Alert) -> str:
    if alert.rule == kinds.DRILL:
        return sop_of(step, alert.series, alert.check)
    rule = step.plan.rules.get(alert.rule)
    runbook = step.state.facts.get(alert.key, {}).get("runbook")
    return (rule.sop if rule else "") or (runbook if isinstance(runbook, str) else "")


def _name(alert: Alert) -> str:
    where = f"{alert.check} [{alert.series}]" if alert.series else alert.check
    return f"{alert.rule} on {where}"
