"""How reviews are held: until when actions are due, and which causes have a tag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from watchtower.model import Instant, Severity

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """`action_due`: seconds that an action has when nobody names a date, by the incident's record level; levels
    that are absent have none. `causes`: the tags that may be used; empty: any."""

    action_due: Mapping[Severity, float] = field(
        default_factory=lambda: {Severity.P0: 14 * DAY, Severity.P1: 30 * DAY}
    )
    causes: tuple[str, ...] = ()

    def due(self, record: Severity, at: Instant) -> Instant | None:
        """Until when an action that is added now is to be done; None: somebody has to say."""
        span = self.action_due.get(record)
        return at + span if span is not None else None
