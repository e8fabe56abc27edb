"""Roles that a severity needs and nobody fills, logged once, where a team has roles at all."""

from __future__ import annotations

from watchtower.core.incident.incidents import Incident
from watchtower.core.people.assignment import BACKUP, fillers
from watchtower.core.people.kinds import RolesUnfilled
from watchtower.core.people.role_descriptions import EXPECTED
from watchtower.core.state import Step

_TEAM = 2
"""Responders from whom on roles can be shared out: one person alone has them all, and need not read so at night."""


def note_unfilled(step: Step, incident: Incident) -> None:
    """An entry `people.unfilled` when P0 or P1 wants a role that nobody fills, and it was not said yet."""
    policy, wanted = step.plan.paging.get(incident.severity), EXPECTED.get(incident.severity)
    if policy is None or wanted is None or not step.plan.people.roles or len(step.plan.responders) < _TEAM:
        return
    people = step.history(incident.id).people
    roles = dict.fromkeys((*policy.roles, *wanted, *policy.inform_urgently, *policy.inform))
    lacking = [
        role for role in roles if role != BACKUP and not fillers(step.plan, role, step.at, people)
        and role not in people.roles
    ]  # fmt: skip
    if set(lacking) - set(people.unfilled):
        step.log(incident.id, RolesUnfilled(lacking), ", ".join(lacking))
