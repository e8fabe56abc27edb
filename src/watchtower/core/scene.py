"""What a brief is made from: an incident at one moment. All of it is data that nothing changes later."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Incident
from watchtower.core.plan import Plan
from watchtower.model import AlertState, Instant
from watchtower.values import Frozen


class Scene(Frozen):
    """An incident as it stood at `at`. `before` is its history as it was when the reader last looked."""

    plan: Plan
    incident: Incident
    history: History
    alerts: Sequence[Alert]
    log: Sequence[LogEntry]
    at: Instant
    since: Instant | None = None
    before: History | None = None

    @property
    def firing(self) -> list[Alert]:
        """Alerts that hold it up, the worst and oldest first."""
        found = [a for a in self.alerts if a.state is AlertState.FIRING]
        return sorted(found, key=lambda a: (a.severity.rank, a.onset or 0.0))
