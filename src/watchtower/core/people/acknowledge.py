"""Acknowledgements: one, or as many as the severity requires; and how long they hold."""

from __future__ import annotations

from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.transitions import IncidentSignal, move
from watchtower.core.people.assignment import asked, filling
from watchtower.core.people.kinds import AckCameLate, AckCounted
from watchtower.core.state import Step
from watchtower.model import IncidentState
from watchtower.values import replace


def acknowledge(step: Step, incident: Incident, by: str, via: str, late: bool = False) -> None:
    """Records the acknowledgement of `by`; one that comes `late` also where it is over, or somebody else has it."""
    theirs = not incident.open or incident.state is IncidentState.ACKNOWLEDGED
    if late and theirs and by not in incident.acknowledged_by.split(", "):
        step.log(incident.id, AckCameLate(by), via, by)
    policy = step.plan.paging.get(incident.severity)
    lasting = policy is not None and bool(policy.ack_expires)
    if not incident.open:
        return
    if incident.state is IncidentState.ACKNOWLEDGED:
        if lasting:
            step.log(incident.id, AckCounted(by), via, by)
        return
    needed = acks_needed(step, incident)
    acks = step.history(incident.id).people.acks
    if needed > 1 and by in acks:
        return
    if needed > 1 or lasting:
        acks = step.log(incident.id, AckCounted(by), via, by).people.acks
    missing = max(0, needed - len(acks)) if needed > 1 else 0
    who = ", ".join(acks) if needed > 1 else by
    if missing:
        step.set_incident(
            replace(incident, acknowledged_by=who, acks_missing=missing), "acknowledged_in_part", via, by
        )
        return
    mitigated = incident.state is IncidentState.MITIGATED
    if mitigated and incident.acknowledged_at is not None:
        return
    step.set_incident(
        move(incident, IncidentSignal.ACKNOWLEDGE, step.at, acknowledged_by=who),
        "acknowledged",
        via,
        by,
    )


def acks_needed(step: Step, incident: Incident) -> int:
    """How many must acknowledge: as many as the severity requires, but never more than people who could be
    paged."""
    policy = step.plan.paging.get(incident.severity)
    if policy is None or policy.acks <= 1:
        return 1
    people = step.history(incident.id).people
    could = set(asked(step.plan, policy, step.at, people))
    for one in policy.escalate:
        could.update(filling(step.plan, one.roles, step.at, people, policy.roles))
    return min(policy.acks, max(1, len(could)))


def want_more(step: Step, incident: Incident) -> Incident:
    """After a raise: with fewer acknowledgements than the new severity requires, the incident is
    unacknowledged."""
    needed = acks_needed(step, incident)
    if incident.state is not IncidentState.ACKNOWLEDGED or needed <= 1:
        return incident
    acks = step.history(incident.id).people.acks
    if not acks and incident.acknowledged_by:
        by = incident.acknowledged_by
        acks = step.log(incident.id, AckCounted(by), "before", by).people.acks
    missing = max(0, needed - len(acks))
    if not missing:
        return incident
    again = move(incident, IncidentSignal.WANT_MORE, step.at, acks_missing=missing)
    return step.set_incident(again, "acks_missing", f"{missing} more")
