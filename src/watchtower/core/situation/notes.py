"""What is known, ruled out, open, tried and said: what a newcomer would ask."""

from __future__ import annotations

from dataclasses import dataclass

from watchtower.core.entry import Entry


@dataclass(frozen=True, slots=True)
class Notes:
    """Notes of people, by kind, and what was said to whom."""

    def after(self, entry: Entry) -> Notes:
        """This slice of the story with one more entry of its own kind."""
        return self
