"""Who is paged, by which channels and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from watchtower.model import ChannelName, Language


@dataclass(frozen=True, slots=True)
class Responder:
    """A person (or a rota's phone) who is paged. `addresses` in the order of preference."""

    name: str
    role: str
    addresses: Mapping[ChannelName, str]
    language: Language = Language.EN
    zone: str = "UTC"
    """IANA name of the zone in which this person reads times."""


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Nobody has acknowledged for `after` seconds of this level: these roles are asked too, by these channels (none
    named: the level's). The role `backup` stands for the backups of the roles that are paged."""

    after: float
    roles: tuple[str, ...]
    channels: tuple[ChannelName, ...] = ()


@dataclass(frozen=True, slots=True)
class PagingPolicy:
    """Who is paged at one severity: the roles, by which channels, reminded how often (0: never).

    `acks` people must acknowledge; an acknowledgement that nothing follows is void after `ack_expires` seconds (0:
    never). `inform_urgently` are roles that are told by the level's channels, `inform` by quiet ones, and asked nothing.
    `update_every`: of alerts that join at the same level, those who were told hear so often at most (0: never).
    """

    roles: tuple[str, ...]
    channels: tuple[ChannelName, ...]
    remind_every: float = 0.0
    escalate: tuple[EscalationStep, ...] = ()
    acks: int = 1
    ack_expires: float = 0.0
    inform_urgently: tuple[str, ...] = ()
    inform: tuple[str, ...] = ()
    update_every: float = 0.0
