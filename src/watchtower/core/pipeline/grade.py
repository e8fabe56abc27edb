"""Stage 4, grade: the severity of an incident now (response) and at its worst (record).

By the severity matrix, from its numbers, where a rule asks for it; else the worst severity among its firing alerts. Silent,
low and back a little are phases of one outage: what its traffic asked for holds until its users are back. The record level
never falls.
"""

from __future__ import annotations

from watchtower.core.impact.stage import join, note, numbers, suffering
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.kinds import NO_DATA
from watchtower.core.indicators import Indicators
from watchtower.core.notify.worse import worse
from watchtower.core.pipeline.features import factors
from watchtower.core.severity.apply import apply_severity, rule_severities, settle
from watchtower.core.severity.factors import Factors
from watchtower.core.severity.overrides import standing
from watchtower.core.state import Step
from watchtower.model import AlertState, Severity, worst_of


def grade(step: Step, incident_id: str) -> tuple[Severity | None, str]:
    """Measures the incident and sets its severities; one that was just opened gets its first lines by it. Returns the
    previous response severity and a reason: `opened`, `reopened`, `raised`, `lowered`, `unchanged`."""
    incident = step.state.incidents[incident_id]
    known = factors(step.history(incident_id))
    measured = _measure(step, incident, known)
    news = worse(step, incident, measured) if measured is not None else ()
    if incident.matrix and incident.open:
        rules = rule_severities(step.plan, step.state.alerts_of(incident_id, AlertState.FIRING))
        outcome = apply_severity(
            step, incident_id, fixed=rules.fixed, assumed=rules.assumed, hidden=known.hides_fault, overdue=known.overdue,
        )  # fmt: skip
    else:
        outcome = settle(step, incident_id, _by_rules(step, incident))
    if measured is not None:
        changed = incident.matrix and outcome[1] != "unchanged"
        note(step, step.state.incidents[incident_id], measured, force=changed or bool(news))
    if news and outcome[1] == "unchanged":
        step.worse[incident_id] = news
    return outcome


def _measure(step: Step, incident: Incident, known: Factors) -> Indicators | None:
    """The numbers as of now; None for an incident that is over or concerns no flow."""
    if not incident.open:
        step.state.meters.drop(incident.id)
        return None
    if incident.flows:
        join(step, incident)
    indicators = numbers(step, incident, known)
    if indicators is not None:
        step.state.numbers[incident.id] = indicators
    return indicators


def _by_rules(step: Step, incident: Incident) -> Severity:
    """The worst severity of what fires, or what a person set; the present one where nothing does."""
    firing = step.state.alerts_of(incident.id, AlertState.FIRING)
    worst = _worst(step, incident, firing)
    if worst is None:
        return incident.severity
    if incident.severity.worse_than(worst):
        # What comes and goes around a threshold must not be lowered and raised every few minutes.
        lasts = step.plan.severity.lower.after[incident.severity]
        ended = (one for one in step.state.alerts.of(incident.id) if one.state is not AlertState.UNWATCHED)
        lately = [one for one in ended if one.resolved_at is not None and step.at - one.resolved_at < lasts]
        if not incident.severity.worse_than(_worst(step, incident, [*firing, *lately]) or worst):
            worst = incident.severity
    return standing(step.history(incident.id).severity, worst)


def _worst(step: Step, incident: Incident, alerts: list[Alert]) -> Severity | None:
    """What these alerts ask for, and those of traffic whose users are not back."""
    phases = [alert.severity for alert in alerts]
    if incident.flows and not all(one is incident.severity for one in phases):
        phases += [alert.severity for alert in _passed(step, incident)]
    many = sum(1 for alert in alerts if alert.rule == NO_DATA) >= step.plan.no_data.many
    return worst_of([*phases, step.plan.no_data.severity_many] if many else phases)


def _passed(step: Step, incident: Incident) -> list[Alert]:
    """Alerts of traffic that ended while their flow's users were not back."""
    flows = suffering(step, incident.id)
    ended = step.state.alerts_of(incident.id, AlertState.RESOLVED) if flows else []
    checks = ((alert, step.plan.checks.get(alert.check)) for alert in ended)
    return [
        alert
        for alert, check in checks
        if check is not None and "traffic.rate" in check.facts and check.flow_of(alert.series) in flows
    ]
