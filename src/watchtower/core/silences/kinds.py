"""The kinds of log entries about silences. They stand in the book `silences`, not in the log of an incident."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.core.incident.payload import Payload, kinds
from watchtower.model import Instant

BOOK = "silences"
"""Stands where other entries name their incident."""


class SilenceCreated(Payload):
    """Somebody silenced the alerts that fit these matchers."""

    kind = "silences.created"
    silence: str
    matchers: Sequence[str]
    starts_at: Instant
    ends_at: Instant
    rrule: str = ""
    zone: str = "UTC"


class SilenceExpired(Payload):
    """A silence ended: by its time, or because somebody ended it before."""

    kind = "silences.expired"
    silence: str


class SilenceReminded(Payload):
    """The author of a silence was notified: that it ends soon, or that it fits no check."""

    kind = "silences.reminded"
    silence: str
    why: str


class MaintenanceAnnounced(Payload):
    """Those who are informed were notified of a maintenance window that begins at `begin`."""

    kind = "silences.announced"
    name: str
    begin: Instant


KINDS = kinds(SilenceCreated, SilenceExpired, SilenceReminded, MaintenanceAnnounced)
