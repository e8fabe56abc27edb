"""The clocks of an incident: targets per level, and compliance duties."""

from __future__ import annotations

from dataclasses import dataclass

from watchtower.core.entry import Entry


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Clocks and duties: begun, warned, met, breached, paused."""

    def after(self, entry: Entry) -> Deadlines:
        """This slice of the story with one more entry of its own kind."""
        return self
