"""Stage 4, grade: applies the matrix to an incident; every change has its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.lifecycle import IncidentWord
from watchtower.core.indicators import Indicators
from watchtower.core.notify.messages import NotePoint
from watchtower.core.notify.page_roles import page_roles
from watchtower.core.plan import Plan
from watchtower.core.severity.history import SeverityHistory
from watchtower.core.severity.kinds import LoweringProposed, SeverityChange
from watchtower.core.severity.matrix import MatrixResult, by_matrix
from watchtower.core.severity.response import respond
from watchtower.core.state import Step
from watchtower.model import IncidentState, Severity, Text, worst_of
from watchtower.texts.reasons import PageReason
from watchtower.values import Frozen, replace

_COMMANDER = "commander"


class RuleSeverities(Frozen):
    """What rules that fire say of the severity. `named`: the severity of each rule that names one; `assumed`: the
    worst of the others', while the matrix has no numbers."""

    named: Mapping[str, Severity]
    assumed: Severity | None

    @property
    def fixed(self) -> Severity | None:
        """The worst that a rule names."""
        return worst_of(self.named.values())


def rule_severities(plan: Plan, firing: Iterable[Alert]) -> RuleSeverities:
    """Of these alerts' rules."""
    named: dict[str, Severity] = {}
    assumed: list[Severity] = []
    for alert in firing:
        rule = plan.rules.get(alert.rule)
        if rule is not None and rule.matrix:
            assumed.append(alert.severity)
        else:
            named[alert.rule] = worst_of((alert.severity, named.get(alert.rule))) or alert.severity
    return RuleSeverities(named, worst_of(assumed))


def severity_by_matrix(
    plan: Plan,
    levels: SeverityHistory,
    indicators: Indicators | None,
    fixed: Severity | None,
    assumed: Severity | None,
    first: bool,
) -> MatrixResult:
    """The matrix' result for an incident with these numbers. See `by_matrix`."""
    return by_matrix(
        plan.severity, indicators, fixed=fixed, assumed=assumed, held_since=levels.held_since, first=first,
        titles={name: flow.title for name, flow in plan.flows.items()},
    )  # fmt: skip


def apply_severity(
    step: Step,
    incident_id: str,
    *,
    fixed: Severity | None = None,
    assumed: Severity | None = None,
    hidden: bool = False,
    overdue: bool = False,
) -> tuple[Severity | None, str]:
    """Bring an incident of the matrix to its levels; the previous response level, and `opened`, `reopened`, `raised`,
    `lowered` or `unchanged`. See `by_matrix` and `respond` for the arguments."""
    incident, indicators = step.state.incidents[incident_id], step.indicators(incident_id)
    history = step.history(incident_id)
    levels, opening = history.severity, incident_id in step.opening
    if levels.response is None and not opening:
        # It was graded by fixed severities until now: it goes on from there.
        fixed = worst_of((fixed, incident.severity))
    first = opening and incident_id not in step.reopened
    result = severity_by_matrix(step.plan, levels, indicators, fixed, assumed, first)
    commander = history.people.roles.get(_COMMANDER, "")
    moves = respond(
        step.plan.severity, levels, result, indicators, step.at,
        mitigated=incident.state is IncidentState.MITIGATED, hidden=hidden, commander=commander, overdue=overdue,
        reopened=incident_id in step.reopened,
    )  # fmt: skip
    changes = [(move.said.severity, move.detail) for move in moves if isinstance(move.said, SeverityChange)]
    now, detail = changes[-1] if changes else (levels.response or incident.severity, "")
    opened = settle(step, incident_id, now) if opening else None
    for move in moves:
        step.log(incident_id, move.said, move.detail, move.by)
        if isinstance(move.said, LoweringProposed):
            ask = Text(move.said.en, move.said.zh)
            page_roles(
                step,
                step.state.incidents[incident_id],
                [_COMMANDER],
                PageReason.LOWERING_PROPOSED,
                NotePoint("severity", ask),
                command=f"watchtower do {incident_id} confirm",
            )
    return opened or settle(step, incident_id, now, detail)


def settle(
    step: Step, incident_id: str, now: Severity, detail: str = "", by: str = "watchtower"
) -> tuple[Severity | None, str]:
    """Sets the incident's severity; one that was just opened is announced with it. The previous severity, and
    what became of it."""
    incident = step.state.incidents[incident_id]
    opening, reopened = incident_id in step.opening, incident_id in step.reopened
    known = None if opening and not reopened else incident.record
    record = worst_of((step.history(incident_id).severity.record, known, now)) or now
    after, previous = replace(incident, severity=now, record=record), incident.severity
    if opening:
        step.opened(after)
        return None, "reopened" if reopened else "opened"
    if now is previous:
        step.state.incidents[incident_id] = after
        return previous, "unchanged"
    reason: IncidentWord = "raised" if now.worse_than(previous) else "lowered"
    step.set_incident(after, reason, detail or f"{previous} -> {now}", by)
    return previous, reason
