"""Procedures as checklists: steps with an owner and a due time."""

from __future__ import annotations

from dataclasses import dataclass

from watchtower.core.entry import Entry


@dataclass(frozen=True, slots=True)
class Tasks:
    """Steps of the procedures of this incident, and where each stands."""

    def after(self, entry: Entry) -> Tasks:
        """This slice of the story with one more entry of its own kind."""
        return self
