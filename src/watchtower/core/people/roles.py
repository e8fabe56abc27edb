"""Who is who: roles, rotas, escalation, and who is informed."""

from __future__ import annotations

from dataclasses import dataclass

from watchtower.core.entry import Entry


@dataclass(frozen=True, slots=True)
class People:
    """Who fills which role, who acknowledged, how far it was escalated."""

    def after(self, entry: Entry) -> People:
        """This slice of the story with one more entry of its own kind."""
        return self
