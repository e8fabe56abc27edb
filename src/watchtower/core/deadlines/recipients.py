"""Who hears of clocks. A team of two whose rules say `severity = "P2"` hears of none that it did not ask for."""

from __future__ import annotations

from collections.abc import Iterable

from watchtower.core.incident.incidents import Incident
from watchtower.core.notify.messages import NotePoint
from watchtower.core.notify.page_roles import page_roles
from watchtower.core.people.assignment import fillers
from watchtower.core.state import Step
from watchtower.texts.reasons import PageReason

LEADING = ("commander", "deputy")
FALLBACK = "oncall"


def conducted(step: Step, incident: Incident) -> bool:
    """Whether clocks are told to people: [targets] is written, or somebody leads this incident."""
    return step.plan.deadlines.configured or filled(step, incident, LEADING)


def filled(step: Step, incident: Incident, roles: Iterable[str]) -> bool:
    """Whether anybody fills one of these roles now."""
    people = step.history(incident.id).people
    return any(fillers(step.plan, role, step.at, people) for role in roles)


def tell(
    step: Step, incident: Incident, roles: Iterable[str], reason: PageReason, *points: NotePoint
) -> None:
    """To these roles; to who is on call where nobody fills any of them."""
    roles = tuple(roles)
    page_roles(step, incident, roles if filled(step, incident, roles) else (FALLBACK,), reason, *points)


def tell_each(
    step: Step, incident: Incident, reason: PageReason, told: Iterable[tuple[Iterable[str], NotePoint]]
) -> None:
    """What is due at one moment is one message for whoever gets all of it."""
    people = step.history(incident.id).people
    groups: dict[frozenset[str], tuple[tuple[str, ...], list[NotePoint]]] = {}
    for roles, point in told:
        roles = tuple(roles)
        who = frozenset(name for role in roles for name in fillers(step.plan, role, step.at, people))
        groups.setdefault(who, (roles, []))[1].append(point)
    for roles, points in groups.values():
        tell(step, incident, roles, reason, *points)
