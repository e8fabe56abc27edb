"""Who is paged, by which channels and how often."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.fields import Duration, Field, Table
from watchtower.model import ChannelName, Language
from watchtower.names import Name


class Responder(Table):
    """A person, or the phone that a schedule hands on."""

    addresses: Mapping[ChannelName, str] = Field(default={}, written=False)
    """By kind of channel, in the order in which they are tried. A file has a key for each kind."""
    name: Name = Field(description="What commands and the timeline call this person.")
    role: Name = Field(default="oncall", description="The role by which [paging] finds this person.")
    channels: tuple[str, ...] = Field(
        default=(), description="Channels that carry this person's pages, such as sms.cn, in this order."
    )
    language: Language = Field(
        default=Language.EN, description="The language of this person's pages: en or zh."
    )
    zone: str = Field(
        default="UTC", min_length=1, description="The IANA time zone in which this person reads times."
    )


class EscalationStep(Table):
    """One step of escalation: nobody has acknowledged, so these roles are asked too."""

    after: Duration = Field(
        gt=0, description="Time since the first page of this severity, without an acknowledgement."
    )
    roles: tuple[str, ...] = Field(
        min_length=1, description='Roles that are asked then; "backup": the backups.'
    )
    channels: tuple[ChannelName, ...] = Field(
        default=(), min_length=1, description="By which channels; by default those of the severity."
    )


class PagingPolicy(Table):
    """Who is paged at one severity. What is left out keeps its default."""

    roles: tuple[str, ...] = Field(default=(), min_length=1, description="Roles that are paged.")
    channels: tuple[ChannelName, ...] = Field(default=(), min_length=1, description="By which channels.")
    remind_every: Duration = Field(
        default=0.0, ge=0, description="Repeat the page this often until someone acknowledges; 0s: never."
    )
    escalate: tuple[EscalationStep, ...] = Field(
        default=(), description="Who is asked too when nobody acknowledges, step by step."
    )
    acks: int = Field(default=1, ge=1, le=9, description="So many people must acknowledge.")
    ack_expires: Duration = Field(
        default=0.0, ge=0, description="An acknowledgement that nothing follows so long is void; 0s: never."
    )
    inform_urgently: tuple[str, ...] = Field(
        default=(), description="Roles that are notified by the severity's channels and need not acknowledge."
    )
    inform: tuple[str, ...] = Field(
        default=(),
        description="Roles that are notified by quiet channels (e-mail, webhook) and need not acknowledge.",
    )
    update_every: Duration = Field(
        default=0.0,
        ge=0,
        description="How often at most people are notified of alerts that join, by quiet channels; 0s: never.",
    )
