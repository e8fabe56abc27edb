"""Who fills which role now: by an action in this incident, the schedule, the role's table, or a responder's
own entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchtower.core.incident.incidents import Address, Notified, PageState
from watchtower.core.oncall.schedule import following, on_call
from watchtower.core.people.roles import People
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import PagingPolicy
from watchtower.core.plan.roles import NEXT, Role
from watchtower.model import ChannelName, Instant

BACKUP = "backup"
"""As a role: the backups of the roles that are paged, and whoever has this role."""
NOBODY = People()


def fillers(plan: Plan, role: str, at: Instant, people: People = NOBODY) -> tuple[str, ...]:
    """Names of the responders who fill this role now; () when nobody does.

    Who took or was given the role in this incident fills it alone; else the role's table, where it has one, says
    who; else every responder who names the role. In a gap of the schedule the role's backup stands in.
    """
    taken = people.roles.get(role, "")
    if taken in plan.responders:
        return (taken,)
    declared = plan.people.roles.get(role)
    if declared is None:
        return tuple(one.name for one in plan.responders.values() if one.role == role)
    if declared.schedule:
        schedule = plan.people.schedules.get(declared.schedule)
        who = on_call(schedule, at) if schedule else ""
        return (who,) if who in plan.responders else _known(plan, _backup(plan, declared, at))
    return _known(plan, declared.primary) or _known(plan, declared.backup)


def backups(plan: Plan, roles: Iterable[str], at: Instant, people: People = NOBODY) -> tuple[str, ...]:
    """The backups of these roles, each once, then whoever has the role `backup`."""
    tables = (plan.people.roles.get(role) for role in roles)
    found = [name for one in tables if one for name in _known(plan, _backup(plan, one, at))]
    return tuple(dict.fromkeys((*found, *fillers(plan, BACKUP, at, people))))


def filling(
    plan: Plan, roles: Iterable[str], at: Instant, people: People = NOBODY, paged: Iterable[str] = ()
) -> Mapping[str, str]:
    """Everybody who fills one of these roles, with the first of them that they fill. `paged`: the level's roles, whose
    backups the word `backup` stands for."""
    out: dict[str, str] = {}
    for role in roles:
        names = (
            backups(plan, paged, at, people)
            if role == BACKUP and BACKUP not in people.roles
            else fillers(plan, role, at, people)
        )
        for name in names:
            out.setdefault(name, role)
    return out


def asked(plan: Plan, policy: PagingPolicy, at: Instant, people: People = NOBODY) -> Mapping[str, str]:
    """Everybody who is asked to acknowledge now, with their role: the level's roles, and those escalated to.

    Nobody is never the answer where somebody could be: in a gap the steps of escalation are gone through at once,
    and in the end everybody on the schedules of these roles is asked.
    """
    roles = (*policy.roles, *people.asked)
    found = filling(plan, roles, at, people, policy.roles)
    if found:
        return found
    for step in policy.escalate:
        if found := filling(plan, step.roles, at, people, policy.roles):
            return found
    out: dict[str, str] = {}
    for role in policy.roles:
        declared = plan.people.roles.get(role)
        schedule = plan.people.schedules.get(declared.schedule) if declared else None
        out.update((name, role) for name in _known(plan, schedule.people if schedule else ()))
    return out


def informed(plan: Plan, policy: PagingPolicy, at: Instant, people: People = NOBODY) -> Mapping[str, str]:
    """Everybody who is only informed at this severity, with their role."""
    roles = (*policy.inform_urgently, *policy.inform)
    return filling(plan, roles, at, people, policy.roles)


def _backup(plan: Plan, role: Role, at: Instant) -> tuple[str, ...]:
    if role.backup == (NEXT,) and NEXT not in plan.responders:
        schedule = plan.people.schedules.get(role.schedule)
        shift = following(schedule, at) if schedule else None
        return (shift.who,) if shift else ()
    return role.backup


def _known(plan: Plan, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in plan.responders)


def reached_by(notified: Mapping[Address, Notified]) -> frozenset[ChannelName]:
    """The channels by which a page to somebody who should acknowledge was delivered: P0 and P1 need two
    independent ones."""
    return frozenset(
        channel for (_, channel), t in notified.items() if t.firing is PageState.DELIVERED and not t.informed
    )
