"""The kinds of log entries about drills."""

from __future__ import annotations

from watchtower.core.incident.payload import Payload, kinds
from watchtower.model import Instant


class DrillOpened(Payload):
    """A drill began."""

    kind = "drill.began"
    check: str
    via: str = ""
    severity: str = ""
    ends_at: Instant | None = None


class DrillAnswered(Payload):
    """Somebody answered the drill's page."""

    kind = "drill.answered"


class DrillEnded(Payload):
    """A drill ended, cancelled by a real `incident` perhaps."""

    kind = "drill.ended"
    incident: str = ""


KINDS = kinds(DrillOpened, DrillAnswered, DrillEnded)
