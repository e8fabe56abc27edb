"""An alert joins an incident and its severity stays: who is notified.

The next warning (of a runway, or of a rule that wants each of its alerts acknowledged) pages as a new incident does.
Of other alerts, people who were notified before hear by quiet channels, where the severity has `update_every`, and not
more often.
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
"""Seconds within which nobody is paged twice for the same warning."""


def notify(step: Step, incident: Incident) -> bool:
    """Notifies of alerts that joined in this step; False when nobody is notified."""
    fresh = [
        d.alert
        for d in step.decisions
        if isinstance(d, AlertChanged) and d.reason == "joined" and d.alert.incident == incident.id
    ]
    warnings = [alert for alert in fresh if _is_next_warning(step, alert)]
    due = [alert for alert in warnings if not _paged_lately(step, incident, alert)]
    if due:
        _page_warnings(step, incident, due)
    policy = step.plan.paging.get(incident.severity)
    others = len(fresh) - len(warnings)
    if others and policy is not None and policy.update_every:
        step.log(incident.id, AlertsJoined(others), f"{others} more")
        return update(step, step.state.incidents[incident.id]) or bool(due)
    return bool(due)


def update(step: Step, incident: Incident) -> bool:
    """Notifies of alerts that joined since, when the severity's time has passed."""
    policy = step.plan.paging.get(incident.severity)
    people = step.history(incident.id).people
    if policy is None or not policy.update_every or not people.not_notified:
        return False
    last = incident.opened_at if people.updated_at is None else people.updated_at
    if step.at - last < policy.update_every:
        return False
    count = people.not_notified
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


def _is_next_warning(step: Step, alert: Alert) -> bool:
    rule, check = step.plan.rules.get(alert.rule), step.plan.checks.get(alert.check)
    return (rule is not None and rule.escalate_after > 0) or (check is not None and check.detector == _RUNWAY)


def _paged_lately(step: Step, incident: Incident, alert: Alert) -> bool:
    last = step.history(incident.id).people.next_warnings.get(alert.fingerprint)
    return last is not None and 0 <= step.at - last < _AGAIN


def _page_warnings(step: Step, incident: Incident, warnings: list[Alert]) -> None:
    rules = [step.plan.rules.get(alert.rule) for alert in warnings]
    for alert in warnings:
        step.log(incident.id, WarningPaged(alert.fingerprint), alert.text.en)
    if any(rule is not None and rule.escalate_after for rule in rules):
        if incident.state is IncidentState.ACKNOWLEDGED or incident.acks_missing:
            # What was acknowledged, by all or by some, is the warning before this one.
            again = move(incident, IncidentSignal.UNACKNOWLEDGE, step.at)
            incident = step.set_incident(again, "next_warning", warnings[0].text.en)
        begin_round(step, incident, PageReason.NEXT_WARNING)
    policy = step.plan.paging.get(incident.severity)
    if policy is None:
        return
    who = asked(step.plan, policy, step.at, step.history(incident.id).people)
    note = warnings[0].text
    page(
        step,
        incident,
        PageRequest(PageKind.UPDATE, PageReason.NEXT_WARNING, note=note, roles=who),
        by_channels(step.plan, who, policy.channels),
    )
