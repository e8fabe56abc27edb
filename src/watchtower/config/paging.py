"""Who is notified at each severity: by [paging], and by the defaults."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from watchtower.channels import traits
from watchtower.core.people.assignment import BACKUP
from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.plan.paging import EscalationStep, PagingPolicy
from watchtower.model import ChannelName, Severity
from watchtower.values import Frozen

DEFAULT_ROLE = "oncall"
P0, P1, P2, P3, P4 = Severity
REMIND: Mapping[Severity, float] = {P0: 300.0, P1: 900.0, P2: 1800.0, P3: 14400.0, P4: 0.0}
"""Seconds between reminders (0: never)."""
ALSO: Mapping[Severity, tuple[str, ...]] = {
    P0: (BACKUP, "commander", "tech_lead"),
    P1: (BACKUP, "commander", "tech_lead"),
}
"""Who is asked beside `oncall`, where somebody fills the role."""
INFORM_URGENTLY: Mapping[Severity, tuple[str, ...]] = {
    P0: ("product", "customer_service", "pr", "legal", "executive"),
    P1: ("product", "customer_service"),
}
INFORM: Mapping[Severity, tuple[str, ...]] = {
    P0: ("deputy", "scribe", "architect", "dev", "test", "partner", "finance"),
    P1: ("deputy", "scribe", "architect", "dev", "test", "partner", "pr", "legal"),
    P2: ("product", "customer_service", "dev", "test"),
}
"""Who is informed, where somebody fills the role; at P2 only where roles have tables."""
NEXT: Mapping[Severity, tuple[float, tuple[str, ...]]] = {
    P0: (300.0, ("deputy", "executive")),
    P1: (600.0, ("deputy",)),
    P2: (1800.0, (BACKUP,)),
}
"""Who is asked when nobody acknowledges within these seconds; at P2 only where roles have tables."""


class Reachable(Frozen):
    """A responder as far as paging is concerned. `roles` are those that this person may fill at some time."""

    name: str
    role: str
    channels: frozenset[ChannelName]
    roles: frozenset[str]
    tables: bool = False
    """Whether roles have tables."""


def policy(
    severity: Severity,
    table: PagingPolicy | None,
    configured: Collection[ChannelName],
    people: Sequence[Reachable],
) -> PagingPolicy:
    """What is left out has a default, and a default never leaves nobody to page where there is somebody.

    No one `oncall`: all roles. No one there who is reached by the severity's usual channels: all channels. Nobody is
    told by default for a role that nobody fills.
    """
    given = table or PagingPolicy()
    written = given.model_fields_set
    filled = dict.fromkeys(role for person in people for role in sorted(person.roles))
    usual = severity in (P0, P1) or any(person.tables for person in people)
    roles = given.roles or _asked(severity, given, filled)
    channels = given.channels or tuple(
        kind for kind, one in traits().items() if kind in configured and one.down_to.rank >= severity.rank
    )
    if not given.channels and not reaches(PagingPolicy(roles=roles, channels=channels), people):
        channels = tuple(kind for kind in traits() if kind in configured)
    urgently = _told(INFORM_URGENTLY.get(severity, ()) if usual else (), filled, roles)
    if "inform_urgently" in written:
        urgently = given.inform_urgently
    defaults = {
        "roles": roles,
        "channels": channels,
        "remind_every": REMIND[severity],
        "escalate": _steps(severity, filled) if usual else (),
        "inform_urgently": urgently,
        "inform": _told(INFORM.get(severity, ()) if usual else (), filled, (*roles, *urgently)),
    }
    return given.model_copy(update={key: value for key, value in defaults.items() if key not in written})


def _asked(severity: Severity, given: PagingPolicy, filled: Collection[str]) -> tuple[str, ...]:
    if DEFAULT_ROLE in filled:
        later = {role for step in given.escalate for role in step.roles}
        return (DEFAULT_ROLE, *_told(ALSO.get(severity, ()), filled, later))
    return tuple(role for role in filled if role not in DUTIES) or tuple(filled) or (DEFAULT_ROLE,)


def _steps(severity: Severity, filled: Collection[str]) -> tuple[EscalationStep, ...]:
    after, roles = NEXT.get(severity, (0.0, ()))
    there = _told(roles, filled)
    return (EscalationStep(after=after, roles=there),) if there else ()


def _told(roles: Iterable[str], filled: Collection[str], but: Collection[str] = ()) -> tuple[str, ...]:
    return tuple(role for role in roles if role in filled and role not in but)


def told(made: PagingPolicy) -> tuple[str, ...]:
    """Every role that is notified at this severity, each once."""
    later = (role for step in made.escalate for role in step.roles)
    return tuple(dict.fromkeys((*made.roles, *later, *made.inform_urgently, *made.inform)))


def reaches(made: PagingPolicy, people: Sequence[Reachable]) -> bool:
    """Whether this policy pages anybody."""
    return any(person.roles & set(made.roles) and person.channels & set(made.channels) for person in people)
