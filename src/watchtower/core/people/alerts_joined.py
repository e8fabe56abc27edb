"""An alert joins an incident and its level stays: who hears of it.

Another warning of a ladder (a runway's, or of a rule that wants each of its alerts acknowledged) is told as a page
is. Of others, those who were told hear by quiet channels, where the level has `update_every`, and not more often.
"""

from __future__ import annotations

from watchtower.core.events import AlertChanged
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident, PageState
from watchtower.core.incident.transitions import IncidentSignal, move
from watchtower.core.notify.pages import PageRequest, by_channels, page
from watchtower.core.people.assignment import asked
from watchtower.core.people.escalation import begin_round
from watchtower.core.people.kinds import AlertsJoined, AlertsNotified, WarningPaged
from watchtower.core.state import Step
from watchtower.model import IncidentState, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason

_RUNWAY = "runway"
_AGAIN = 86400.0
"""Seconds within which the same warning is not told twice."""


def told(step: Step, incident: Incident) -> bool:
    """Notifies of alerts that joined in this step; False when nobody is notified."""
    fresh = [
        d.alert
        for d in step.decisions
        if isinstance(d, AlertChanged) and d.reason == "joined" and d.alert.incident == incident.id
    ]
    rungs = [alert for alert in fresh if _is_rung(step, alert)]
    due = [alert for alert in rungs if not _told_lately(step, incident, alert)]
    if due:
        _tell_rungs(step, incident, due)
    policy = step.plan.paging.get(incident.severity)
    others = len(fresh) - len(rungs)
    if others and policy is not None and policy.update_every:
        step.log(incident.id, AlertsJoined(others), f"{others} more")
        return update(step, step.state.incidents[incident.id]) or bool(due)
    return bool(due)


def update(step: Step, incident: Incident) -> bool:
    """Notifies of alerts that joined since, when the severity's time has passed."""
    policy = step.plan.paging.get(incident.severity)
    people = step.history(incident.id).people
    if policy is None or not policy.update_every or not people.untold:
        return False
    last = incident.opened_at if people.updated_at is None else people.updated_at
    if step.at - last < policy.update_every:
        return False
    count = people.untold
    step.log(incident.id, AlertsNotified(count), f"{count} more")
    names = dict.fromkeys(a[0] for a, t in incident.notified.items() if t.firing is PageState.DELIVERED)
    addresses = by_channels(step.plan, names, step.plan.quiet, strictly=True)
    if not addresses:
        return False
    note = Text(f"{count} more alert{'' if count == 1 else 's'} joined", f"新增 {count} 条告警")
    page(
        step,
        incident,
        PageRequest(PageKind.UPDATE, PageReason.ALERTS_JOINED, note=note, informs=True, quiet=True),
        addresses,
    )
    return True


def _is_rung(step: Step, alert: Alert) -> bool:
    rule, check = step.plan.rules.get(alert.rule), step.plan.checks.get(alert.check)
    return (rule is not None and rule.escalate_after > 0) or (check is not None and check.detector == _RUNWAY)


def _told_lately(step: Step, incident: Incident, alert: Alert) -> bool:
    last = step.history(incident.id).people.rungs.get(alert.fingerprint)
    return last is not None and 0 <= step.at - last < _AGAIN


def _tell_rungs(step: Step, incident: Incident, rungs: list[Alert]) -> None:
    rules = [step.plan.rules.get(alert.rule) for alert in rungs]
    for alert in rungs:
        step.log(incident.id, WarningPaged(alert.fingerprint), alert.text.en)
    if any(rule is not None and rule.escalate_after for rule in rules):
        if incident.state is IncidentState.ACKNOWLEDGED or incident.acks_missing:
            # What was acknowledged, by all or by some, is the warning before this one.
            again = move(incident, IncidentSignal.UNACKNOWLEDGE, step.at)
            incident = step.set_incident(again, "next_warning", rungs[0].text.en)
        begin_round(step, incident, PageReason.NEXT_WARNING)
    policy = step.plan.paging.get(incident.severity)
    if policy is None:
        return
    who = asked(step.plan, policy, step.at, step.history(incident.id).people)
    note = rungs[0].text
    page(
        step,
        incident,
        PageRequest(PageKind.UPDATE, PageReason.NEXT_WARNING, note=note, roles=who),
        by_channels(step.plan, who, policy.channels),
    )
