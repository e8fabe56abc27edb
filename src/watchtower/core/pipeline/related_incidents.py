"""Finds the open incident that an alert is related to: by a dependency, a shared one, or the same beginning."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.lifecycle import IncidentWord
from watchtower.core.plan import Plan
from watchtower.core.state import OVER, Step
from watchtower.model import AlertState, Instant

_NOTHING = frozenset[str]()


def related(step: Step, alert: Alert, flow: str, onset: Instant) -> tuple[Incident, IncidentWord] | None:
    """The incident and why: `flow_again`, `explained_by_dependency`, `dependency_found`, `shares_dependency`,
    `began_together`. None where nothing open has to do with it."""
    plan = step.plan
    rule = plan.rules.get(alert.rule)
    matrix = rule is not None and rule.matrix
    if not matrix and not plan.depends:
        return None
    mine = subjects_about(flow, alert.check) & plan.stood_on
    below = below_of(plan, flow)
    if not below and not mine and not (matrix and flow):
        return None
    failing = failing_of(step, below)
    best: tuple[int, int, Incident, IncidentWord] | None = None
    for incident in _candidates(step, flow, mine, below, failing):
        if not _may_be_joined(incident):
            continue
        found = _why(step, incident, flow, mine, below, failing, onset, matrix)
        # Among equals the worst: what is joined must never be less than what it takes along.
        if found is not None and (best is None or (found[0], incident.severity.rank) < best[:2]):
            best = (found[0], incident.severity.rank, incident, found[1])
    return None if best is None else best[2:]


def failing_of(step: Step, subjects: AbstractSet[str]) -> set[str]:
    """The incidents that have, or had, an alert of one of these checks."""
    told, alerts = (AlertState.FIRING, *OVER), step.state.alerts
    return {a.incident for check in subjects for a in alerts.of_check(check) if a.state in told}


def _candidates(
    step: Step, flow: str, mine: AbstractSet[str], below: AbstractSet[str], failing: AbstractSet[str]
) -> Iterable[Incident]:
    """The incidents for which `_why` may return a reason, and no other."""
    here = step.state.incidents
    there = (here[id] for id in failing if id in here)
    found = (here.of_flows({flow, *below} - {""}), there, here.standing_on({*mine, *below}), here.matrix)
    every = {incident.id: incident for some in found for incident in some}
    return sorted(every.values(), key=lambda incident: (len(incident.id), incident.id))  # the oldest first


def beneath(step: Step, subjects: set[str]) -> list[Incident]:
    """Open incidents of flows that depend on one of these, the oldest first."""
    return [incident for incident in step.state.incidents.standing_on(subjects) if _may_be_joined(incident)]


def subjects_about(flow: str, check: str) -> set[str]:
    """The names under which a flow may depend on what this alert is about."""
    return {flow, check} - {""}


def _may_be_joined(incident: Incident) -> bool:
    return incident.open and incident.kind.of_product


def explained(plan: Plan, incident: Incident, subjects: set[str]) -> dict[str, tuple[str, ...]]:
    """For each of the incident's flows, the subjects that explain it; () for none."""
    return {flow: tuple(sorted(below_of(plan, flow) & subjects)) for flow in incident.flows}


def below_of(plan: Plan, flow: str) -> frozenset[str]:
    """Everything that this flow depends on, directly or not."""
    return plan.below.get(flow, _NOTHING)


def _why(
    step: Step, incident: Incident, flow: str, mine: set[str], below: frozenset[str], failing: set[str], onset: Instant,
    matrix: bool,
) -> tuple[int, IncidentWord] | None:  # fmt: skip
    """The reason, or None. A storm calls this for each incident, so expensive tests come last."""
    if flow and flow in incident.flows:
        return 0, "alert_added"
    if incident.id in failing or (below and not below.isdisjoint(incident.flows)):
        return 1, "explained_by_dependency"
    near = abs(onset - incident.onset) <= step.plan.incident.together
    if not mine and not near:
        return None
    if mine and _stands_on(step.plan, incident, mine):
        return 2, "dependency_found"
    if near and below and _stands_on(step.plan, incident, below):
        return 3, "shares_dependency"
    if near and matrix and incident.matrix and incident.flows and flow in step.plan.flows:
        return 4, "began_together"
    return None


def _stands_on(plan: Plan, incident: Incident, subjects: AbstractSet[str]) -> bool:
    """Whether a flow of the incident depends on one of these."""
    return any(not below_of(plan, one).isdisjoint(subjects) for one in incident.flows)
