"""Who is paged at each severity: what [paging] says, and what holds where it is silent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from watchtower.config.rules_file import PagingTable
from watchtower.core.plan import PagingPolicy
from watchtower.model import ChannelName, Severity

DEFAULT_ROLE = "oncall"
_EVERY = tuple(ChannelName)
_DEFAULTS: Mapping[Severity, tuple[tuple[ChannelName, ...], float]] = {
    Severity.P0: (_EVERY, 300.0),
    Severity.P1: (_EVERY, 900.0),
    Severity.P2: (_EVERY, 1800.0),
    Severity.P3: ((ChannelName.EMAIL, ChannelName.WEBHOOK), 14400.0),
    Severity.P4: ((ChannelName.EMAIL,), 0.0),
}
"""Channels, and seconds between reminders (0: never)."""


@dataclass(frozen=True, slots=True)
class Reachable:
    """A responder as far as paging is concerned."""

    role: str
    channels: frozenset[ChannelName]


def policy(
    severity: Severity,
    table: PagingTable | None,
    configured: Collection[ChannelName],
    people: Sequence[Reachable],
) -> PagingPolicy:
    """What is left out has a default, and a default never leaves nobody to page where there is somebody.

    No one `oncall`: all roles. No one there who is reached by the severity's usual channels: all channels.
    """
    preferred, remind = _DEFAULTS[severity]
    roles: tuple[str, ...] = (DEFAULT_ROLE,)
    if table is not None and table.roles is not None:
        roles = table.roles
    elif all(person.role != DEFAULT_ROLE for person in people):
        roles = tuple(dict.fromkeys(person.role for person in people)) or roles
    if table is not None and table.channels is not None:
        channels = table.channels
    else:
        channels = tuple(name for name in preferred if name in configured)
        if not reaches(PagingPolicy(roles, channels), people):
            channels = tuple(name for name in _EVERY if name in configured)
    if table is not None and table.remind_every is not None:
        remind = table.remind_every
    return PagingPolicy(roles, channels, remind)


def reaches(made: PagingPolicy, people: Sequence[Reachable]) -> bool:
    """Is there anybody whom this policy pages?"""
    return any(person.role in made.roles and person.channels & set(made.channels) for person in people)
