"""Which open incident an alert has to do with: a dependency it stands on, one they share, or trouble that began together."""

from __future__ import annotations

from watchtower.core.alerts import Alert
from watchtower.core.incidents import Incident
from watchtower.core.plan import Plan
from watchtower.core.state import Step
from watchtower.model import AlertState, Instant


def related(step: Step, alert: Alert, flow: str, onset: Instant) -> tuple[Incident, str] | None:
    """The incident and why: `flow_again`, `explained_by_dependency`, `dependency_found`, `shares_dependency`,
    `began_together`. None where nothing open has to do with it."""
    plan = step.plan
    rule = plan.rules.get(alert.rule)
    matrix = rule is not None and rule.matrix
    if not matrix and not plan.depends:
        return None
    mine = {flow} if flow else {alert.check}
    below = below_of(plan, flow)
    best: tuple[int, Incident, str] | None = None
    for incident in step.state.incidents.values():
        if not incident.open or incident.drill or incident.key in ("blind", "unreached"):
            continue
        found = _why(step, incident, mine, below, onset, matrix)
        if found is not None and (best is None or found[0] < best[0]):
            best = (found[0], incident, found[1])
    return None if best is None else best[1:]


def explained(plan: Plan, incident: Incident, subjects: set[str]) -> dict[str, tuple[str, ...]]:
    """Of the incident's flows, by which of its other subjects each is explained; () for none."""
    return {flow: tuple(sorted(below_of(plan, flow) & subjects)) for flow in incident.flows}


def subjects_of(step: Step, incident: Incident) -> set[str]:
    """The flows and the checks without a flow that it is about."""
    checks = {a.check for a in step.state.alerts_of(incident.id, AlertState.FIRING, AlertState.RESOLVED)}
    return set(incident.flows) | checks


def below_of(plan: Plan, flow: str) -> set[str]:
    """Everything that this flow stands on, directly or not."""
    out: set[str] = set()
    waiting = [flow]
    while waiting:
        one = plan.flows.get(waiting.pop())
        for name in one.depends_on if one else ():
            if name not in out:
                out.add(name)
                waiting.append(name)
    return out


def _why(
    step: Step, incident: Incident, mine: set[str], below: set[str], onset: Instant, matrix: bool
) -> tuple[int, str] | None:
    theirs = subjects_of(step, incident)
    if mine & set(incident.flows):
        return 0, "alert_added"
    if below & theirs:
        return 1, "explained_by_dependency"
    under = set().union(*(below_of(step.plan, flow) for flow in incident.flows))
    if under & mine:
        return 2, "dependency_found"
    near = abs(onset - incident.onset) <= step.plan.incident.together
    if near and under & below:
        return 3, "shares_dependency"
    if near and matrix and incident.matrix and incident.flows and mine & set(step.plan.flows):
        return 4, "began_together"
    return None
