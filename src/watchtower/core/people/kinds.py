"""The kinds of log entries about people."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.core.incident.payload import Payload, kinds
from watchtower.model import Instant


class RoleFilled(Payload):
    """Somebody took a role, or was given it."""

    kind = "people.filled"
    role: str
    who: str


class RoleVacated(Payload):
    """A role was handed back to whoever has it usually."""

    kind = "people.vacated"
    role: str


class _Person(Payload):
    who: str


class PersonJoined(_Person):
    """Somebody joined the response."""

    kind = "people.joined"


class PersonLeft(_Person):
    """Somebody left the response; their roles are free again."""

    kind = "people.left"


class AckCounted(_Person):
    """An acknowledgement, where a severity wants several or lets them expire."""

    kind = "people.acknowledged"


class AckCameLate(_Person):
    """An acknowledgement that another daemon had taken came when the incident was over, or somebody else's."""

    kind = "people.ack_came_late"


class AckExpired(_Person):
    """An acknowledgement expired: nothing followed it."""

    kind = "people.ack_expired"


class RoundBegan(Payload):
    """Escalation is counted anew from `since`."""

    kind = "people.round"
    since: Instant


class RoundShifted(Payload):
    """The clock was set: a round that is under way goes on as if it had not been."""

    kind = "people.clock"
    since: Instant
    by_seconds: float


class Escalated(Payload):
    """A step of escalation was taken: these roles are paged too."""

    kind = "people.escalated"
    step: int
    roles: Sequence[str]
    who: Sequence[str]


class RolesUnfilled(Payload):
    """Nobody fills these roles, which the severity wants."""

    kind = "people.unfilled"
    roles: Sequence[str]


class WarningPaged(Payload):
    """People were paged for the next warning of this alert (its fingerprint)."""

    kind = "people.next_warning"
    alert: str


class AlertsJoined(Payload):
    """More alerts joined, of which people are notified later."""

    kind = "people.more"
    count: int


class AlertsNotified(Payload):
    """People were notified of the alerts that had joined."""

    kind = "people.updated"
    count: int


class NotifiedTogether(_Person):
    """One page about this incident named these others too: who acknowledges by it acknowledges them."""

    kind = "people.notified_together"
    incidents: Sequence[str]


class Subscribed(_Person):
    """A stakeholder gets the status updates of this incident."""

    kind = "people.subscribed"


class Unsubscribed(_Person):
    """A stakeholder gets them no more."""

    kind = "people.unsubscribed"


KINDS = kinds(
    RoleFilled, RoleVacated, PersonJoined, PersonLeft, AckCounted, AckCameLate, AckExpired, RoundBegan, RoundShifted, Escalated,
    RolesUnfilled, WarningPaged, AlertsJoined, AlertsNotified, NotifiedTogether, Subscribed, Unsubscribed,
)  # fmt: skip
