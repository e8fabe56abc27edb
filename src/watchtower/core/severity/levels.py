"""How bad it is: the matrix, and how levels change."""

from __future__ import annotations

from dataclasses import dataclass

from watchtower.core.entry import Entry


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels over time, each with the cells that decided it."""

    def after(self, entry: Entry) -> Levels:
        """This slice of the story with one more entry of its own kind."""
        return self
